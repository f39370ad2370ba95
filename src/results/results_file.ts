/**
 * Whether a file is a results file of ours, told by what is in it.
 *
 * @module
 */
import * as fs from "node:fs";
import type { FileFailure } from "./engine_files.ts";
import { failureText, isDamage, reasonOf, ResultsError } from "./results_error.ts";
import { SCHEMA_VERSION, TOOL_NAME } from "./schema.ts";
import { quote } from "./sql_text.ts";
import type { EngineConnection, WasmEngine } from "./wasm_engine.ts";

/** DuckDB's magic bytes stand behind an 8-byte checksum. */
const MAGIC = "DUCK";
const MAGIC_OFFSET = 8;

/**
 * Attaches a results file read-only, after looking at whether it is one.
 *
 * @param path an absolute path
 * @param name what the database is called in SQL
 * @throws ResultsError when the file is missing, unreadable, not ours or of a newer schema
 */
export function attachResults(engine: WasmEngine, connection: EngineConnection, path: string, name: string): void {
  checkKind(path);
  try {
    engine.attach(connection, path, name, "read-only");
  } catch (error) {
    throw unreadable(path, engine.takeFileFailure(error), error);
  }
  const problem = problemOf(connection, path, name);
  if (problem) {
    engine.detach(connection, name);
    throw problem;
  }
}

/**
 * Tells other files apart without starting to read them as a database.
 *
 * @throws ResultsError when the file is missing, unreadable or no database
 */
export function checkKind(path: string): void {
  let descriptor: number;
  try {
    if (!fs.statSync(path).isFile()) throw notOurs(path, "it is no regular file");
    descriptor = fs.openSync(path, "r");
  } catch (error) {
    if (error instanceof ResultsError) throw error;
    if ((error as { code?: string }).code !== "ENOENT") throw unreadable(path, null, error);
    throw new ResultsError("missing", `no results file ${path}: "deno task analyse RECORDING --out ${path}" makes one`);
  }
  try {
    const head = new Uint8Array(MAGIC_OFFSET + MAGIC.length);
    fs.readSync(descriptor, head, 0, head.length, 0);
    const magic = new TextDecoder("latin1").decode(head.subarray(MAGIC_OFFSET));
    if (magic !== MAGIC) throw notOurs(path, "it is no DuckDB database");
  } finally {
    fs.closeSync(descriptor);
  }
}

function problemOf(connection: EngineConnection, path: string, name: string): ResultsError | null {
  let facts: Map<string, string> | null;
  try {
    facts = readMeta(connection, name);
  } catch (error) {
    if (isDamage(error)) return new ResultsError("unreadable", `cannot read ${path}: ${reasonOf("DAMAGED")}`);
    facts = null;
  }
  return problemOfFacts(path, facts);
}

/** @param facts table `meta` of the file; null when it has none */
export function problemOfFacts(path: string, facts: ReadonlyMap<string, string> | null): ResultsError | null {
  if (facts === null) return notOurs(path, "it has no meta table");
  if (facts.get("tool") !== TOOL_NAME) return notOurs(path, `its meta table does not name ${TOOL_NAME}`);
  const version = Number(facts.get("schema_version"));
  if (version <= SCHEMA_VERSION) return null;
  const text = `${path} has results schema ${facts.get("schema_version")} and this program knows ${SCHEMA_VERSION}`;
  return new ResultsError("newer", `${text}: use a newer ${TOOL_NAME}`);
}

/** The `meta` table of an attached database. */
export function readMeta(connection: EngineConnection, name: string): Map<string, string> {
  const table = connection.query(`SELECT key, value FROM ${quote(name)}.main.meta`);
  return new Map([...table].map((row) => [String(row!.key), String(row!.value)]));
}

function notOurs(path: string, reason: string): ResultsError {
  return new ResultsError("not-ours", `${path} is not a results file of ${TOOL_NAME} (${reason})`);
}

function unreadable(path: string, failure: FileFailure | null, error: unknown): ResultsError {
  return new ResultsError("unreadable", `cannot read ${path}: ${failureText(failure, error)}`, { cause: error });
}
