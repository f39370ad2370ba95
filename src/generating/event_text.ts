/**
 * Events of the modelled kernel as tracefs prints those of Linux 6.18 (include/trace/events, fs/iomap/trace.h and
 * fs/xfs/xfs_trace.h there; laid beside recordings of 6.18.44).
 *
 * What the model knows stands in its place. What it does not know and a format has all the same - addresses of code, page
 * frame numbers, credits of a handle - is one value for all.
 *
 * @module
 */
import type { EventFields } from "../machine/tracepoint_log.ts";
import { PAGE, SECTOR } from "./modelled_file.ts";

/** What lines say beside the fields that the model has. */
export interface EventPlace {
  readonly device: { readonly major: number; readonly minor: number };
  readonly ino: number;
  /** Bytes. */
  readonly size: number;
  readonly comm: string;
  /** Range that the call at hand is about, bytes. */
  readonly offset: number;
  readonly bytes: number;
  /** Address that a fault is at, and its error code. */
  readonly fault: { readonly address: number; readonly code: number };
  /** Block of the device that a block of the file has. */
  blockOf(lblk: number): number;
  /** Whether another block of the file lies on the device as far from one as in the file. */
  isExtent(lblk: number, other: number): boolean;
  /** Sector of the real device. */
  sectorOf(sector: number): number;
}

type Text = (fields: EventFields, place: EventPlace) => string;

const CALLER = "caller 0xffffffff81480000";
const NO_LIMIT = "9223372036854775807";
/** `fs/ext4/ext4.h`, the last block that a file may have. */
const LAST_BLOCK = 4294967294;

const hex = (value: unknown) => {
  const number = BigInt(Number(value));
  return `0x${BigInt.asUintN(64, number).toString(16)}`;
};
const comma = ({ device: { major, minor } }: EventPlace) => `${major},${minor}`;
const colon = ({ device: { major, minor } }: EventPlace) => `${major}:${minor}`;
/** How each subsystem prints the file. */
const ext4 = (place: EventPlace) => `dev ${comma(place)} ino ${place.ino}`;
const byHex = (place: EventPlace) => `dev ${colon(place)} ino ${hex(place.ino)}`;
const filemap = (place: EventPlace) => `dev ${colon(place)} ino ${place.ino.toString(16)}`;
const reading = (place: EventPlace) => `dev=${colon(place)} ino=${place.ino.toString(16)}`;
const dirtying = (place: EventPlace) => `bdi ${colon(place)}: ino=${place.ino}`;

const page = ({ file_offset }: EventFields) => Number(file_offset) / PAGE;

/** Bits of words, as `__print_flags` and a number behind it. */
function withBits(words: unknown, bits: Readonly<Record<string, number>>): string {
  const sum = String(words).split("|").reduce((all, word) => all | (bits[word] ?? 0), 0);
  return `${words} (${hex(sum)})`;
}

const ITER_BITS = { WRITE: 1, ZERO: 2, REPORT: 4, FAULT: 8, DIRECT: 0x10, NOWAIT: 0x20, OVERWRITE_ONLY: 0x40 };
const MAP_BITS = { NEW: 1, DIRTY: 2, SHARED: 4 };
const MAP_TYPES = { HOLE: 0, DELALLOC: 1, MAPPED: 2, UNWRITTEN: 3, INLINE: 4 };

function sectors({ sector, bytes }: EventFields, place: EventPlace): string {
  return `${Number(bytes) === 0 ? 0 : place.sectorOf(Number(sector))} + ${Number(bytes) / SECTOR}`;
}

const bio: Text = (fields, place) => `${comma(place)} ${fields.rwbs} ${sectors(fields, place)} [${place.comm}]`;
const request: Text = (fields, place) =>
  `${comma(place)} ${fields.rwbs} ${fields.bytes} () ${sectors(fields, place)} be,0,4 [${place.comm}]`;
const requestEnds: Text = (fields, place) =>
  `${comma(place)} ${fields.rwbs} () ${sectors(fields, place)} be,0,4 [${fields.ret}]`;

const iomapRange: Text = ({ file_offset, bytes }, place) =>
  `${byHex(place)} size ${hex(place.size)} offset ${hex(file_offset)} length ${hex(bytes)}`;

const folio: Text = ({ file_offset, order }, place) =>
  `${filemap(place)} pfn=${hex(0x100000 + Number(file_offset) / PAGE)} ofs=${file_offset} order=${order}`;
