/**
 * Which events are compared, and what of each: its name and key fields as one text, the same for a recorded event and for
 * one that the model fires.
 *
 * @module
 */

import { ownEntry } from "../../std/own_entry.ts";
import type { EventFields } from "../../machine/tracepoint_log.ts";
import type { RecordedEvent } from "./recorded_events.ts";

/** What a summary gathers events into. */
const FAMILIES = ["direct I/O", "page cache", "iomap", "block", "file system", "journal", "other"] as const;
export type Family = typeof FAMILIES[number];

type Field = "offset" | "bytes" | "sector" | "rwbs" | "ret" | "detail" | "more" | "number";

interface Rule {
  readonly family: Family;
  /** Fields that have to be equal. */
  readonly fields: readonly Field[];
  /** What the model calls those that the recording has as `detail`, `more` and `number`. */
  readonly detail?: string;
  readonly more?: string;
  readonly number?: string;
}

const REQUEST = { family: "block", fields: ["sector", "bytes", "rwbs"] } as const;
const PLAIN_FS = { family: "file system", fields: [] } as const;
const RANGE_FS = { family: "file system", fields: ["offset", "bytes"] } as const;
const LOCK = { family: "file system", fields: ["detail"], detail: "lock_flags" } as const;
const XFS_RANGE = { family: "direct I/O", fields: ["offset", "bytes"] } as const;
const FOLIO = { family: "page cache", fields: ["offset", "number"], number: "order" } as const;
const PAGE = { family: "page cache", fields: ["offset"] } as const;
const BLOCKS = { family: "file system", fields: ["offset"] } as const;
const JOURNAL = { family: "journal", fields: [] } as const;

/** By name in the newest kernel and in 6.1; an event that is missing here is none that the model fires. */
const RULES: Readonly<Record<string, Rule>> = {
  iomap_dio_rw_begin: {
    family: "direct I/O",
    fields: ["offset", "bytes", "detail", "more"],
    detail: "ki_flags",
    more: "dio_flags",
  },
  iomap_dio_rw_queued: { family: "direct I/O", fields: [] },
  iomap_dio_complete: { family: "direct I/O", fields: ["offset", "ret"] },
  iomap_dio_invalidate_fail: XFS_RANGE,
  xfs_file_direct_read: XFS_RANGE,
  xfs_file_direct_write: XFS_RANGE,
  xfs_end_io_direct_write: XFS_RANGE,
  iomap_iter: { family: "iomap", fields: ["detail"], detail: "flags" },
  iomap_iter_dstmap: { family: "iomap", fields: ["offset", "bytes", "detail", "more"], detail: "type", more: "flags" },
  iomap_readpage: { family: "iomap", fields: [] },
  iomap_readahead: { family: "iomap", fields: [] },
  iomap_writeback_folio: { family: "iomap", fields: ["offset"] },
  iomap_add_to_ioend: { family: "iomap", fields: ["offset"] },
  iomap_writepage: { family: "iomap", fields: ["offset"] },
  iomap_writepage_map: { family: "iomap", fields: ["offset"] },
  mm_filemap_add_to_page_cache: FOLIO,
  mm_filemap_delete_from_page_cache: FOLIO,
  mm_filemap_get_pages: PAGE,
  mm_filemap_map_pages: { family: "page cache", fields: [] },
  mm_filemap_fault: PAGE,
  page_cache_sync_ra: PAGE,
  folio_wait_writeback: PAGE,
  writeback_dirty_folio: PAGE,
  block_bio_queue: REQUEST,
  block_bio_backmerge: REQUEST,
  block_getrq: REQUEST,
  block_io_start: REQUEST,
  block_io_done: { family: "block", fields: ["sector", "rwbs"] },
  block_plug: { family: "block", fields: [] },
  block_unplug: { family: "block", fields: ["number"], number: "nr_rq" },
  block_rq_issue: REQUEST,
  block_rq_complete: REQUEST,
  block_bio_complete: REQUEST,
  ext4_es_lookup_extent_enter: BLOCKS,
  ext4_es_lookup_extent_exit: { family: "file system", fields: ["detail"], detail: "status" },
  ext4_ext_map_blocks_enter: BLOCKS,
  ext4_ext_map_blocks_exit: BLOCKS,
  ext4_ext_handle_unwritten_extents: PLAIN_FS,
  ext4_es_insert_extent: { family: "file system", fields: ["detail"], detail: "status" },
  ext4_es_insert_delayed_extent: BLOCKS,
  ext4_es_insert_delayed_block: BLOCKS,
  ext4_es_remove_extent: PLAIN_FS,
  ext4_request_blocks: PLAIN_FS,
  ext4_allocate_blocks: PLAIN_FS,
  ext4_mark_inode_dirty: PLAIN_FS,
  ext4_journal_start_inode: PLAIN_FS,
  ext4_journal_start: PLAIN_FS,
  ext4_da_write_begin: RANGE_FS,
  ext4_da_write_end: RANGE_FS,
  ext4_da_reserve_space: PLAIN_FS,
  ext4_da_write_pages_extent: BLOCKS,
  ext4_da_write_folios_start: PLAIN_FS,
  ext4_da_write_folios_end: PLAIN_FS,
  ext4_da_write_pages: PLAIN_FS,
  ext4_writepages: { family: "file system", fields: ["number"], number: "sync_mode" },
  ext4_writepages_result: PLAIN_FS,
  ext4_sync_file_enter: { family: "file system", fields: ["number"], number: "datasync" },
  ext4_sync_file_exit: { family: "file system", fields: ["ret"] },
  ext4_begin_ordered_truncate: PLAIN_FS,
  ext4_truncate_enter: PLAIN_FS,
  ext4_truncate_exit: PLAIN_FS,
  ext4_ext_remove_space: PLAIN_FS,
  ext4_ext_remove_space_done: PLAIN_FS,
  ext4_fallocate_enter: RANGE_FS,
  ext4_fallocate_exit: PLAIN_FS,
  ext4_punch_hole: RANGE_FS,
  ext4_zero_range: RANGE_FS,
  ext4_collapse_range: RANGE_FS,
  ext4_insert_range: RANGE_FS,
  jbd2_handle_start: PLAIN_FS,
  jbd2_handle_stats: PLAIN_FS,
  jbd2_start_commit: JOURNAL,
  jbd2_commit_locking: JOURNAL,
  jbd2_commit_flushing: JOURNAL,
  jbd2_commit_logging: JOURNAL,
  jbd2_end_commit: JOURNAL,
  xfs_ilock: LOCK,
  xfs_ilock_nowait: LOCK,
  xfs_iunlock: LOCK,
  xfs_ilock_demote: LOCK,
  xfs_file_buffered_read: RANGE_FS,
  xfs_file_buffered_write: RANGE_FS,
  xfs_iomap_found: BLOCKS,
  xfs_iomap_alloc: BLOCKS,
  xfs_map_blocks_found: BLOCKS,
  xfs_map_blocks_alloc: BLOCKS,
  xfs_unwritten_convert: BLOCKS,
  xfs_setfilesize: BLOCKS,
  xfs_zero_eof: BLOCKS,
  xfs_file_fsync: PLAIN_FS,
  xfs_setattr: PLAIN_FS,
  xfs_zero_file_space: PLAIN_FS,
  xfs_itruncate_extents_start: PLAIN_FS,
  xfs_itruncate_extents_end: PLAIN_FS,
  xfs_read_fault: PLAIN_FS,
  xfs_write_fault: PLAIN_FS,
  xfs_filemap_fault: PLAIN_FS,
};

