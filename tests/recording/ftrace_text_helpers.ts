/**
 * What the tests of text recordings share: reading given lines, and finding recorded texts.
 *
 * @module
 */

import type { RecordingFormat } from "../../src/recording/recording_format.ts";
import { collectBytes, type Collected, type RawValue, type Row } from "./collect.ts";

const ROOT = new URL("../../", import.meta.url);

/** Reads lines as a recording; a line may hold bytes that are not UTF-8 when given as such. */
export function readText(format: RecordingFormat, text: string | Uint8Array): Promise<Collected> {
  return collectBytes(format, { "trace.txt": typeof text === "string" ? new TextEncoder().encode(text) : text });
}

/** The only row of one line. */
export async function readLine(format: RecordingFormat, line: string): Promise<Row> {
  const { rows, diagnostics } = await readText(format, `${line}\n`);
  if (rows.length !== 1) throw new Error(`${rows.length} rows of "${line}": ${diagnostics.map((d) => d.message)}`);
  return rows[0];
}

/** Raw fields with bigints as numbers, which is easier to write down. */
export function plain(raw: Record<string, RawValue>): Record<string, RawValue> {
  return Object.fromEntries(
    Object.entries(raw).map(([key, value]) => [
      key,
      typeof value === "bigint" && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value,
    ]),
  );
}

/** The diagnostic of a code, as code, severity and count. */
export function diagnosticOf(collected: Collected, code: string): { severity: string; count: number } | null {
  const row = collected.diagnostics.find((d) => d.code === code);
  return row === undefined ? null : { severity: row.severity, count: row.count };
}

function entries(folder: URL): string[] {
  try {
    return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return [];
    throw error;
  }
}

/** A folder with a recorded scenario: the project's own, or one that lies beside the project. */
export interface Scenario {
  name: string;
  /** Path of a file, compressed or not; null when the scenario has none. */
  file(name: string): string | null;
}

function scenariosIn(place: string): Scenario[] {
  const folder = new URL(place, ROOT);
  return entries(folder).map((name) => {
    const inside = entries(new URL(`${name}/`, folder));
    return {
      name: `${place}${name}`,
      file: (wanted: string) => {
        const found = inside.find((entry) => entry === wanted || entry === `${wanted}.gz`);
        return found === undefined ? null : decodeURIComponent(new URL(`${name}/${found}`, folder).pathname);
      },
    };
  });
}

/** Every scenario with all of the files; those that lie beside the project only where they are not its own too. */
export function scenariosWith(...files: string[]): Scenario[] {
  const own = scenariosIn("traces/");
  const ownNames = new Set(own.map((scenario) => scenario.name.slice("traces/".length)));
  const beside = ["../shared/recordings/", "../shared/recordings-dax/"].flatMap(scenariosIn)
    .filter((scenario) => !ownNames.has(scenario.name.split("/").at(-1)!));
  return [...own, ...beside].filter((scenario) => files.every((file) => scenario.file(file) !== null));
}

/** The typed columns of an event, which every source of one scenario has to agree on. */
export function typed(row: Row): Record<string, unknown> {
  const { name, cpu, pid, dev, ino, file_offset, sector, bytes, rwbs, ret } = row;
  return { name, cpu, pid, dev, ino, file_offset, sector, bytes, rwbs, ret };
}
