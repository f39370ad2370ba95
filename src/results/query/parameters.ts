/**
 * Parameters: `:t0` or `$t0` in a statement stands for the value that `t0` was given.
 *
 * Only names that have a value are replaced, and only where a value can stand: not in quotes and comments, not behind
 * another colon (`x::INTEGER`), a word, a bracket or a quote (`list[1:n]`, `{'a':b}`), not as a tag of quotes (`$tag$`).
 *
 * @module
 */
import { literal } from "../sql_text.ts";
import { skipToken } from "./statements.ts";

/** What can stand for a value as it is: a number, a quoted text, something in brackets, NULL, TRUE, FALSE. */
const SQL_VALUE = /^(-?\d+(\.\d+)?([eE][-+]?\d+)?|'([^']|'')*'|\([^]*\)|\[[^]*\]|NULL|TRUE|FALSE)$/i;

const NAME = /^[:$]?([A-Za-z_]\w*)$/;

/** A name where it stands for a value; with a dollar behind it, it is none: the value would begin quotes with that. */
const PLACE = /^(?::|\$(?!\w+\$))([A-Za-z_]\w*)(?![\w$])/;

/** Characters that a name may have with its sign, for a look at a part of a long text only. */
const NAME_MAX = 200;

/** Names and the SQL that they stand for. */
export class Parameters {
  readonly #values = new Map<string, string>();
  readonly #used = new Set<string>();

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

  /** Names with values that no statement has had so far, in order. */
  get unused(): string[] {
    return [...this.#values.keys()].filter((name) => !this.#used.has(name)).sort();
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
      const name = /[:$]/.test(sql[at]) && !/[\w\])}'":$]/.test(sql[at - 1] ?? "")
        ? PLACE.exec(sql.slice(at, at + NAME_MAX))?.[1]
        : undefined;
      const value = name === undefined ? undefined : this.#values.get(name);
      if (value !== undefined) {
        bound += value;
        this.#used.add(name!);
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
