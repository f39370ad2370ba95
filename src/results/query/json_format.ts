/**
 * A result as a JSON array of row objects, one row a line.
 *
 * @module
 */
import { cellJson } from "./cell_text.ts";
import type { ResultFormat } from "./result_format.ts";
import type { ResultColumn, ResultRows } from "./result_rows.ts";

export class JsonFormat implements ResultFormat {
  #names: string[] = [];
  #separator = "\n";

  begin(columns: readonly ResultColumn[]): string {
    this.#names = distinctNames(columns.map(({ name }) => name)).map((name) => JSON.stringify(name));
    this.#separator = "\n";
    return "[";
  }

  rows({ count, readers }: ResultRows): string {
    let text = "";
    for (let row = 0; row < count; row++) {
      const members = readers.map((read, column) => `${this.#names[column]}:${cellJson(read(row))}`);
      text += `${this.#separator}{${members.join(",")}}`;
      this.#separator = ",\n";
    }
    return text;
  }

  end(): string {
    return "\n]\n";
  }
}

/** Members of an object need names of their own: a second `a` becomes `a_1`. */
function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let distinct = name;
    for (let count = 1; taken.has(distinct); count++) distinct = `${name}_${count}`;
    taken.add(distinct);
    return distinct;
  });
}
