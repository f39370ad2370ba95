/**
 * HTML as a value: everything that is put into a template is escaped, unless it is markup itself.
 *
 * @module
 */

/** Markup that is whole and escaped. Only this file makes it. */
export class Markup {
  private constructor(readonly text: string) {}

  /** Takes text as markup. For files of our own only, never for what comes out of a recording. */
  static trusted(text: string): Markup {
    return new Markup(text);
  }
}

/** What may stand in a template; nothing is written for null. */
export type Part = Markup | string | number | null | readonly Part[];

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Control characters have no place in a document; U+FFFD shows that there was one. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** Characters that turn the direction of what follows them, by which a name can look like another one. */
const DIRECTIONS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text of a recording as it can be shown: what is not to be seen is shown as U+FFFD. */
export function shown(text: string): string {
  return text.replaceAll(CONTROLS, "\ufffd").replaceAll(DIRECTIONS, "\ufffd");
}

export function escaped(text: string): string {
  return shown(text).replaceAll(/[&<>"']/g, (character) => ESCAPES[character]);
}

function partText(part: Part): string {
  if (part === null) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(partText).join("");
  return escaped(String(part));
}

/**
 * Template tag: `` markup`<p>${name}</p>` `` escapes `name`. Attribute values have to stand in quotes.
 *
 * @example
 * ```ts
 * markup`<p title="${title}">${lines.map((line) => markup`<b>${line}</b>`)}</p>`.text;
 * ```
 */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return Markup.trusted(
    strings.map((literal, nth) => nth === 0 ? literal : partText(parts[nth - 1]) + literal).join(""),
  );
}

/** JSON that can stand in a script element: no text in it can end the element or begin a comment. */
export function embeddedJson(value: unknown): Markup {
  const text = JSON.stringify(value, (_name, member) => typeof member === "string" ? shown(member) : member);
  return Markup.trusted(
    text.replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("\u2028", "\\u2028")
      .replaceAll("\u2029", "\\u2029"),
  );
}
