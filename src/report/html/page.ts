/**
 * A page that is one file: style, script and data are in it, and its content-security policy lets nothing else run, and
 * nothing be fetched.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { embeddedJson, Markup, markup } from "./markup.ts";
import type { PackedTable } from "./packed_table.ts";

export interface PageContent {
  readonly title: string;
  readonly body: Markup;
  readonly style: string;
  /** One module. */
  readonly script: string;
  /** What the script reads, by the id of its element. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly tables: readonly PackedTable[];
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/**
 * Scripts and styles by their hashes alone; no network, no frames, no forms, no other base. Trusted Types without any
 * policy: a script that would turn text into markup fails.
 */
export function policyOf(script: string, style: string): string {
  return [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "img-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

/** What stands between the tags is exactly what was hashed. */
function script(text: string): Markup {
  return Markup.trusted(`<script type="module">${text}</script>`);
}

function style(text: string): Markup {
  return Markup.trusted(`<style>${text}</style>`);
}

/**
 * So much becomes text at a time, bytes: three of them are four letters. Longer text is not in V8's own memory, and is let
 * go of only when that is full.
 */
const PIECE_LENGTH = 3 << 10;

/** Base64 of parts behind each other: one or two bytes at the end of a part wait for the next. */
function* base64Of(parts: Iterable<Uint8Array>): Generator<string> {
  let waiting: Uint8Array = new Uint8Array(0);
  for (const part of parts) {
    const bytes = waiting.length === 0 ? part : Buffer.concat([waiting, part]);
    const whole = bytes.length - bytes.length % 3;
    for (let at = 0; at < whole; at += PIECE_LENGTH) {
      yield Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(PIECE_LENGTH, whole - at)).toString("base64");
    }
    waiting = bytes.slice(whole);
  }
  yield Buffer.from(waiting).toString("base64");
}

/** Nothing in it has to be escaped but the layout. */
function* tablePieces({ name, rows, columns, parts }: PackedTable): Generator<string> {
  const layout = JSON.stringify(columns);
  const id = `table-${name}`;
  const begin =
    markup`<script type="application/octet-stream" id="${id}" data-rows="${rows}" data-columns="${layout}">`;
  yield begin.text;
  yield* base64Of(parts);
  yield "</script>\n";
}

function jsonElement([id, value]: [string, unknown]): Markup {
  return markup`<script type="application/json" id="${id}">${embeddedJson(value)}</script>
`;
}

/** How every page begins, and no page of anybody else. */
export const PAGE_BEGINNING = `<!DOCTYPE html>
<html lang="en" data-made-by="dioscope">`;

/** The text of the whole file, in pieces that are made when they are asked for. */
export function pagePieces({ title, body, style: css, script: code, data, tables }: PageContent): Iterable<string> {
  const begin = markup`<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(code, css)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
${style(css)}
</head>
<body>
${body}
${Object.entries(data).map(jsonElement)}`;
  const end = markup`${script(code)}
</body>
</html>
`;
  return {
    *[Symbol.iterator]() {
      yield `${PAGE_BEGINNING}\n${begin.text}`;
      for (const table of tables) yield* tablePieces(table);
      yield end.text;
    },
  };
}
