import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  Counter,
  type CrashPick,
  Diverged,
  explore,
  minimise,
  parseToken,
  type Prepared,
  type Program,
  replay,
  replayStrictly,
  type Steps,
  type Task,
  type World,
} from "../../src/mod.ts";
import { crashImages, exploreCrashes } from "../../src/exploring/crash_points.ts";
import { Exhaustive } from "../../src/exploring/exhaustive.ts";
import { Run, type ScheduledStep } from "../../src/exploring/run.ts";

/** A disk of a few sectors that keeps what is written in a cache until it is flushed. */
class ToyDisk {
  readonly durable: number[];
  /** Values written since the last flush, by sector, oldest first. */
  readonly cached: number[][];
  version = 0;
  readonly #cells: Counter[];
  readonly #flushes: Counter;

  constructor(world: World, sectors: number) {
    this.durable = Array(sectors).fill(0);
    this.cached = Array.from({ length: sectors }, () => []);
    this.#cells = Array.from({ length: sectors }, (_, i) => new Counter(world, `sector ${i}`));
    this.#flushes = new Counter(world, "flush");
  }

  write(sector: number, value: number): void {
    this.#cells[sector].set(value);
    this.#flushes.add(0);
    this.cached[sector].push(value);
    this.version++;
  }

  flush(): void {
    this.#flushes.set(0);
    this.cached.forEach((values, sector) => {
      if (values.length > 0) this.durable[sector] = values.at(-1)!;
      values.length = 0;
    });
    this.version++;
  }

  read(sector: number, pick: CrashPick): number {
    const values = [this.durable[sector], ...this.cached[sector]];
    return values[values.length === 1 ? 0 : pick(values.length, `sector ${sector}`)];
  }
}

interface Shared {
  disk: ToyDisk;
  promised: Counter;
  order: "data first" | "data last";
}

/** Writes data and then a record that points to it; promises the data when all is on the medium. */
function* writer(_task: Task, { disk, promised, order }: Shared): Steps {
  yield;
  disk.write(0, 7);
  if (order === "data first") {
    yield;
    disk.flush();
  }
  yield;
  disk.write(1, 1);
  yield;
  disk.flush();
  yield;
  promised.set(1);
}

function program(order: Shared["order"], setUpMore: (world: World, shared: Shared) => void = () => {}): Program {
  return {
    name: `data and record, ${order}`,
    setUp(world): Prepared {
      const shared = { disk: new ToyDisk(world, 3), promised: new Counter(world, "promised"), order };
      world.spawn("writer", writer, { argument: shared });
      setUpMore(world, shared);
      return {
        crash: {
          durableVersion: () => shared.disk.version,
          recover(pick, report) {
            const record = shared.disk.read(1, pick);
            if (record === 0) {
              if (shared.promised.peek === 1) report("PERSIST_LOST", "the promised record is not there");
              return "no record";
            }
            const data = shared.disk.read(0, pick);
            if (data === 0) report("STALE_DATA", "the record points to data that are not there");
            return `record, data ${data}`;
          },
        },
      };
    },
  };
}

Deno.test("each crash image that recovery can tell from others is looked at once", () => {
  const report = explore(program("data first"));
  // Crashes: before the first write, after it, after the flush, after the record, after its flush.
  assertEquals(report.crashPoints, 5);
  // The data sector is never asked for without the record: of the third crash on, and then it is flushed.
  assertEquals(report.crashImages, 1 + 1 + 1 + 2 + 1);
  const crashes = report.outcomes.filter(({ end }) => end === "crash");
  assertEquals(crashes.map(({ finalState, count, findings }) => [finalState, count, findings.length]), [
    ["no record", 4, 0],
    ["record, data 7", 2, 0],
  ]);
});

