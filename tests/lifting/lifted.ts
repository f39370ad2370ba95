/**
 * Lifts recordings and gives back what lifting made of them as plain rows, joined as the views of the results join them.
 *
 * @module
 */

import { ATTRIBUTIONS, CAUSES, EXECUTIONS, KINDS, ROLES } from "../../src/lifting/operation_kinds.ts";
import type { ReadingEnd } from "../../src/lifting/read_recordings.ts";
import type { RawValue } from "../recording/collect.ts";
import { readTables } from "./read_tables.ts";

/** A row of view `operation`; times in nanoseconds. */
export interface OperationRow {
  id: number;
  pid: number;
  kind: string;
  syscall: string;
  direct: boolean | null;
  requestedDirect: boolean | null;
  execution: string;
  ino: number | null;
  offset: number | null;
  bytes: number | null;
  start: bigint;
  end: bigint | null;
  done: bigint | null;
  result: number | null;
  attribution: string;
  partOf: number | null;
  openId: number | null;
  firstSeq: number;
  lastSeq: number;
}

export interface BioOwnerRow {
  bio: number;
  sector: bigint;
  bytes: bigint;
  operation: number | null;
  ino: number | null;
  offset: number | null;
  attribution: string;
  role: string;
}

export interface PageOwnerRow {
  seq: number;
  operation: number | null;
  cause: string;
}

export interface Lifted {
  operations: OperationRow[];
  bios: BioOwnerRow[];
  pages: PageOwnerRow[];
  end: ReadingEnd;
}

const O_DIRECT = 0x4000;
const numberOf = (value: RawValue): number | null => value === null ? null : Number(value);

/** @throws what the reader throws */
export async function lift(...paths: string[]): Promise<Lifted> {
  const { tables, end } = await readTables(
    ["event", "operation", "bio", "bio_owner", "page_owner", "tag", "kind", "context", "file", "open_file"],
    paths,
  );
  const bios = new Map(tables.bio.map((row) => [row.bio_id, row]));
  const inode = (file: number | null) => file === null ? null : Number(tables.file[file].ino);
  const operations = tables.operation.map((row): OperationRow => {
    const tag = tables.tag[Number(row.tag_id)];
    const context = tables.context[Number(tag.context_id)];
    const openId = numberOf(row.open_id);
    const open = openId === null ? null : tables.open_file[openId];
    const flags = open === null ? null : numberOf(open.flags);
    const execution = EXECUTIONS[Number(row.execution_code)];
    const isDirect = execution === "direct" || execution === "mixed";
    const requestedDirect = flags === null ? (isDirect ? true : null) : (flags & O_DIRECT) !== 0;
    const ino = inode(numberOf(row.file_id) ?? (open === null ? null : numberOf(open.file_id)));
    return {
      id: Number(row.op_id),
      pid: Number(context.pid),
      kind: KINDS[Number(row.kind_code)],
      syscall: String(tables.kind[Number(tag.kind_id)].name).replace(/^sys_enter_/, ""),
      direct: ({ direct: true, buffered: false, dax: false, mixed: null, none: requestedDirect } as Record<
        string,
        boolean | null
      >)[execution] ?? null,
      requestedDirect,
      execution,
      ino,
      offset: numberOf(row.file_offset),
      bytes: numberOf(row.bytes),
      start: row.start_ns as bigint,
      end: row.end_ns as bigint | null,
      done: row.done_ns as bigint | null,
      result: numberOf(row.result),
      attribution: ino === null
        ? "unknown"
        : row.attribution_code === 0
        ? "by-interval"
        : ATTRIBUTIONS[Number(row.attribution_code)],
      partOf: numberOf(row.part_of),
      openId,
      firstSeq: Number(row.first_seq),
      lastSeq: Number(row.last_seq),
    };
  });
  operations.sort((a, b) => a.id - b.id);
  return {
    operations,
    bios: tables.bio_owner.map((row) => ({
      bio: Number(row.bio_id),
      sector: bios.get(row.bio_id)!.sector as bigint,
      bytes: bios.get(row.bio_id)!.bytes as bigint,
      operation: numberOf(row.op_id),
      ino: inode(numberOf(row.file_id)),
      offset: numberOf(row.file_offset),
      attribution: ATTRIBUTIONS[Number(row.attribution_code)],
      role: ROLES[Number(row.role_code)],
    })),
    pages: tables.page_owner.flatMap((row) => {
      const [first, last] = [Number(row.first_seq), Number(row.last_seq)];
      const events = tables.event.slice(first, last + 1).map((event, i) => ({ tag: event.tag_id, seq: first + i }));
      return events.filter(({ tag }) => tag === row.tag_id)
        .map(({ seq }) => ({ seq, operation: numberOf(row.op_id), cause: CAUSES[Number(row.cause_code)] }));
    }).sort((a, b) => a.seq - b.seq),
    end,
  };
}
