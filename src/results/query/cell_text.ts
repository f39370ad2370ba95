/**
 * A value as text: as a table shows it, as JSON, as a CSV field.
 *
 * @module
 */
import { type Cell, Decimal } from "./cells.ts";

/** Digits that a double surely keeps. */
const EXACT_DIGITS = 15;

/** Value as people read it; null for NULL, which each format shows in its own way. */
export function cellText(cell: Cell): string | null {
  if (cell === null) return null;
  if (typeof cell === "string") return cell;
  if (typeof cell === "object") return cell instanceof Decimal ? cell.text : nestedText(cell);
  return numberText(cell);
}

/** Bytes print as themselves where they are printable ASCII, else as \xNN: what DuckDB shows and reads for a BLOB. */
function blobText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const printable = byte >= 0x20 && byte < 0x7f && byte !== 0x5c && byte !== 0x22 && byte !== 0x27;
    text += printable ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

function nestedText(cell: Uint8Array | Cell[] | { [member: string]: Cell }): string {
  if (cell instanceof Uint8Array) return blobText(cell);
  if (Array.isArray(cell)) return `[${cell.map((item) => cellText(item) ?? "NULL").join(", ")}]`;
  const members = Object.entries(cell).map(([name, value]) => `${name}: ${cellText(value) ?? "NULL"}`);
  return `{${members.join(", ")}}`;
}

function numberText(cell: boolean | number | bigint): string {
  return Object.is(cell, -0) ? "-0" : String(cell);
}

/** Value as JSON. Integers beyond 2^53, decimals of more than 15 digits, and what is no finite number are strings. */
export function cellJson(cell: Cell): string {
  if (cell === null) return "null";
  switch (typeof cell) {
    case "string":
      return JSON.stringify(cell);
    case "boolean":
      return String(cell);
    case "number":
      return Number.isFinite(cell) ? numberText(cell) : JSON.stringify(String(cell));
    case "bigint":
      return cell >= Number.MIN_SAFE_INTEGER && cell <= Number.MAX_SAFE_INTEGER ? String(cell) : `"${cell}"`;
  }
  if (cell instanceof Decimal) {
    return cell.text.replace(/\D/g, "").length <= EXACT_DIGITS ? cell.text : `"${cell.text}"`;
  }
  if (cell instanceof Uint8Array) return JSON.stringify(blobText(cell));
  if (Array.isArray(cell)) return `[${cell.map(cellJson).join(",")}]`;
  return `{${Object.entries(cell).map(([name, value]) => `${JSON.stringify(name)}:${cellJson(value)}`).join(",")}}`;
}

/**
 * Value as a CSV field (RFC 4180). NULL is an empty field and empty text is `""`; lists, structs and maps are JSON.
 */
export function cellCsv(cell: Cell): string {
  if (cell === null) return "";
  const nested = typeof cell === "object" && !(cell instanceof Decimal) && !(cell instanceof Uint8Array);
  return csvField(nested ? cellJson(cell) : cellText(cell)!);
}

/** Text as a CSV field: in quotes where it has to be. */
export function csvField(text: string): string {
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
