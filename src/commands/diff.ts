/**
 * `diff`: two results files beside each other.
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { compare, factsOf } from "../results/comparison/comparison.ts";
import { comparisonText } from "../results/comparison/comparison_text.ts";
import { openWithNative } from "../results/native_engine.ts";
import { type EngineName, ENGINES } from "../results/query/result_rows.ts";
import { openWithWasm } from "../results/query/wasm_connection.ts";
import { WasmEngine } from "../results/wasm_engine.ts";
import { type Command, commandOf, EXIT, refuseOptions, UsageError } from "./command.ts";

const USAGE = `Usage: deno task diff A B [--format text|json] [--fail-on regression]
                      [--alpha 0.01] [--ratio 1.1] [--engine wasm|native]

Compares two results files: before and after a patch, two kernels, two seeds. Operations are matched by task and
position; how long groups of them took is compared by the Mann-Whitney U test over medians of blocks, with Holm's
correction for all groups; then findings, page-cache traffic, bios an operation and verdicts.

  --fail-on regression  status 1 if something is worse in B: a group that is slower, a new finding that is an error or
                        data loss, an operation that fails and did not, an expectation that no longer agrees
  --alpha X             largest chance that any group is called different where none is (0.01)
  --ratio X             smallest ratio of two medians that counts (1.1: a tenth)
  --format FORMAT       text (default) or json
  --engine NAME         wasm (default) or native, as in query
  --help                this text

Exit status: 0 done; 1 --fail-on met; 2 wrong usage; 3 a file cannot be read.`;

interface Options {
  paths: readonly [string, string];
  format: "text" | "json";
  engine: EngineName;
  failsOn: "nothing" | "regression";
  alpha: number;
  ratio: number;
}

function parseOptions(args: string[]): Options | "help" {
  const parsed = parseArgs(args, {
    string: ["_", "format", "fail-on", "alpha", "ratio", "engine"],
    boolean: ["help"],
    default: { format: "text", alpha: "0.01", ratio: "1.1", engine: "wasm" },
    unknown: refuseOptions("diff"),
  });
  if (parsed.help) return "help";
  const paths = parsed._.map(String);
  if (paths.length !== 2) throw new UsageError(`diff takes two results files; it got ${paths.length}`);
  const { format } = parsed;
  if (format !== "text" && format !== "json") throw new UsageError(`--format ${format}: text, json are known`);
  const engine = ENGINES.find((known) => known === parsed.engine);
  if (!engine) throw new UsageError(`--engine ${parsed.engine}: ${ENGINES.join(" and ")} are known`);
  const failsOn = parsed["fail-on"] ?? "nothing";
  if (failsOn !== "nothing" && failsOn !== "regression") {
    throw new UsageError(`--fail-on ${failsOn}: regression is known`);
  }
  const [alpha, ratio] = [Number(parsed.alpha), Number(parsed.ratio)];
  if (!(alpha > 0 && alpha < 1)) throw new UsageError(`--alpha ${parsed.alpha}: a number between 0 and 1`);
  if (!(ratio >= 1)) throw new UsageError(`--ratio ${parsed.ratio}: a number of at least 1`);
  return { paths: [paths[0], paths[1]], format, engine, failsOn, alpha, ratio };
}

async function run({ paths, format, engine, failsOn, alpha, ratio }: Options): Promise<number> {
  const facts = [];
  for (const path of paths) {
    const results = await (engine === "wasm"
      ? openWithWasm(path, WasmEngine.start("attached files"))
      : openWithNative(path, { reach: "attached files" }));
    try {
      facts.push(await factsOf(results.connection));
    } catch (error) {
      throw results.explain(error);
    } finally {
      results.close();
    }
  }
  const comparison = compare(facts[0], facts[1], { alpha, ratio });
  const [a, b] = paths;
  if (format === "json") console.log(JSON.stringify({ a, b, ...comparison }, null, 1));
  else console.log(`A: ${a}\nB: ${b}\n${comparisonText(comparison).trimEnd()}`);
  return failsOn === "regression" && comparison.regressions.length > 0 ? EXIT.failed : EXIT.ok;
}

export const diffCommand: Command = commandOf({
  name: "diff",
  summary: "compare two results files: operations, latency, findings, page cache, verdicts",
  usage: USAGE,
  parse: parseOptions,
  run,
});
