/**
 * Parameters of the shell: `:t0` in a statement stands for the value that it was given.
 *
 * Only names that have a value are replaced, and only where a value can stand: not in quotes and comments, not behind
 * another colon (`x::INTEGER`), a word, a bracket or a quote (`list[1:n]`, `{'a':b}`).
 *
 * @module
 */
import { literal } from "../sql_text.ts";
import { skipToken } from "./statements.ts";

/** What can stand for a value as it is: a number, a quoted text, something in brackets, NULL, TRUE, FALSE. */
const SQL_VALUE = /^(-?\d+(\.\d+)?([eE][-+]?\d+)?|'([^']|'')*'|\([^]*\)|\[[^]*\]|NULL|TRUE|FALSE)$/i;

const NAME = /^:?([A-Za-z_]\w*)$/;

/** Names and the SQL that they stand for. */
export class Parameters {
  readonly #values = new Map<string, string>();

  /**
   * Gives a name a value: SQL where it is a number, quoted, in brackets, NULL, TRUE or FALSE; else text.
   *
   * @returns false when the name is none
   */
  set(name: string, value: string): boolean {
    const own = NAME.exec(name)?.[1];
    if (own === undefined) return false;
    this.#values.set(own, SQL_VALUE.test(value) ? value : literal(value));
    return true;
  }

  /** @returns false when it has no value */
  unset(name: string): boolean {
    return this.#values.delete(NAME.exec(name)?.[1] ?? "");
  }

  clear(): void {
    this.#values.clear();
  }

  /** One line each, by name. */
  get text(): string {
    return [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `:${name}  ${value}\n`).join(
      "",
    );
  }

  /** The statement with values in place of names. */
  bind(sql: string): string {
    let bound = "";
    let at = 0;
    while (at < sql.length) {
      const name = sql[at] === ":" && !/[\w\])}'":]/.test(sql[at - 1] ?? "")
        ? /^:([A-Za-z_]\w*)/.exec(sql.slice(at))?.[1]
        : undefined;
      const value = name === undefined ? undefined : this.#values.get(name);
      if (value !== undefined) {
        bound += value;
        at += name!.length + 1;
        continue;
      }
      const next = skipToken(sql, at) ?? sql.length;
      bound += sql.slice(at, next);
      at = next;
    }
    return bound;
  }
}
