/**
 * A result as comma-separated values after RFC 4180: a header line, CRLF line ends.
 *
 * @module
 */
import { cellCsv, csvField } from "./cell_text.ts";
import type { ResultFormat } from "./result_format.ts";
import type { ResultColumn, ResultRows } from "./result_rows.ts";

const LINE_END = "\r\n";

export class CsvFormat implements ResultFormat {
  begin(columns: readonly ResultColumn[]): string {
    return columns.map(({ name }) => csvField(name)).join(",") + LINE_END;
  }

  rows({ count, readers }: ResultRows): string {
    let text = "";
    for (let row = 0; row < count; row++) {
      text += readers.map((read) => cellCsv(read(row))).join(",") + LINE_END;
    }
    return text;
  }

  end(): string {
    return "";
  }
}
