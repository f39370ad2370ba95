/**
 * `generate`: synthetic recordings from a small description.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { generate, type Generated } from "../generating/generate.ts";
import { MODELS, parseSpec, type Spec, SpecError } from "../generating/spec.ts";
import { makeWhole } from "../results/export/output_place.ts";
import { readBoundedText } from "../std/bounded_file.ts";
import { failureReason } from "../std/file_failure.ts";
import { Interruption } from "../std/interruption.ts";
import { plural } from "../report/plural.ts";
import { ResultsError } from "../results/results_error.ts";
import { shellWord } from "../std/shell_word.ts";
import { type Command, commandOf, EXIT, refuseOptions, UsageError } from "./command.ts";
import { RecordingFolder } from "./generate_files.ts";

const USAGE = `Usage: deno task generate SPEC --out DIR [--seed N] [--model mainline]

Makes a recording that nobody recorded: threads read, write, map, truncate and sync a file on ext4. DIR gets
  trace.txt       what tracefs prints (Linux 6.18)
  blktrace/       the same run as a binary block trace, a file a CPU
  history.jsonl   what the program saw: every operation with its result, and whose data its reads returned
  planted.json    counts, and each anomaly that was planted, with the operations that show it
The three agree with each other, and the same SPEC gives the same bytes.

SPEC is YAML; every key may be left out:
  seed: 1                       operations: 1000              threads: 4          cpus: 2
  mix: {direct_read: 1, direct_write: 1, buffered_read: 1, buffered_write: 1, load: 0, store: 0, truncate: 0, fsync: 0.05}
  sizes: [4096, 16384]          bytes, one of these, or {min: 512, max: 65536}
  positions: uniform            or sequential, skewed
  pause: {median_us: 20, spread: 0.5}
  file: {ino: 12, size: 1048576, first_block: 6144}
  device: {major: 7, minor: 0, latency: {median_us: 60, spread: 0.5}, bio_bytes: 262144}
  dirty_pages: 64               pages at which the flusher begins
  anomalies: {stale_cache: 0, lost_update: 0, io_error: 0}      each planted so often
  losses: [{after_operations: 100, cpu: 1, events: 40}]         events that the recorder loses
  blktrace: 7                   or 8
  model: sketch                 or mainline: every call is made by the model of Linux 6.18, and all that it fires is
                                written; calls do not overlap, dirty pages stay until fsync, nothing can be planted
  file_system: ext4             or xfs, of model mainline

  --out DIR   the folder to make; it must not be there
  --seed N    in place of the one in SPEC
  --model M   in place of the one in SPEC
  --help      this text

Exit status: 0 done; 2 wrong usage or a SPEC that is none; 3 SPEC cannot be read or DIR cannot be written.`;

interface Options {
  path: string;
  out: string;
  seed: number | null;
  model: Spec["model"] | null;
}

function parseOptions(args: string[]): Options | "help" {
  const parsed = parseArgs(args, {
    string: ["_", "out", "seed", "model"],
    boolean: ["help"],
    unknown: refuseOptions("generate"),
  });
  if (parsed.help) return "help";
  const [path, ...more] = parsed._.map(String);
  if (path === undefined || more.length > 0) {
    throw new UsageError("generate takes one SPEC: deno task generate SPEC --out DIR");
  }
  if (parsed.out === undefined || parsed.out === "") throw new UsageError("generate needs --out DIR");
  if (parsed.seed !== undefined && !(/^\d+$/.test(parsed.seed) && Number(parsed.seed) < 2 ** 32)) {
    throw new UsageError(`--seed ${parsed.seed}: a whole number below 2^32`);
  }
  const model = MODELS.find((each) => each === parsed.model) ?? null;
  if (model === null && parsed.model !== undefined) {
    throw new UsageError(`--model ${parsed.model}: ${MODELS.join(", ")} are known`);
  }
  return { path, out: parsed.out, seed: parsed.seed === undefined ? null : Number(parsed.seed), model };
}

function readSpec(path: string, given: Partial<Spec>): Spec {
  let text: string;
  try {
    text = readBoundedText(path);
  } catch (error) {
    throw new ResultsError("unreadable", `cannot read ${path}: ${failureReason(error)}`);
  }
  try {
    return parseSpec(text, path, given);
  } catch (error) {
    if (error instanceof SpecError) throw new UsageError(error.message);
    throw error;
  }
}

async function run({ path, out, seed, model }: Options): Promise<number> {
  const spec = readSpec(path, { ...(seed === null ? {} : { seed }), ...(model === null ? {} : { model }) });
  const made = await makeWhole(out, async (folder): Promise<Generated> => {
    // Operations follow each other without a pause for signals.
    const interruption = await Interruption.listen();
    try {
      const files = new RecordingFolder(folder, spec.cpus, interruption);
      const generated = generate(spec, files);
      files.close({ spec, ...generated });
      return generated;
    } finally {
      interruption.close();
    }
  });
  const lost = made.lostEvents === 0 ? "" : `, ${made.lostEvents.toLocaleString("en")} more lost`;
  console.log(
    `${out}: ${plural(made.operations, "operation")}, ${plural(made.events, "event")}${lost}, ${
      plural(made.bios, "bio")
    }, ${plural(made.planted.length, "anomaly", "anomalies")} planted; deno task analyse ${
      shellWord(`${out}/trace.txt`)
    }`,
  );
  return EXIT.ok;
}

export const generateCommand: Command = commandOf({
  name: "generate",
  summary: "make a synthetic recording from a description",
  usage: USAGE,
  parse: parseOptions,
  run,
});