Deno.test("a missing flush between data and record shows as the image that has one without the other", () => {
  const report = explore(program("data last"));
  const bad = report.outcomes.filter(({ findings }) => findings.length > 0);
  assertEquals(bad.length, 1);
  assertEquals(bad[0].findings[0].anomaly, "STALE_DATA");
  assertEquals(parseToken(bad[0].token).end, "crash");
  // The record is there (second of its two values), the data are not (first of theirs).
  assertEquals(parseToken(bad[0].token).picks, [1, 0]);
  const { divergence, recovered } = replay(program("data last"), bad[0].token);
  assertEquals(divergence, null);
  assertEquals(recovered?.text, "record, data 0");
  assertEquals(recovered?.findings.map(({ anomaly }) => anomaly), ["STALE_DATA"]);
  // With a flush between them the record's image asks for less.
  assertThrows(() => replayStrictly(program("data first"), bad[0].token), Diverged);
  const asked = replay(program("data last"), bad[0].token.replace("crash=1,0", "crash=1,0,1"));
  assertEquals(asked.divergence?.text, "after the crash: recovery asks for 2 picks, the token has 3");
  const possible = replay(program("data last"), bad[0].token.replace("crash=1,0", "crash=1,5"));
  assertEquals(possible.divergence?.text, "after the crash: sector 0 has 2 possibilities, not 6");
  const small = minimise(program("data last"), bad[0].token, ({ findings }) => findings.length > 0);
  assertEquals(parseToken(small).steps.length, 2);
});

function* promiser(_task: Task, { promised }: Shared): Steps {
  yield;
  promised.set(1);
}

Deno.test("a promise that nothing durable goes with is seen before every durable step that comes without it", () => {
  // The promise conflicts with no other step of another task, so that there is one class for it and the writer's last.
  const early = program("data first", (world, shared) => {
    world.spawn("promiser", promiser, { argument: shared });
  });
  const bad = explore(early).outcomes.filter(({ findings }) => findings.length > 0);
  assertEquals(bad.map(({ findings }) => findings[0].anomaly), ["PERSIST_LOST"]);
  // The shortest: promised, and nothing written at all.
  assertEquals(parseToken(bad[0].token).steps.length, 1);
});

Deno.test("images are those of the steps that their tokens have, whatever crash was looked at before", () => {
  const beside = program("data last", (world, shared) => {
    world.spawn("promiser", promiser, { argument: shared });
    world.spawn("other writer", writer, { argument: { ...shared, order: "data first" } });
  });
  const explorer = new Exhaustive(beside);
  explorer.onRestart = () => {};
  let images = 0;
  explorer.run((_end, execution) => {
    const byCrash = new Map<readonly ScheduledStep[], unknown[]>();
    exploreCrashes(execution, ({ steps, ...image }) => {
      byCrash.set(steps, [...byCrash.get(steps) ?? [], image]);
      images++;
    });
    for (const [steps, seen] of byCrash) {
      const run = new Run(beside, execution.identities);
      for (const { task, outcome } of steps) run.step(run.world.task(task), outcome);
      assertEquals(seen, [...crashImages(run.prepared.crash!, steps.length)]);
    }
  }, () => false);
  assert(images > 100, `${images} images`);
});

Deno.test("any change of the durable version is a crash point, also one of less than 1", () => {
  const whole = program("data first");
  const parts: Program = {
    name: "versions in quarters",
    setUp(world) {
      const { crash, ...rest } = whole.setUp(world) as Prepared;
      return { ...rest, crash: { ...crash!, durableVersion: () => crash!.durableVersion() / 4 } };
    },
  };
  assertEquals(explore(parts).crashPoints, 5);
});

Deno.test("images are the product of what is asked for, in order", () => {
  const seen = [...crashImages({
    durableVersion: () => 0,
    recover: (pick) => {
      const first = pick(2, "first");
      return first === 0 ? `0${pick(3, "second")}` : "1";
    },
  }, 0)];
  assertEquals(seen.map(({ recovered, picks }) => [recovered, picks]), [
    ["00", [0, 0]],
    ["01", [0, 1]],
    ["02", [0, 2]],
    ["1", [1]],
  ]);
});

Deno.test("random schedules have their crashes explored too", () => {
  const report = explore(program("data last"), { strategy: { kind: "random", seed: 1, runs: 3 } });
  assert(report.outcomes.some(({ end, findings }) => end === "crash" && findings.length > 0));
  assertEquals(explore(program("data last"), { crashes: "skipped" }).crashPoints, 0);
});