const folioRange: Text = ({ file_offset, last_index }, place) =>
  `${reading(place)} ofs=${file_offset}-${(Number(last_index) + 1) * PAGE - 1}`;
const dirtyFolio: Text = (fields, place) => `${dirtying(place)} index=${page(fields)}`;

const statusTree: Text = ({ lblk, len, status }, place) => {
  const block = status === "W" || status === "U" ? place.blockOf(Number(lblk)) : 0;
  return `${ext4(place)} es [${lblk}/${len}) mapped ${block} status ${status}`;
};
const allocation = (block: string, { lblk, len }: EventFields, place: EventPlace) =>
  `${ext4(place)} flags HINT_DATA len ${len} ${block}lblk ${lblk} goal 0 lleft 0 lright 0 pleft 0 pright 0`;
const passOfFolios = (end: string): Text => (_, place) =>
  `${ext4(place)} start_pos ${hex(0)} next_pos ${hex(0)} nr_to_write ${NO_LIMIT} ${end}`;
const handle = (end: string): Text => (_, place) => `dev ${comma(place)} tid 1 type 0 line_no 0 ${end}`;
const commit = (end = ""): Text => ({ transaction }, place) =>
  `dev ${comma(place)} transaction ${transaction} sync 0${end === "" ? "" : ` ${end} ${transaction}`}`;
const ext4Range: Text = ({ file_offset, bytes }, place) => `${ext4(place)} pos ${file_offset} len ${bytes}`;

const xfsLock: Text = ({ lock_flags }, place) => `${byHex(place)} flags ${lock_flags} ${CALLER}`;
const xfsFile: Text = ({ file_offset, bytes }, place) =>
  `${byHex(place)} disize ${hex(place.size)} pos ${hex(file_offset)} bytecount ${hex(bytes)}`;
const xfsExtent: Text = (fields, place) => {
  const first = Math.floor(Number(fields.file_offset) / PAGE);
  const count = Math.ceil(Number(fields.bytes) / PAGE);
  const where = `startoff ${hex(first)} startblock ${hex(place.blockOf(first))} fsbcount ${hex(count)}`;
  return `${xfsFile(fields, place)} fork data ${where}`;
};
const xfsEnds: Text = ({ file_offset, bytes }, place) =>
  `${byHex(place)} isize ${hex(place.size)} disize ${hex(place.size)} pos ${hex(file_offset)} bytecount ${hex(bytes)}`;
const xfsInode: Text = (_, place) => `${byHex(place)} iflags 0x0`;
const xfsFault: Text = (_, place) => `${byHex(place)} order 0`;
const xfsTruncates: Text = ({ new_size }, place) =>
  `${byHex(place)} disize ${hex(place.size)} new_size ${hex(new_size)}`;
const xfsTransaction: Text = (_, place) => `dev ${colon(place)} trans 10000000 flags 0x0 ${CALLER}`;

