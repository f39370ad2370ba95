/**
 * Which of mainline's kernels and file systems a recording is of.
 *
 * The kernel's release is in few recordings; events tell which of the two modelled kernels is nearer: they were renamed
 * and added between 6.1 and 6.18.
 *
 * @module
 */

export const MODELLED_KERNELS = ["6.1", "6.18"] as const;
export type ModelledKernel = typeof MODELLED_KERNELS[number];
export const MODELLED_FILE_SYSTEMS = ["ext4", "xfs"] as const;
export type ModelledFileSystem = typeof MODELLED_FILE_SYSTEMS[number];

/** What the user says of the recordings; null: what they tell. */
export interface SaidOfRecording {
  readonly kernel: ModelledKernel | null;
  readonly fs: ModelledFileSystem | null;
}

export const NOTHING_SAID: SaidOfRecording = { kernel: null, fs: null };

/** Events of the newer kernel that the older one does not have, and when they came or got their names. */
const NEWER = new Set([
  "block_io_start", // 6.5
  "block_io_done",
  "ext4_journal_start_inode", // 6.3
  "ext4_journal_start_sb",
  "ext4_read_folio", // 6.5
  "ext4_release_folio",
  "ext4_es_insert_delayed_extent", // 6.10
  "ext4_da_write_folios_start", // 6.17
  "ext4_da_write_folios_end",
  "iomap_dio_rw_begin", // 6.6
  "iomap_dio_rw_queued",
  "iomap_dio_complete",
  "iomap_writeback_folio", // 6.17
  "iomap_add_to_ioend",
  "mm_filemap_get_pages", // 6.11
  "mm_filemap_map_pages",
  "mm_filemap_fault",
  "page_cache_ra_unbounded", // 6.17
  "page_cache_ra_order",
  "page_cache_sync_ra",
  "page_cache_async_ra",
  "xfs_read_fault", // 6.13
  "xfs_write_fault",
]);

/** Events that went, or have another name, in the newer one. */
const OLDER = new Set([
  "ext4_da_write_pages",
  "ext4_es_insert_delayed_block",
  "ext4_journal_start",
  "ext4_readpage",
  "ext4_releasepage",
  "iomap_writepage",
  "iomap_writepage_map",
  "wbc_writepage",
  "xfs_filemap_fault",
]);

export interface RecordedKernel {
  readonly kver: ModelledKernel;
  readonly fs: ModelledFileSystem;
  /** What the user has to be told of the choice. */
  readonly note: string | null;
}

/**
 * @param names names of the events that were recorded
 * @param release as uname prints it; null: not recorded
 */
export function recordedKernel(
  names: ReadonlySet<string>,
  release: string | null,
  said: SaidOfRecording = NOTHING_SAID,
): RecordedKernel {
  const fs = said.fs ?? ([...names].some((name) => name.startsWith("xfs_")) ? "xfs" : "ext4");
  if (said.kernel !== null) return { kver: said.kernel, fs, note: null };
  const version = /^(\d+)\.(\d+)/.exec(release ?? "");
  if (version !== null) {
    const [major, minor] = [Number(version[1]), Number(version[2])];
    const kver = major > 6 || (major === 6 && minor >= 10) ? "6.18" : "6.1";
    const isOne = `${major}.${minor}` === kver;
    return { kver, fs, note: isOne ? null : `kernel ${release} is not modelled: taken for ${kver}, the nearest` };
  }
  const has = (some: ReadonlySet<string>) => [...some].some((name) => names.has(name));
  if (has(NEWER)) return { kver: "6.18", fs, note: null };
  if (has(OLDER)) return { kver: "6.1", fs, note: null };
  return { kver: "6.18", fs, note: "no event tells which kernel was recorded: taken for 6.18 (--kernel says another)" };
}
