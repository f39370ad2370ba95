/**
 * Where the Parquet files of a table are.
 *
 * @module
 */
import { type ExportedRelation, pathName } from "./exported_relations.ts";

/** How the files of a table are laid out. */
export type ParquetLayout = "plain" | "by recording";

/** Column that partitions are named for. */
export const PARTITION_COLUMN = "recording_id";

/** Folder of a table below the export's own, with slashes. */
export function folderOf({ schema, name }: ExportedRelation): string {
  return schema === "raw" ? `raw/${pathName(name)}` : pathName(name);
}

/** Whether a table has parts by recording, where that is asked for: table `recording` itself has one row each. */
export function isPartitioned({ name, columns }: ExportedRelation): boolean {
  return name !== "recording" && columns.length > 1 && columns.some((column) => column.name === PARTITION_COLUMN);
}
