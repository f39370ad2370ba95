/**
 * The tables that are embedded in the page: inflated once, a column decoded when it is asked for.
 *
 * @module
 */
import { type EmbeddedColumn, unpackedColumn } from "./unpacked_column.ts";

/** Data that the page brings as JSON. */
export function embedded<T>(id: string): T {
  return JSON.parse(document.getElementById(id)!.textContent!) as T;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const native = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }).fromBase64;
  if (native !== undefined) return native(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** An embedded table. */
export class Table {
  readonly #columns = new Map<string, Float64Array>();

  private constructor(
    readonly rows: number,
    private readonly bytes: Uint8Array,
    private readonly layout: readonly EmbeddedColumn[],
  ) {}

  /** A table without rows, for pages that bring none of the name. */
  static readonly NONE = new Table(0, new Uint8Array(0), []);

  static async open(name: string): Promise<Table> {
    const element = document.getElementById(`table-${name}`);
    if (element === null) return Table.NONE;
    const { rows, columns } = element.dataset;
    const packed = new Blob([fromBase64(element.textContent!.trim())]);
    const bytes = await new Response(packed.stream().pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer();
    // The text is as large as all of it together, and not needed again.
    element.remove();
    return new Table(Number(rows), new Uint8Array(bytes), JSON.parse(columns!) as EmbeddedColumn[]);
  }

  /** Values of a column, one a row; NaN where there is none. */
  column(name: string): Float64Array {
    let values = this.#columns.get(name);
    if (values === undefined) {
      const column = this.layout.find((each) => each.name === name);
      values = column === undefined
        ? new Float64Array(this.rows).fill(NaN)
        : unpackedColumn(this.bytes, column, this.rows);
      this.#columns.set(name, values);
    }
    return values;
  }
}
