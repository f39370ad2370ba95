/**
 * Rows of the small tables, which are written one by one at the end. Names and units are those of the columns in
 * schema.ts; 64-bit values are BigInt.
 *
 * @module
 */

/** Table `recording`: one row an input. */
export interface RecordingRow {
  recording_id: number;
  path: string;
  format: string;
  kernel: string | null;
  clock: string | null;
  page_size: number;
  cpus: number | null;
  /** Null for a recording without events. */
  first_ns: bigint | null;
  last_ns: bigint | null;
  events: bigint | number;
  lost_events: bigint | number;
  skipped_records: bigint | number;
  clock_offset_ns: bigint | number;
}

/** Table `diagnostic`. */
export interface DiagnosticRow {
  recording_id: number;
  severity: "info" | "warning" | "error" | "data_loss";
  code: string;
  count: bigint | number;
  first_seq: bigint | number | null;
  first_ns: bigint | null;
  message: string;
  position: string | null;
}

/** Table `device`. */
export interface DeviceRow {
  recording_id: number;
  dev: string;
  fs_block_size: number | null;
  evidence: bigint | number;
}

/** Table `device_stack`. */
export interface DeviceStackRow {
  recording_id: number;
  dev: string;
  lower_dev: string;
  start_sector: bigint | number | null;
  remaps: bigint | number;
}

/** Table `symbol`. */
export interface SymbolRow {
  recording_id: number;
  address: bigint;
  name: string;
  module: string | null;
}
