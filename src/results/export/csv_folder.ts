/**
 * `export --csv DIR`: a file a table, in RFC 4180 form as `query --format csv` prints it.
 *
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { CsvFormat } from "../query/csv_format.ts";
import type { QueryConnection } from "../query/result_rows.ts";
import { qualified } from "../ddl.ts";
import { exportedRelations, orderOf, pathName } from "./exported_relations.ts";
import { makeWhole, writeText } from "./output_place.ts";

/** @returns the number of tables written */
export function exportCsv(connection: QueryConnection, place: string): Promise<number> {
  return makeWhole(place, async (folder) => {
    const relations = await exportedRelations(connection);
    fs.mkdirSync(path.join(folder, "raw"), { recursive: true });
    for (const relation of relations) {
      const { schema, name } = relation;
      const csv = path.join(folder, schema === "raw" ? "raw" : "", `${pathName(name)}.csv`);
      await writeText(csv, async (file) => {
        const format = new CsvFormat();
        const { columns, batches } = await connection.stream(
          `SELECT * FROM ${qualified(relation)}${orderOf(relation)}`,
        );
        file.write(format.begin(columns));
        for await (const rows of batches) file.write(format.rows(rows));
      });
    }
    return relations.length;
  });
}
