/**
 * `report`: what a results file shows, as one page to open, attach or send.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "@std/cli";
import { markup, type Part } from "../report/html/markup.ts";
import { PAGE_BEGINNING } from "../report/html/page.ts";
import { PartStore } from "../report/html/part_store.ts";
import { reportText } from "../report/html/report_document.ts";
import { serve } from "../report/html/serve/server.ts";
import { writeWhole } from "../results/export/output_place.ts";
import { failureText, ResultsError } from "../results/results_error.ts";
import { ResultsReader } from "../results/results_reader.ts";
import type { WasmEngine } from "../results/wasm_engine.ts";
import { addStopListener, removeStopListener } from "../std/interruption.ts";
import { SYSTEMS } from "../systems/index.ts";
import { type Command, commandOf, EXIT, refuseOptions, theResultsFile, UsageError } from "./command.ts";
import { withEngine } from "./with_engine.ts";

const USAGE = `Usage: deno task report DB [--out FILE.html | --serve [--port N]]

Writes one HTML file of what a results file shows: the verdict, a timeline of operations, bios and page-cache steps,
latencies, findings with their evidence, the model's verdicts and counterexamples step by step. Everything is in the file:
it opens from disk, without a network, and its content-security policy lets nothing be fetched.

  --out FILE.html  where it goes (default: the results file's name with .html)
  --serve          serves the report, and a page to ask the results file in SQL, to browsers of this machine until
                   Ctrl-C; DuckDB runs in the browser
  --port N         where (default: any port that is free)
  --help           this text

Exit status: 0 done; 2 wrong usage; 3 the file cannot be read or the report cannot be written.`;

interface Options {
  readonly database: string;
  readonly target: { readonly kind: "file"; readonly out: string } | { readonly kind: "serve"; readonly port: number };
}

function parseOptions(args: string[]): Options | "help" {
  const parsed = parseArgs(args, {
    string: ["_", "out", "port"],
    boolean: ["serve", "help"],
    unknown: refuseOptions("report"),
  });
  if (parsed.help) return "help";
  const database = theResultsFile("report", parsed._, "report DB");
  if (parsed.serve) {
    if (parsed.out !== undefined) throw new UsageError("give one of --out FILE.html and --serve");
    return { database, target: { kind: "serve", port: portOf(parsed.port) } };
  }
  if (parsed.port !== undefined) throw new UsageError("--port goes with --serve only");
  const out = parsed.out ?? `${path.basename(database).replace(/\.duckdb$/, "")}.html`;
  if (out === "") throw new UsageError("--out needs the name of what to write");
  if (path.resolve(out) === path.resolve(database)) throw new UsageError(`--out ${out} is the results file itself`);
  return { database, target: { kind: "file", out } };
}

/** @returns 0 where none is given: any that is free */
function portOf(given: string | undefined): number {
  if (given === undefined) return 0;
  const port = Number(given);
  if (!/^\d+$/.test(given) || port > 65535) throw new UsageError(`--port ${given}: it is a number up to 65535`);
  return port;
}

/** Only a file that begins like a report is written over. @throws ResultsError */
function refuseOthers(out: string): void {
  try {
    refuseWhatIsNoReport(out);
  } catch (error) {
    if (error instanceof ResultsError) throw error;
    throw new ResultsError("unwritable", `cannot write ${out}: ${failureText(null, error)}`);
  }
}

function refuseWhatIsNoReport(out: string): void {
  if (!fs.existsSync(out)) return;
  if (!fs.statSync(out).isFile()) throw new ResultsError("unwritable", `cannot write ${out}: it is no regular file`);
  const descriptor = fs.openSync(out, "r");
  try {
    const head = Buffer.alloc(PAGE_BEGINNING.length);
    const length = fs.readSync(descriptor, head, 0, head.length, 0);
    if (length === 0 || head.toString("latin1") === PAGE_BEGINNING) return;
  } finally {
    fs.closeSync(descriptor);
  }
  throw new ResultsError("not-ours", `${out} is there already and is no report: give another name with --out`);
}

async function serveReport(
  engine: WasmEngine,
  database: string,
  port: number,
  makeReport: (more: Part) => Promise<Iterable<string>>,
): Promise<void> {
  // What is no results file is said at once, not to the first browser.
  ResultsReader.open(engine, database).close();
  const stop = new AbortController();
  const onInterrupt = () => stop.abort();
  addStopListener(onInterrupt);
  try {
    await serve({
      port,
      database,
      name: path.basename(database),
      report: () => makeReport(markup`<a href="/sql">SQL</a>`),
      onListen: (url) => console.log(`report: ${url}\nSQL: ${url}sql\nCtrl-C ends it`),
      signal: stop.signal,
    });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse) && !(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw new UsageError(`port ${port} cannot be had: give another one with --port, or none`);
  } finally {
    removeStopListener(onInterrupt);
  }
}

/** A scenario may be of a system of the user's own, which is not here to be asked. */
function stepMeanings(system: string): Readonly<Record<string, string>> {
  return SYSTEMS.find(({ name }) => name === system)?.steps ?? {};
}

async function run({ database, target }: Options, engine: WasmEngine): Promise<number> {
  using store = new PartStore();
  const makeReport = async (more: Part) => {
    const reader = ResultsReader.open(engine, database);
    try {
      return await reportText(reader, { name: path.basename(database), stepMeanings, more, store });
    } finally {
      reader.close();
    }
  };
  if (target.kind === "serve") {
    await serveReport(engine, database, target.port, makeReport);
    return EXIT.ok;
  }
  const pieces = await makeReport(null);
  refuseOthers(target.out);
  await writeWhole(target.out, pieces);
  console.log(`${target.out}: ${(fs.statSync(target.out).size / 1e6).toFixed(1)} MB; open it in a browser`);
  return EXIT.ok;
}

export const reportCommand: Command = commandOf({
  name: "report",
  summary: "write what a results file shows as one HTML page",
  usage: USAGE,
  parse: parseOptions,
  run: (options) => withEngine((engine) => run(options, engine)),
});
