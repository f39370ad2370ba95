/**
 * Columns of numbers as few bytes: each value as its difference to the one before or as it is, in as many bytes as it
 * needs, and all of it deflated. A page decodes a million values in a tenth of a second.
 *
 * A value is written as an unsigned LEB128 number: 0 where it is absent, else 1 + its zigzag code, so that small negative
 * numbers stay small.
 *
 * @module
 */
import { constants, deflateRawSync } from "node:zlib";
import type { Part, PartStore } from "./part_store.ts";

/** `difference`: for values that mostly grow, such as times. `plain`: for codes and lengths. */
export type PackedForm = "difference" | "plain";

/** Where a column is in the bytes of its table. */
export interface PackedColumn {
  readonly name: string;
  readonly form: PackedForm;
  /** First byte, and the byte behind the last, before deflating. */
  readonly begin: number;
  readonly end: number;
}

/** A table as it is embedded. */
export interface PackedTable {
  readonly name: string;
  readonly rows: number;
  readonly columns: readonly PackedColumn[];
  /** All columns, deflated (raw): parts of one stream, which are never put together here. */
  readonly parts: Iterable<Uint8Array>;
}

/** Values beyond this, either way, are shown as beyond it: the code of a value has to fit a double exactly. */
export const VALUE_MAX = 2 ** 51;

/** Level 6 of 9: level 9 takes three times as long for a fiftieth less. */
const LEVEL = 6;

/** So much of a column is deflated at a time, bytes: it is never there as a whole. */
const PART_LENGTH = 1 << 20;

/** The same for a column of each of hundreds of groups, which are filled side by side. */
const GROUP_PART_LENGTH = 1 << 14;

/** A number takes no more bytes. */
const NUMBER_LENGTH_MAX = 8;

/** A smaller Buffer may be part of memory that Buffers share. */
const BUFFER_OWN_MIN = 16_384;

/** An empty block that says that it is the last one. */
const DEFLATE_END = Uint8Array.of(3, 0);

/** Keeps a part deflated: parts of a stream behind each other, which is ended where a table is. */
function keepDeflated(part: Uint8Array, store: PartStore): Part {
  // In one piece, so that it can be let go of at once: V8 looks late for memory that is not its own.
  const chunkSize = Math.max(BUFFER_OWN_MIN, part.length + (part.length >> 9) + 64);
  const { buffer, byteOffset, length } = deflateRawSync(part, {
    level: LEVEL,
    finishFlush: constants.Z_SYNC_FLUSH,
    chunkSize,
  });
  const kept = store.keep(new Uint8Array(buffer, byteOffset, length));
  if (buffer.byteLength === chunkSize) (buffer as ArrayBuffer).transfer(0);
  return kept;
}

/** Values of one column: what has come is deflated part by part, and parts behind each other are one stream. */
class ColumnPacker {
  readonly deflated: Part[] = [];
  /** Before deflating, bytes; without the part that is being filled. */
  #done = 0;
  #part = new Uint8Array(1 << 8);
  #filled = 0;
  #before = 0;

  constructor(
    readonly name: string,
    readonly form: PackedForm,
    private readonly store: PartStore,
    private readonly partLength = PART_LENGTH,
  ) {}

  get length(): number {
    return this.#done + this.#filled;
  }