/** By event, what stands behind its name. */
export const EVENT_TEXTS: Readonly<Record<string, Text>> = {
  page_fault_user: (_, { fault: { address, code } }) => `address=${hex(address)} ip=0x401000 error_code=${hex(code)}`,

  iomap_dio_rw_begin: (fields, place) =>
    `${iomapRange(fields, { ...place, size: Number(fields.isize) })} done_before 0x0 flags ${fields.ki_flags} ` +
    `dio_flags ${fields.dio_flags} aio ${fields.aio}`,
  iomap_dio_rw_queued: iomapRange,
  iomap_dio_complete: ({ file_offset, isize, ki_flags, aio, error, ret }, place) =>
    `${byHex(place)} size ${hex(isize)} offset ${
      hex(file_offset)
    } flags ${ki_flags} aio ${aio} error ${error} ret ${ret}`,
  iomap_dio_invalidate_fail: iomapRange,
  iomap_iter: ({ flags }, place) =>
    `${byHex(place)} pos ${hex(place.offset)} length ${hex(place.bytes)} status 0 flags ${
      withBits(flags, ITER_BITS)
    } ` +
    `ops 0xffffffff82450000 ${CALLER}`,
  iomap_iter_dstmap: ({ file_offset, bytes, type, flags, addr }, place) => {
    const at = Number(addr) < 0 ? -1 : place.sectorOf(Number(addr) / SECTOR) * SECTOR;
    return `${byHex(place)} bdev ${colon(place)} addr ${hex(at)} offset ${hex(file_offset)} length ${hex(bytes)} ` +
      `type ${withBits(type, MAP_TYPES)} flags ${withBits(flags, MAP_BITS)}`;
  },
  iomap_readpage: ({ nr_pages }, place) => `${byHex(place)} nr_pages ${nr_pages}`,
  iomap_readahead: ({ nr_pages }, place) => `${byHex(place)} nr_pages ${nr_pages}`,
  iomap_writeback_folio: iomapRange,
  iomap_add_to_ioend: ({ file_offset, bytes }, place) => {
    const at = hex(place.blockOf(Number(file_offset) / PAGE) * PAGE);
    return `${byHex(place)} bdev ${colon(place)} pos ${hex(file_offset)} dirty len ${hex(bytes)} addr ${at} ` +
      `offset ${hex(file_offset)} length ${hex(bytes)} type MAPPED (0x2) flags  (0x0)`;
  },

  mm_filemap_add_to_page_cache: folio,
  mm_filemap_delete_from_page_cache: folio,
  mm_filemap_get_pages: folioRange,
  mm_filemap_map_pages: folioRange,
  mm_filemap_fault: ({ file_offset }, place) => `${reading(place)} ofs=${file_offset}`,
  page_cache_sync_ra: (fields, place) =>
    `${reading(place)} index=${page(fields)} req_count=${fields.req_count} order=0 size=0 async_size=0 ra_pages=32 ` +
    "mmap_miss=0 prev_pos=-1",
  folio_wait_writeback: dirtyFolio,
  writeback_dirty_folio: dirtyFolio,

  block_bio_queue: bio,
  block_bio_backmerge: bio,
  block_getrq: bio,
  block_io_start: request,
  // What is done has no bytes left.
  block_io_done: (fields, place) =>
    `${comma(place)} ${fields.rwbs} 0 () ${sectors(fields, place).replace(/\d+$/, "0")} none,0,0 [${place.comm}]`,
  block_plug: (_, { comm }) => `[${comm}]`,
  block_unplug: ({ nr_rq }, { comm }) => `[${comm}] ${nr_rq}`,
  block_rq_issue: request,
  block_rq_complete: requestEnds,

  ext4_es_lookup_extent_enter: ({ lblk }, place) => `${ext4(place)} lblk ${lblk}`,
  // The model tells how much was asked for; how much of it is one extent the kernel does.
  ext4_es_lookup_extent_exit: ({ lblk, len, found, status }, place) => {
    const first = Number(lblk);
    const block = status === "W" || status === "U" ? place.blockOf(first) : 0;
    let end = first + 1;
    while (block > 0 && end < first + Number(len) && place.isExtent(first, end)) end++;
    return `${ext4(place)} found ${found} [${lblk}/${end - first}) ${block} ${status}`;
  },
  ext4_ext_map_blocks_enter: ({ lblk, len, flags }, place) => `${ext4(place)} lblk ${lblk} len ${len} flags ${flags}`,
  ext4_ext_map_blocks_exit: ({ lblk, len, flags, ret }, place) =>
    `${ext4(place)} flags ${flags} lblk ${lblk} pblk ${place.blockOf(Number(lblk))} len ${len} mflags ${
      String(flags).includes("CREATE") ? "NM" : "M"
    } ret ${ret}`,
  ext4_ext_handle_unwritten_extents: ({ lblk }, place) => {
    const block = place.blockOf(Number(lblk));
    return `${
      ext4(place)
    } m_lblk ${lblk} m_pblk ${block} m_len 1 flags CREATE|UNWRIT|CONVERT allocated 1 newblock ${block}`;
  },
  ext4_es_insert_extent: statusTree,
  ext4_es_insert_delayed_extent: (fields, place) => `${statusTree({ ...fields, status: "D" }, place)} allocated 0 0`,
  ext4_es_remove_extent: ({ lblk, len }, place) => `${ext4(place)} es [${lblk}/${len})`,
  ext4_request_blocks: (fields, place) => allocation("", fields, place),
  ext4_allocate_blocks: (fields, place) => allocation(`block ${place.blockOf(Number(fields.lblk))} `, fields, place),
  ext4_mark_inode_dirty: (_, place) => `${ext4(place)} ${CALLER}`,
  ext4_journal_start_inode: (_, place) =>
    `dev ${comma(place)} blocks 2, rsv_blocks 0, revoke_creds 8, type 1, ino ${place.ino}, ${CALLER}`,
  ext4_journal_start_reserved: (_, place) => `dev ${comma(place)} blocks, 18 ${CALLER}`,
  ext4_da_write_begin: ext4Range,
  ext4_da_write_end: (fields, place) => `${ext4Range(fields, place)} copied ${fields.bytes}`,
  ext4_da_reserve_space: (_, place) => `${ext4(place)} mode 0100644 i_blocks 0 reserve_blocks 1reserved_data_blocks 1`,
  ext4_da_write_pages_extent: ({ lblk, len }, place) => `${ext4(place)} lblk ${lblk} len ${len} flags 0x100`,
  ext4_da_write_folios_start: passOfFolios("sync_mode 1"),
  ext4_da_write_folios_end: passOfFolios("ret 0"),
  ext4_writepages: ({ sync_mode }, place) =>
    `${ext4(place)} nr_to_write ${NO_LIMIT} pages_skipped 0 range_start ${place.offset} range_end ${
      place.bytes === 0 ? NO_LIMIT : place.offset + place.bytes - 1
    } sync_mode ${sync_mode} for_kupdate 0 range_cyclic 0 writeback_index 0`,
  ext4_writepages_result: ({ ret, pages_written }, place) =>
    `${ext4(place)} ret ${ret} pages_written ${pages_written} pages_skipped 0 sync_mode 1 writeback_index 0`,
  ext4_sync_file_enter: ({ datasync }, place) => `${ext4(place)} parent 2 datasync ${datasync} `,
  ext4_sync_file_exit: ({ ret }, place) => `${ext4(place)} ret ${ret}`,
  ext4_begin_ordered_truncate: ({ new_size }, place) => `${ext4(place)} new_size ${new_size}`,
  ext4_truncate_enter: (_, place) => `${ext4(place)} blocks ${Math.ceil(place.size / SECTOR)}`,
  ext4_truncate_exit: (_, place) => `${ext4(place)} blocks ${Math.ceil(place.offset / SECTOR)}`,
  ext4_ext_remove_space: ({ start }, place) => `${ext4(place)} since ${start} end ${LAST_BLOCK} depth 0`,
  ext4_ext_remove_space_done: ({ start }, place) =>
    `${ext4(place)} since ${start} end ${LAST_BLOCK} depth 0 partial [pclu 0 lblk 0 state 0] remaining_entries 1`,
  jbd2_handle_start: handle("requested_blocks 2"),
  jbd2_handle_stats: handle("interval 0 sync 0 requested_blocks 2 dirtied_blocks 1"),
  jbd2_start_commit: commit(),
  jbd2_commit_locking: commit(),
  jbd2_commit_flushing: commit(),
  jbd2_commit_logging: commit(),
  jbd2_end_commit: commit("head"),

  xfs_ilock: xfsLock,
  xfs_ilock_nowait: xfsLock,
  xfs_iunlock: xfsLock,
  xfs_ilock_demote: xfsLock,
  xfs_file_buffered_read: xfsFile,
  xfs_file_buffered_write: xfsFile,
  xfs_file_direct_read: xfsFile,
  xfs_file_direct_write: xfsFile,
  xfs_iomap_found: xfsExtent,
  xfs_iomap_alloc: xfsExtent,
  xfs_map_blocks_found: xfsExtent,
  xfs_map_blocks_alloc: xfsExtent,
  xfs_end_io_direct_write: xfsEnds,
  xfs_unwritten_convert: xfsEnds,
  xfs_setfilesize: xfsEnds,
  xfs_zero_eof: xfsEnds,
  xfs_file_fsync: xfsInode,
  xfs_setattr: xfsInode,
  xfs_update_time: xfsInode,
  xfs_itruncate_extents_start: xfsTruncates,
  xfs_itruncate_extents_end: xfsTruncates,
  xfs_read_fault: xfsFault,
  xfs_write_fault: xfsFault,
  xfs_trans_alloc: xfsTransaction,
  xfs_trans_commit: xfsTransaction,
  xfs_log_force: (_, place) => `dev ${colon(place)} lsn 0x1 ${CALLER}`,
};
