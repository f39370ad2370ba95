/**
 * Tracepoints that modelled paths fire, by name, each with its fields.
 *
 * Names are the newest kernel's that has the event; what an older one calls it, or that it has not got it, is the matter of
 * a {@linkcode import("./tracepoint_log.ts").KernelTracepoints}. Fields that view `event` has for recordings have the name
 * that they have there; the others have the name that the event's format gives them, and flags are words as the kernel prints
 * them. Positions and lengths are in bytes, sectors of 512 bytes.
 *
 * @module
 */

/** What an event is about. `file`: as the scenario names it; in recordings an inode number. */
interface OfFile {
  readonly file: string;
}

/** Bytes [file_offset, file_offset + bytes) of a file. */
interface OfRange extends OfFile {
  readonly file_offset: number;
  readonly bytes: number;
}

/** One page, or more of one folio, of a file. */
interface OfFolio extends OfFile {
  readonly file_offset: number;
}

/** Blocks of a file. */
interface OfBlocks extends OfFile {
  readonly lblk: number;
  readonly len: number;
}

interface OfRequest {
  readonly sector: number;
  readonly bytes: number;
  readonly rwbs: string;
}

interface OfCall {
  /** Null: the call is about no file. */
  readonly file: string | null;
}

interface CallRange extends OfCall {
  readonly file_offset: number;
  readonly bytes: number;
}

interface Returned extends OfCall {
  readonly ret: number;
}

/** A fault of a DAX file. `result`: bits of vm_fault_t; 0 where it only begins. */
interface OfDaxFault extends OfFile {
  readonly file_offset: number;
  readonly vm_flags: "shared" | "private";
  /** `WRITE|MKWRITE`: of the fault flags those that the model has. */
  readonly flags: string;
  readonly result: number;
}

/** One event a system call, and one at its end: `sys_enter_pwrite64`, `sys_exit_pwrite64`. */
type SystemCalls =
  & { readonly [Name in `sys_enter_${string}`]: OfCall | CallRange }
  & { readonly [Name in `sys_exit_${string}`]: Returned };

export interface Tracepoints extends SystemCalls {
  readonly page_fault_user: Record<never, never>;

  // filemap, readahead
  readonly mm_filemap_add_to_page_cache: OfFolio & { readonly order: number };
  readonly mm_filemap_delete_from_page_cache: OfFolio & { readonly order: number };
  /** `last_index`: of the request. */
  readonly mm_filemap_get_pages: OfFolio & { readonly last_index: number };
  readonly mm_filemap_map_pages: OfFolio & { readonly last_index: number };
  readonly mm_filemap_fault: OfFolio;
  readonly page_cache_sync_ra: OfFolio & { readonly req_count: number };
  readonly page_cache_ra_order: OfFolio;
  readonly page_cache_ra_unbounded: OfFolio & { readonly nr_to_read: number };
  readonly folio_wait_writeback: OfFolio;
  readonly writeback_dirty_folio: OfFolio;

  // block
  readonly block_bio_queue: OfRequest;
  readonly block_bio_backmerge: OfRequest;
  readonly block_getrq: OfRequest;
  readonly block_io_start: OfRequest;
  readonly block_io_done: OfRequest;
  readonly block_plug: Record<never, never>;
  readonly block_unplug: { readonly nr_rq: number };
  readonly block_rq_issue: OfRequest;
  readonly block_rq_complete: OfRequest & { readonly ret: number };
  readonly block_bio_complete: OfRequest & { readonly ret: number };

  // iomap
  readonly iomap_dio_rw_begin: OfRange & {
    readonly isize: number;
    readonly ki_flags: string;
    readonly dio_flags: string;
    readonly aio: number;
  };
  readonly iomap_dio_rw_queued: OfRange;
  readonly iomap_dio_complete: OfFile & {
    readonly file_offset: number;
    readonly isize: number;
    readonly ki_flags: string;
    readonly aio: number;
    readonly error: number;
    readonly ret: number;
  };
  readonly iomap_dio_invalidate_fail: OfRange;
  readonly iomap_iter: OfFile & { readonly flags: string };
  readonly iomap_iter_dstmap: OfRange & { readonly type: string; readonly flags: string; readonly addr: number };
  readonly iomap_readpage: OfFile & { readonly nr_pages: number };
  readonly iomap_readahead: OfFile & { readonly nr_pages: number };
  readonly iomap_writeback_folio: OfRange;
  readonly iomap_add_to_ioend: OfRange & { readonly map_offset: number };

