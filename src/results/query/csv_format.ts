/**
 * A result as comma-separated values after RFC 4180: a header line, CRLF line ends.
 *
 * @module
 */
import type { RecordBatch, Schema } from "apache-arrow";
import { cellCsv, csvField } from "./cell_text.ts";
import { batchReaders, type ResultFormat } from "./result_format.ts";

const LINE_END = "\r\n";

export class CsvFormat implements ResultFormat {
  begin(schema: Schema): string {
    return schema.fields.map(({ name }) => csvField(name)).join(",") + LINE_END;
  }

  rows(batch: RecordBatch): string {
    const readers = batchReaders(batch);
    let text = "";
    for (let row = 0; row < batch.numRows; row++) {
      text += readers.map((read) => cellCsv(read(row))).join(",") + LINE_END;
    }
    return text;
  }

  end(): string {
    return "";
  }
}
