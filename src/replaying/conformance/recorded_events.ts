/**
 * What conformance is told of a recording: the events of one file system, and the calls that its tasks made.
 *
 * @module
 */

/** An event of the recording, with what of it is compared. */
export interface RecordedEvent {
  readonly seq: number;
  /** Nanoseconds from the first event on. */
  readonly time: number;
  readonly pid: number;
  /** Name of the task. */
  readonly comm: string;
  readonly name: string;
  readonly ino: number | null;
  /** Bytes of the file. */
  readonly offset: number | null;
  readonly bytes: number | null;
  /** Of the device, 512 bytes each. */
  readonly sector: number | null;
  readonly rwbs: string | null;
  readonly ret: number | null;
  /** Flags and states in the kernel's words, which differ by event: see {@linkcode DETAILS}. */
  readonly detail: string;
  /** A second one, where an event has two: `dio_flags`, flags of a mapping. */
  readonly more: string;
  /** A number of its own: order of a folio, address on the device, size of the file. */
  readonly number: number | null;
}

/** Columns of an event's own table that are compared; the first of each list that the recording has. */
interface Detail {
  readonly detail?: readonly string[];
  readonly more?: readonly string[];
  readonly number?: readonly string[];
}

/** What is looked at of an event beyond what view `event` has. */
export const DETAILS: Readonly<Record<string, Detail>> = {
  iomap_dio_rw_begin: {
    detail: ["ki_flags_text", "ki_flags", "flags"],
    more: ["dio_flags_text", "dio_flags"],
    number: ["isize"],
  },
  iomap_dio_complete: { detail: ["ki_flags_text", "ki_flags", "flags"], number: ["error"] },
  iomap_iter: { detail: ["flags_text", "flags"] },
  iomap_iter_dstmap: { detail: ["type_text", "type"], more: ["flags_text", "flags"], number: ["addr"] },
  mm_filemap_add_to_page_cache: { number: ["order"] },
  mm_filemap_delete_from_page_cache: { number: ["order"] },
  ext4_es_lookup_extent_exit: { detail: ["status_text", "status"], number: ["pblk"] },
  ext4_es_insert_extent: { detail: ["status_text", "status"], number: ["pblk"] },
  ext4_es_cache_extent: { detail: ["status_text", "status"], number: ["pblk"] },
  ext4_ext_map_blocks_enter: { detail: ["flags_text", "flags"] },
  ext4_ext_map_blocks_exit: { detail: ["flags_text", "flags"], number: ["pblk"], more: ["mflags_text", "mflags"] },
  ext4_mb_bitmap_load: { number: ["group"] },
  ext4_writepages: { number: ["sync_mode"] },
  ext4_sync_file_enter: { number: ["datasync"] },
  ext4_da_write_end: { number: ["copied"] },
  block_unplug: { number: ["nr_rq"] },
  xfs_ilock: { detail: ["lock_flags_text", "lock_flags", "flags"] },
  xfs_ilock_nowait: { detail: ["lock_flags_text", "lock_flags", "flags"] },
  xfs_iunlock: { detail: ["lock_flags_text", "lock_flags", "flags"] },
  xfs_ilock_demote: { detail: ["lock_flags_text", "lock_flags", "flags"] },
  xfs_iomap_prealloc_size: { number: ["shift"] },
  xfs_itruncate_extents_start: { number: ["new_size"] },
  xfs_file_buffered_read: { number: ["size"] },
  xfs_file_buffered_write: { number: ["size"] },
  xfs_file_direct_read: { number: ["size"] },
  xfs_file_direct_write: { number: ["size"] },
  iomap_writeback_folio: { number: ["size"] },
  sys_enter_preadv2: { number: ["flags"] },
  sys_enter_pwritev2: { number: ["flags"] },
  sys_enter_fallocate: { number: ["mode"] },
  sys_enter_sync_file_range: { number: ["flags"] },
  sys_enter_fadvise64: { number: ["advice"] },
  sys_enter_msync: { number: ["flags"] },
  sys_enter_mmap: { number: ["flags"] },
  sys_enter_munmap: { number: ["addr"] },
  sys_enter_madvise: { number: ["behavior"] },
  sys_enter_pread64: { number: ["buf"] },
  sys_enter_pwrite64: { number: ["buf"] },
  page_fault_user: { number: ["address"] },
};

/** A call, a fault or an asynchronous request, as lifting found it. */
export interface RecordedCall {
  readonly id: number;
  readonly recordingId: number;
  readonly kind: string;
  readonly syscall: string;
  readonly dev: string | null;
  readonly ino: number | null;
  /** Flags of open(2); null: not known. */
  readonly openFlags: number | null;
  /** O_DIRECT was asked for. */
  readonly direct: boolean;
  readonly offset: number | null;
  readonly bytes: number | null;
  readonly result: number | null;
  /** The call that submitted it. */
  readonly partOf: number | null;
  readonly pid: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly start: number;
  readonly end: number | null;
}

/** A bio, paired with its end. */
export interface RecordedBioSpan {
  readonly sector: number;
  readonly bytes: number;
  readonly rwbs: string;
  readonly queued: number;
  readonly completed: number;
  /** 0, or a negative error number. */
  readonly error: number;
}

/** One recording, as far as conformance looks at it. */
export interface RecordedTrace {
  readonly recordingId: number;
  /** Device of the file system that is compared, `7:0`. */
  readonly dev: string;
  readonly kernel: string | null;
  readonly pageSize: number;
  /** Bytes; null: nothing tells. */
  readonly blockSize: number | null;
  /** By seq. */
  readonly events: readonly RecordedEvent[];
  /** By firstSeq. */
  readonly calls: readonly RecordedCall[];
  /** Where bios lie in files, by seq of their first event. */
  readonly bioPlaces: ReadonlyMap<number, { readonly ino: number; readonly offset: number }>;
  readonly bios: readonly RecordedBioSpan[];
  /** Process of a thread, where it is known to be another number. */
  readonly processOf: ReadonlyMap<number, number>;
}