  // ext4, jbd2
  readonly ext4_es_lookup_extent_enter: OfFile & { readonly lblk: number };
  /** `status`: W, U, D or H. */
  readonly ext4_es_lookup_extent_exit: OfBlocks & { readonly found: number; readonly status: string };
  readonly ext4_ext_map_blocks_enter: OfBlocks & { readonly flags: string };
  readonly ext4_ext_map_blocks_exit: OfBlocks & { readonly flags: string; readonly ret: number };
  readonly ext4_ext_handle_unwritten_extents: OfFile & { readonly lblk: number };
  readonly ext4_es_insert_extent: OfBlocks & { readonly status: string };
  readonly ext4_es_insert_delayed_extent: OfBlocks;
  readonly ext4_es_remove_extent: OfBlocks;
  readonly ext4_request_blocks: OfBlocks;
  readonly ext4_allocate_blocks: OfBlocks;
  readonly ext4_mark_inode_dirty: OfFile;
  readonly ext4_journal_start_inode: OfFile;
  readonly ext4_journal_start_reserved: OfFile;
  readonly ext4_da_write_begin: OfRange;
  readonly ext4_da_write_end: OfRange;
  readonly ext4_da_reserve_space: OfFile;
  readonly ext4_da_write_pages_extent: OfBlocks;
  readonly ext4_da_write_folios_start: OfFile;
  readonly ext4_da_write_folios_end: OfFile;
  readonly ext4_writepages: OfFile & { readonly sync_mode: number };
  readonly ext4_writepages_result: OfFile & { readonly ret: number; readonly pages_written: number };
  readonly ext4_read_folio: OfFolio;
  readonly ext4_release_folio: OfFolio;
  readonly ext4_invalidate_folio: OfFolio;
  readonly ext4_sync_file_enter: OfFile & { readonly datasync: number };
  readonly ext4_sync_file_exit: OfFile & { readonly ret: number };
  readonly ext4_collapse_range: OfRange;
  readonly ext4_insert_range: OfRange;
  readonly ext4_begin_ordered_truncate: OfFile & { readonly new_size: number };
  readonly ext4_truncate_enter: OfFile;
  readonly ext4_truncate_exit: OfFile;
  readonly ext4_ext_remove_space: OfFile & { readonly start: number };
  readonly ext4_ext_remove_space_done: OfFile & { readonly start: number };
  readonly ext4_fallocate_enter: OfRange;
  readonly ext4_fallocate_exit: OfFile & { readonly ret: number };
  readonly ext4_punch_hole: OfRange;
  readonly ext4_zero_range: OfRange;
  readonly jbd2_handle_start: Record<never, never>;
  readonly jbd2_handle_stats: Record<never, never>;
  readonly jbd2_start_commit: { readonly transaction: number };
  readonly jbd2_commit_locking: { readonly transaction: number };
  readonly jbd2_commit_flushing: { readonly transaction: number };
  readonly jbd2_commit_logging: { readonly transaction: number };
  readonly jbd2_end_commit: { readonly transaction: number };

  // fs_dax
  readonly dax_pte_fault: OfDaxFault;
  readonly dax_pte_fault_done: OfDaxFault;
  readonly dax_load_hole: OfDaxFault;
  readonly dax_insert_pfn_mkwrite: OfDaxFault;
  readonly dax_pmd_fault: OfDaxFault;
  readonly dax_pmd_fault_done: OfDaxFault;
  readonly dax_pmd_load_hole: OfDaxFault;
  readonly dax_writeback_range: OfRange;
  readonly dax_writeback_one: OfRange;
  readonly dax_writeback_range_done: OfRange;

  // XFS
  readonly xfs_ilock: OfFile & { readonly lock_flags: string };
  readonly xfs_ilock_nowait: OfFile & { readonly lock_flags: string };
  readonly xfs_iunlock: OfFile & { readonly lock_flags: string };
  readonly xfs_ilock_demote: OfFile & { readonly lock_flags: string };
  readonly xfs_file_buffered_read: OfRange;
  readonly xfs_file_buffered_write: OfRange;
  readonly xfs_file_direct_read: OfRange;
  readonly xfs_file_direct_write: OfRange;
  readonly xfs_iomap_found: OfRange;
  readonly xfs_iomap_alloc: OfRange;
  readonly xfs_map_blocks_found: OfRange;
  readonly xfs_map_blocks_alloc: OfRange;
  readonly xfs_end_io_direct_write: OfRange;
  readonly xfs_unwritten_convert: OfRange;
  readonly xfs_setfilesize: OfRange;
  readonly xfs_zero_eof: OfRange;
  readonly xfs_zero_file_space: OfFile;
  readonly xfs_file_fsync: OfFile;
  readonly xfs_setattr: OfFile;
  readonly xfs_update_time: OfFile;
  readonly xfs_itruncate_extents_start: OfFile & { readonly new_size: number };
  readonly xfs_itruncate_extents_end: OfFile & { readonly new_size: number };
  readonly xfs_read_fault: OfFile;
  readonly xfs_write_fault: OfFile;
  readonly xfs_trans_alloc: Record<never, never>;
  readonly xfs_trans_commit: Record<never, never>;
  readonly xfs_log_force: Record<never, never>;
}

export type TracepointName = keyof Tracepoints & string;