  /** @param values integers; NaN where there is none */
  add(values: ArrayLike<number>): void {
    const isPlain = this.form === "plain";
    for (let row = 0; row < values.length; row++) {
      const value = values[row];
      if (Number.isNaN(value)) {
        this.#number(0);
        continue;
      }
      const bounded = Math.max(-VALUE_MAX, Math.min(VALUE_MAX, value));
      const written = isPlain ? bounded : Math.max(-VALUE_MAX, Math.min(VALUE_MAX, bounded - this.#before));
      // A difference that does not fit is written short, and the next one makes up for it.
      this.#before = isPlain ? 0 : this.#before + written;
      this.#number(1 + (written < 0 ? -2 * written - 1 : 2 * written));
    }
  }

  /** @param value an integer from 0 to 2^53 */
  #number(value: number): void {
    if (this.#filled + NUMBER_LENGTH_MAX > this.#part.length) this.#makeRoom();
    // Bit operations are for 32 bits only.
    while (value > 0x7fffffff) {
      this.#part[this.#filled++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value > 127) {
      this.#part[this.#filled++] = (value & 127) | 0x80;
      value >>>= 7;
    }
    this.#part[this.#filled++] = value;
  }

  #makeRoom(): void {
    if (this.#part.length >= this.partLength) return this.flush();
    const larger = new Uint8Array(this.#part.length * 2);
    larger.set(this.#part);
    this.#part = larger;
  }

  /** What is not deflated yet. */
  get rest(): Uint8Array {
    return this.#part.subarray(0, this.#filled);
  }

  /** Deflates what is not yet, up to the end of a byte and without an end of the stream. */
  flush(): void {
    if (this.#filled === 0) return;
    this.deflated.push(keepDeflated(this.rest, this.store));
    this.#done += this.#filled;
    this.#filled = 0;
  }
}

/** A column that is whole: its layout without its place, and its parts. */
interface PackedParts {
  readonly name: string;
  readonly form: PackedForm;
  /** Before deflating, bytes. */
  readonly length: number;
  readonly parts: readonly Part[];
}

function tableOf(name: string, rows: number, packed: readonly PackedParts[]): PackedTable {
  let begin = 0;
  const columns = packed.map(({ name, form, length }): PackedColumn => {
    const end = begin + length;
    const column = { name, form, begin, end };
    begin = end;
    return column;
  });
  const parts = {
    *[Symbol.iterator]() {
      for (const { parts } of packed) for (const part of parts) yield part();
      yield DEFLATE_END;
    },
  };
  return { name, rows, columns, parts };
}

/** Makes a table of rows as they come. */
export class TablePacker {
  readonly #columns: readonly ColumnPacker[];
  #rows = 0;

  constructor(readonly name: string, forms: Readonly<Record<string, PackedForm>>, store: PartStore) {
    this.#columns = Object.entries(forms).map(([column, form]) => new ColumnPacker(column, form, store));
  }

  /** Adds rows. @param values of each column: integers, one a row; NaN where there is none */
  add(rows: number, values: (column: string) => ArrayLike<number>): this {
    for (const column of this.#columns) {
      const own = values(column.name);
      if (own.length !== rows) throw new Error(`${own.length} values of ${column.name} for ${rows} rows`);
      column.add(own);
    }
    this.#rows += rows;
    return this;
  }

  pack(): PackedTable {
    for (const column of this.#columns) column.flush();
    const columns = this.#columns.map(({ name, form, length, deflated: parts }) => ({ name, form, length, parts }));
    return tableOf(this.name, this.#rows, columns);
  }
}

/**
 * Makes a table whose rows are sorted by their group, those of a group as they come: what is alike stands together and
 * takes a third less. Whoever reads it knows the groups from elsewhere. All columns are plain.
 */
export class GroupedTablePacker {
  readonly #groups: ColumnPacker[][] = [];
  #rows = 0;

  constructor(readonly name: string, private readonly columns: readonly string[], private readonly store: PartStore) {}

  /** Adds rows. @param groups the number of the group of each row */
  add(groups: ArrayLike<number>, values: (column: string) => ArrayLike<number>): this {
    const lists = this.columns.map(values);
    const value = [NaN];
    for (let row = 0; row < groups.length; row++) {
      const group = this.#groups[groups[row]] ??= this.columns.map((name) =>
        new ColumnPacker(name, "plain", this.store, GROUP_PART_LENGTH)
      );
      for (let nth = 0; nth < lists.length; nth++) {
        value[0] = lists[nth][row];
        group[nth].add(value);
      }
    }
    this.#rows += groups.length;
    return this;
  }

  pack(): PackedTable {
    const groups = this.#groups.filter((group) => group !== undefined);
    return tableOf(
      this.name,
      this.#rows,
      this.columns.map((name, nth) => partsOf(name, groups.map((own) => own[nth]), this.store)),
    );
  }
}

/** A column out of those of its groups; what small groups have is deflated together. */
function partsOf(name: string, groups: readonly ColumnPacker[], store: PartStore): PackedParts {
  const parts: Part[] = [];
  let rests: Uint8Array[] = [];
  let waiting = 0;
  const flush = () => {
    const part = new Uint8Array(waiting);
    let at = 0;
    for (const rest of rests) {
      part.set(rest, at);
      at += rest.length;
    }
    if (waiting > 0) parts.push(keepDeflated(part, store));
    rests = [];
    waiting = 0;
  };
  for (const { deflated: own, rest } of groups) {
    if (own.length > 0 || waiting + rest.length > PART_LENGTH) flush();
    parts.push(...own);
    rests.push(rest);
    waiting += rest.length;
  }
  flush();
  return { name, form: "plain", length: groups.reduce((sum, { length }) => sum + length, 0), parts };
}