/** Where an event is counted; null: the model fires none of its name. */
export function familyOf(name: string): Family | null {
  return ownEntry(RULES, name)?.family ?? null;
}

/** Where an event is counted that the model may not know. */
export function familyOfAny(name: string): Family {
  const own = familyOf(name);
  if (own !== null) return own;
  if (/^(ext4|xfs)_/.test(name)) return "file system";
  if (/^jbd2_/.test(name)) return "journal";
  if (/^block_/.test(name)) return "block";
  if (/^(mm_filemap|page_cache|writeback_.*folio)/.test(name)) return "page cache";
  return name.startsWith("iomap_") ? "iomap" : "other";
}

/** Bits that print as a number where a recording has no names for them: of IOCB_*, and IOMAP_OVERWRITE_ONLY of 6.1. */
const UNNAMED: readonly (readonly [number, string])[] = [
  [0x2, "DSYNC"],
  [0x4, "SYNC"],
  [0x8, "NOWAIT"],
  [0x10, "APPEND"],
  [0x40, "OVERWRITE_ONLY"],
];

/** Flags as words, in no order; a column of text recordings in which none is ever set is a number, 0. */
export function words(text: string): string {
  const named = (word: string) =>
    /^0x[0-9a-f]+$/.test(word) ? UNNAMED.flatMap(([bit, name]) => (Number(word) & bit) !== 0 ? [name] : []) : [word];
  return text.split("|").flatMap(named).filter((word) => word !== "" && word !== "0").sort().join("|");
}

/** Bits of the status tree: EXTENT_STATUS_WRITTEN and so on; the fifth says that it has been looked at. */
const STATUS_BITS = ["W", "U", "D", "H"] as const;

/** `W`, `U`, `D` or `H` of what the status tree prints, a number in binary recordings; empty: none. */
export function statusOf(text: string): string {
  if (/^\d+$/.test(text)) return STATUS_BITS.find((_, bit) => (Number(text) >> bit & 1) === 1) ?? "";
  return /[WUDH]/.exec(text)?.[0] ?? "";
}

function detailText(name: string, text: string): string {
  return name.startsWith("ext4_es_") ? statusOf(text) : words(text);
}

/** Name and key fields of a recorded event; null: it is not compared. */
export function recordedKey(event: RecordedEvent): string | null {
  const rule = ownEntry(RULES, event.name);
  if (rule === undefined) return null;
  const parts = rule.fields.map((field) => {
    if (field === "detail") return detailText(event.name, event.detail);
    if (field === "more") return words(event.more);
    return event[field] ?? "";
  });
  return `${event.name} ${parts.join(" ")}`.trimEnd();
}

/** Of an event of the model; `sector` is the device's own. */
export function modelledKey(name: string, fields: EventFields, sector: number | null): string | null {
  const rule = ownEntry(RULES, name);
  if (rule === undefined) return null;
  const { detail, more, number } = rule;
  const parts = rule.fields.map((field) => {
    switch (field) {
      case "detail":
        return detailText(name, String(fields[detail!] ?? ""));
      case "more":
        return words(String(fields[more!] ?? ""));
      case "number":
        return fields[number!] ?? "";
      case "offset":
        return fields.file_offset ?? "";
      case "sector":
        return sector ?? "";
      default:
        return fields[field] ?? "";
    }
  });
  return `${name} ${parts.join(" ")}`.trimEnd();
}
