/**
 * Small tables of what a file's recordings are.
 *
 * @module
 */
import { column, RECORDING_ID, type Relation } from "./relation.ts";

export const RECORDING_TABLES: readonly Relation[] = [
  {
    schema: "main",
    name: "meta",
    description: "what made this file: schema and tool version, command, inputs, counts",
    columns: [
      column("key", "VARCHAR", "name of a fact, e.g. schema_version"),
      column("value", "VARCHAR", "the fact as text"),
    ],
  },
  {
    schema: "main",
    name: "recording",
    description: "one row an input",
    columns: [
      column("recording_id", "SMALLINT", "number of the input, from 1"),
      column("path", "VARCHAR", "as given on the command line; - is standard input"),
      column("format", "VARCHAR", "format recognised in the input"),
      column("kernel", "VARCHAR", "kernel release, where the input says it"),
      column("clock", "VARCHAR", "trace clock, where the input says it"),
      column("page_size", "INTEGER", "bytes a page; NULL where the input does not say, and 4096 is taken"),
      column("cpus", "INTEGER", "number of CPUs"),
      column("first_ns", "BIGINT", "time of the first event, ns"),
      column("last_ns", "BIGINT", "time of the last event, ns"),
      column("events", "BIGINT", "events read"),
      column("lost_events", "BIGINT", "events the recorder says it lost"),
      column("skipped_records", "BIGINT", "records present but not readable"),
      column("clock_offset_ns", "BIGINT", "added to every time to align it with recording 1, ns"),
    ],
  },
  {
    schema: "main",
    name: "diagnostic",
    description: "every loss, gap, unknown or bad record, with its count",
    columns: [
      RECORDING_ID,
      column("severity", "VARCHAR", "info, warning, error or data_loss"),
      column("code", "VARCHAR", "short name of the kind of finding"),
      column("count", "BIGINT", "how often it was met, or how many events were lost"),
      column("first_seq", "BIGINT", "event.seq at or after the first one"),
      column("first_ns", "BIGINT", "time of the first one, ns"),
      column("message", "VARCHAR", "what it means"),
      column("position", "VARCHAR", "file and byte or line of the first one"),
    ],
  },
  {
    schema: "main",
    name: "device",
    description: "block devices seen",
    columns: [
      RECORDING_ID,
      column("dev", "VARCHAR", "major:minor"),
      column("fs_block_size", "INTEGER", "bytes a filesystem block, as inferred from the events; NULL if unknown"),
      column("evidence", "BIGINT", "events that agree with fs_block_size"),
    ],
  },
  {
    schema: "main",
    name: "device_stack",
    description: "which device lies on which: partitions, loop, dm and md, from block_bio_remap",
    columns: [
      RECORDING_ID,
      column("dev", "VARCHAR", "upper device, major:minor"),
      column("lower_dev", "VARCHAR", "device its I/O goes to, major:minor"),
      column("start_sector", "BIGINT", "sector of lower_dev where sector 0 of dev is; NULL if it varies"),
      column("remaps", "BIGINT", "remap events seen"),
    ],
  },
  {
    schema: "main",
    name: "window_shape",
    description: "what is looked at of pairs of operations that were at the same place at the same time, as scenarios",
    columns: [
      column("shape", "VARCHAR", "its name, which is run.scenario of its explorations"),
      column("title", "VARCHAR", "what is beside what"),
      column("windows", "BIGINT", "pairs of the recording that come to this, or of which it is a part"),
      column("op_ids", "UINTEGER[]", "operation.op_id of these pairs, two each"),
      column("scenario_text", "VARCHAR", "the scenario, without its system, as YAML"),
    ],
  },
  {
    schema: "main",
    name: "conformance",
    description: "events of calls as recorded, beside those that the model of the kernel fires for the same calls",
    columns: [
      RECORDING_ID,
      column("system", "VARCHAR", "the model, its kernel and its file system"),
      column("event", "VARCHAR", "name of the event"),
      column("predicted", "BIGINT", "events that the model fires"),
      column("observed", "BIGINT", "recorded events of calls, and those that nothing explains"),
      column("matched", "BIGINT", "events of both, in one order within a call and with equal key fields"),
      column("family", "VARCHAR", "direct I/O, page cache, iomap, block, file system, journal or other"),
      column("modelled", "BOOLEAN", "whether the model fires events of this name at all"),
      column("unexplained", "BIGINT", "part of observed: they belong to no call and to no work of the kernel's own"),
      column("elsewhere", "BIGINT", "not in observed: of writeback, the journal, completions, updates of timestamps"),
    ],
  },
  {
    schema: "main",
    name: "conformance_call",
    description: "how far each call goes as the model has it, and the first event that differs",
    columns: [
      RECORDING_ID,
      column("op_id", "UINTEGER", "operation.op_id"),
      column("predicted", "BIGINT", "events that the model fires in the task of the call"),
      column("observed", "BIGINT", "recorded ones of the same names"),
      column("matched", "BIGINT", "events of both, in one order"),
      column("prefix", "BIGINT", "events up to the first that differs"),
      column("first_seq", "UINTEGER", "event.seq of the first that differs; NULL where the recording has no more"),
      column("expected", "VARCHAR", "what the model expected there, name and key fields; NULL: nothing differs"),
      column("recorded", "VARCHAR", "what the recording has there"),
      column("why", "VARCHAR", "what the model says of it"),
    ],
  },
  {
    schema: "main",
    name: "symbol",
    description: "kernel symbols, where the input brings them",
    columns: [
      RECORDING_ID,
      column("address", "UBIGINT", "first address"),
      column("name", "VARCHAR", "symbol name"),
      column("module", "VARCHAR", "module it is in, NULL for the kernel itself"),
    ],
  },
];
