/**
 * Values of the native engine as the same plain values that the other engine's become, exactly.
 *
 * @module
 */
import type { DuckDBDataChunk, DuckDBType, DuckDBTypeId, DuckDBValue } from "@duckdb/node-api";
import { type Cell, type CellReader, Decimal, shortestFloat, withPoint } from "./cells.ts";
import { clockText, dateText, intervalText, timestampText } from "./time_text.ts";

/** The package, as it is once it is loaded. */
export type NativePackage = typeof import("@duckdb/node-api");

/** Reads the values of chunks. */
export class NativeCells {
  readonly #package: NativePackage;
  readonly #ids: typeof DuckDBTypeId;

  constructor(loaded: NativePackage) {
    this.#package = loaded;
    this.#ids = loaded.DuckDBTypeId;
  }

  /** Readers of all columns of a chunk, in order. */
  readers(chunk: DuckDBDataChunk): CellReader[] {
    return Array.from({ length: chunk.columnCount }, (_, column) => {
      const vector = chunk.getColumnVector(column);
      return (row) => this.#cell(vector.getItem(row), vector.type);
    });
  }

  /** Whether values of a type are numbers. */
  isNumber(type: DuckDBType): boolean {
    const ids = this.#ids;
    return [
      ids.TINYINT,
      ids.SMALLINT,
      ids.INTEGER,
      ids.BIGINT,
      ids.HUGEINT,
      ids.UTINYINT,
      ids.USMALLINT,
      ids.UINTEGER,
      ids.UBIGINT,
      ids.FLOAT,
      ids.DOUBLE,
      ids.DECIMAL,
    ].includes(type.typeId);
  }

  #cell(value: DuckDBValue, type: DuckDBType | null): Cell {
    if (value === null) return null;
    if (typeof value === "number") return type?.typeId === this.#ids.FLOAT ? shortestFloat(value) : value;
    if (typeof value !== "object") return value;
    return this.#nested(value, type) ?? this.#time(value) ?? String(value);
  }

  #nested(value: DuckDBValue, type: DuckDBType | null): Cell | undefined {
    const {
      DuckDBArrayValue,
      DuckDBBlobValue,
      DuckDBDecimalValue,
      DuckDBListValue,
      DuckDBMapValue,
      DuckDBStructValue,
      DuckDBUnionValue,
    } = this.#package;
    if (value instanceof DuckDBDecimalValue) {
      return value.scale === 0 ? value.value : new Decimal(withPoint(value.value, value.scale));
    }
    if (value instanceof DuckDBBlobValue) return value.bytes.slice();
    if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
      const item = type && "valueType" in type ? type.valueType : null;
      return value.items.map((member) => this.#cell(member, item));
    }
    if (value instanceof DuckDBStructValue) {
      return Object.fromEntries(
        Object.entries(value.entries).map(([name, member]) => [name, this.#cell(member, memberType(type, name))]),
      );
    }
    if (value instanceof DuckDBMapValue) {
      const of = type && "valueType" in type ? type.valueType : null;
      return Object.fromEntries(
        value.entries.map((entry) => [String(this.#cell(entry.key, null)), this.#cell(entry.value, of)]),
      );
    }
    if (value instanceof DuckDBUnionValue) return this.#cell(value.value, null);
    return undefined;
  }

  /** Times in the words of the other engine; what is none has its text from the package. */
  #time(value: DuckDBValue): Cell | undefined {
    const {
      DuckDBDateValue,
      DuckDBIntervalValue,
      DuckDBTimestampMillisecondsValue,
      DuckDBTimestampNanosecondsValue,
      DuckDBTimestampSecondsValue,
      DuckDBTimestampTZValue,
      DuckDBTimestampValue,
      DuckDBTimeValue,
    } = this.#package;
    if (value instanceof DuckDBDateValue) return dateText(BigInt(value.days));
    if (value instanceof DuckDBTimeValue) return clockText(value.micros * 1000n);
    if (value instanceof DuckDBTimestampTZValue) return timestampText(value.micros, 2, "UTC");
    if (value instanceof DuckDBTimestampValue) return timestampText(value.micros, 2, null);
    if (value instanceof DuckDBTimestampNanosecondsValue) return timestampText(value.nanos, 3, null);
    if (value instanceof DuckDBTimestampMillisecondsValue) return timestampText(value.millis, 1, null);
    if (value instanceof DuckDBTimestampSecondsValue) return timestampText(value.seconds, 0, null);
    if (value instanceof DuckDBIntervalValue) return intervalText(value.months, value.days, value.micros * 1000n);
    return undefined;
  }
}

function memberType(type: DuckDBType | null, name: string): DuckDBType | null {
  if (!type || !("entryNames" in type)) return null;
  return type.entryTypes[type.entryNames.indexOf(name)] ?? null;
}
