/**
 * Which events 6.1 and 6.18 have, and what they call them (spec: vocabulary of include/trace/events in both trees; the
 * renamings of 6.1 were seen in recordings of 6.1.192).
 *
 * @module
 */

import type { KernelTracepoints } from "../../machine/tracepoint_log.ts";
import type { TracepointName } from "../../machine/tracepoints.ts";
import type { MainlineFlags } from "./flags.ts";

/** Names of 6.1 where they differ; null: 6.1 has no such event. */
const NAMES_6_1: Partial<Record<TracepointName, string | null>> = {
  iomap_dio_rw_begin: null,
  iomap_dio_rw_queued: null,
  iomap_dio_complete: null,
  mm_filemap_get_pages: null,
  mm_filemap_map_pages: null,
  mm_filemap_fault: null,
  page_cache_sync_ra: null,
  page_cache_ra_order: null,
  page_cache_ra_unbounded: null,
  block_io_start: null,
  block_io_done: null,
  ext4_read_folio: "ext4_readpage",
  ext4_release_folio: "ext4_releasepage",
  ext4_da_write_folios_start: "ext4_da_write_pages",
  ext4_da_write_folios_end: null,
  ext4_journal_start_inode: "ext4_journal_start",
  ext4_es_insert_delayed_extent: "ext4_es_insert_delayed_block",
  xfs_read_fault: "xfs_filemap_fault",
  xfs_write_fault: "xfs_filemap_fault",
  iomap_writeback_folio: "iomap_writepage",
  iomap_add_to_ioend: "iomap_writepage_map",
};

/**
 * Flags of `ext4_map_blocks` as 6.1 has them: the status tree is filled but for ZERO_RANGE, conversion is no part of
 * submission.
 */
function mapFlags61(flags: string): string {
  if (flags.includes("CONVERT_UNWRITTEN")) return flags;
  const own = flags.replace("|EX_NOCACHE", "");
  return own.includes("CONVERT") ? own.replace("|IO_SUBMIT", "") : own;
}

/** The events of a kernel. */
export function tracepointsOf({ kver, fs, disk }: MainlineFlags): KernelTracepoints {
  return {
    disk,
    plugs: kver === "6.18" ? "each_bio" : "as_started",
    nameOf(name) {
      // The journal's thread is XFS's log there.
      if (fs === "xfs" && name.startsWith("jbd2_")) return null;
      if (kver === "6.18") return name;
      const own = NAMES_6_1[name];
      return own === undefined ? name : own;
    },
    fieldsOf(name, fields) {
      const { flags, map_offset } = fields;
      // iomap_writepage_map tells of the mapping and not of what is written of it.
      if (kver === "6.1" && name === "iomap_add_to_ioend" && typeof map_offset === "number") {
        return { ...fields, file_offset: map_offset };
      }
      if (kver === "6.18" || !name.startsWith("ext4_ext_map_blocks") || typeof flags !== "string") return fields;
      return { ...fields, flags: mapFlags61(flags) };
    },
  };
}
