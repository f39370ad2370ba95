/**
 * The long run: `deno task fuzz [--inputs N] [--target NAME,...] [--seed N] [--from N] [--jobs N]`.
 *
 * Targets run in workers, a piece of each in turn, so that the counts of all of them grow together. A worker that has
 * been at one input for {@linkcode HANG_SECONDS} is said to hang, with the input's number, and the run goes on without
 * it. Each failure is printed with the command that runs its input again.
 *
 * @module
 */

import { parseArgs } from "@std/cli";
import type { PieceCounts, PieceOrder } from "./fuzz_worker.ts";
import { allTargets } from "./targets.ts";

/** No input takes a thousandth of it on a quiet machine. */
const HANG_SECONDS = 300;
/** Inputs of a piece for each of the target's share. */
const PIECE_SHARES = 2;
/** Failures of a target after which it is left alone. */
const FAILURES_MAX = 20;

const options = parseArgs(Deno.args, {
  string: ["inputs", "target", "seed", "from", "jobs"],
  default: { inputs: "1000000", seed: "1", from: "0", jobs: "1" },
});
const seed = Number(options.seed);

interface Progress {
  name: string;
  next: number;
  end: number;
  inputs: number;
  milliseconds: number;
  outcomes: Map<string, number>;
  failures: number;
  running: boolean;
  piece: number;
}

const named = options.target?.split(",");
const targets = (await allTargets()).filter(({ name }) => named === undefined || named.includes(name));
const shares = targets.reduce((sum, { share }) => sum + share, 0);
const progress = targets.map((target): Progress => {
  const inputs = Math.ceil(Number(options.inputs) * target.share / shares);
  const from = Number(options.from);
  target.close();
  return {
    name: target.name,
    next: from,
    end: from + inputs,
    inputs: 0,
    milliseconds: 0,
    outcomes: new Map(),
    failures: 0,
    running: false,
    piece: target.share * PIECE_SHARES,
  };
});
if (progress.length < (named?.length ?? 1)) throw new Error(`${options.target}: see tests/fuzz/targets.ts for names`);

/** Resident memory, looked at once a second. */
let peakMebibytes = 0;

/** The target that is least far on. */
function nextTarget(): Progress | undefined {
  return progress.filter((each) => !each.running && each.next < each.end && each.failures < FAILURES_MAX)
    .toSorted((a, b) => a.next / a.end - b.next / b.end)[0];
}

/** Runs one piece; a worker that hangs is ended. @returns false when it hung */
function runPiece(
  worker: Worker,
  at: Int32Array<SharedArrayBuffer>,
  order: PieceOrder,
  of: Progress,
): Promise<boolean> {
  return new Promise((resolve) => {
    const begun = performance.now();
    let [seen, since] = [-1, begun];
    const watch = setInterval(() => {
      peakMebibytes = Math.max(peakMebibytes, Math.ceil(Deno.memoryUsage().rss / (1 << 20)));
      const input = Atomics.load(at, 0);
      if (input !== seen) [seen, since] = [input, performance.now()];
      if (performance.now() - since < HANG_SECONDS * 1000) return;
      console.log(`HANG ${order.target}, input ${input}, seed ${seed}`);
      of.failures++;
      end(false);
    }, 1000);
    const end = (went: boolean) => {
      clearInterval(watch);
      of.milliseconds += performance.now() - begun;
      resolve(went);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      console.log(`CRASH ${order.target}, input ${Atomics.load(at, 0)}, seed ${seed}: ${event.message}`);
      of.failures++;
      end(false);
    };
    worker.onmessage = ({ data }: MessageEvent<PieceCounts>) => {
      of.inputs += data.inputs;
      for (const [outcome, count] of data.outcomes) of.outcomes.set(outcome, (of.outcomes.get(outcome) ?? 0) + count);
      for (const failure of data.failures) console.log(`FAILURE ${failure}`);
      of.failures += data.failures.length;
      end(true);
    };
    worker.postMessage(order);
  });
}

async function job(): Promise<void> {
  const at = new Int32Array(new SharedArrayBuffer(4));
  const start = () => new Worker(new URL("./fuzz_worker.ts", import.meta.url), { type: "module" });
  let worker = start();
  for (let of = nextTarget(); of !== undefined; of = nextTarget()) {
    const inputs = Math.min(of.piece, of.end - of.next);
    const order: PieceOrder = { target: of.name, run: { seed, from: of.next, inputs, failuresMax: FAILURES_MAX }, at };
    of.running = true;
    of.next += inputs;
    if (!await runPiece(worker, at, order, of)) {
      worker.terminate();
      worker = start();
    }
    of.running = false;
  }
  worker.terminate();
}

function table(): string {
  return progress.map(({ name, inputs, milliseconds, outcomes, failures }) => {
    const rate = milliseconds === 0 ? 0 : Math.round(inputs / milliseconds * 1000);
    const came = [...outcomes].toSorted(([a], [b]) => a < b ? -1 : 1).map(([what, count]) => `${what} ${count}`);
    return `${name}: ${inputs} inputs, ${rate}/s, ${failures} failures (${came.join(", ")})`;
  }).join("\n");
}

const said = setInterval(() => console.log(`${new Date().toISOString()}\n${table()}\n`), 60_000);
await Promise.all(Array.from({ length: Number(options.jobs) }, job));
clearInterval(said);
console.log(
  `${table()}\n${
    progress.reduce((sum, { inputs }) => sum + inputs, 0)
  } inputs in all, peak memory ${peakMebibytes} MiB`,
);
Deno.exit(progress.some(({ failures }) => failures > 0) ? 1 : 0);
