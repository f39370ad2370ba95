/**
 * What the fields of known events mean: which field of which event is the device, the inode, the position, the length,
 * and in which unit. One place for every format, text or binary; fields are named as the kernel's format descriptions
 * name them.
 *
 * Sources: the format descriptions and print formats of Linux 6.1 and 6.18 as recorded.
 *
 * @module
 */

/** Typed columns of `event` that a field can fill. */
export type TypedColumn = "dev" | "ino" | "file_offset" | "sector" | "bytes" | "rwbs" | "ret";

/** Unit of a position or length. `block` is the block size of the filesystem, which a trace does not name. */
export type Unit = "byte" | "sector" | "page" | "block";

/**
 * What a field says. `bdi`: the name of a backing device, which for a disk is its `major:minor`. `comm`: the task's
 * name, as the record's head has it. `column`: it fills this column alone, and can be got back from it. The others need a second field:
 * `order` (folio of 2^order pages), `last_page` (last page of a range that begins at file_offset), `next_byte` (first
 * byte after it), `block_number` (buffer head's number in units of `size`).
 */
export type FieldMeaning =
  | { kind: "column"; column: TypedColumn; unit: Unit }
  | { kind: "bdi" }
  | { kind: "comm" }
  | { kind: "derive"; derivation: Derivation }
  | { kind: "observed"; as: ObservedField };

/**
 * Fields of no column of their own that others look at: where a bio came from and where it is cut (pairing of block
 * events); a position in filesystem blocks beside one in bytes, a block of the device and a byte address of it (what
 * tells the block size).
 */
export type ObservedField =
  | "old_dev"
  | "old_sector"
  | "new_sector"
  | "start_block"
  | "device_block"
  | "device_address"
  | ObservedNumber
  | ObservedText;

/**
 * Numbers that lifting looks at, by their part in an event: a system call's file descriptor, a second one, flags, a user
 * address, a length, a mode or command; a queue (ring, aio context), a request, how many; an operation code, a status, a
 * type, an error, a thread, whether asynchronous, the size of a file.
 */
export const OBSERVED_NUMBERS = [
  "fd",
  "fd2",
  "flags",
  "address",
  "length",
  "mode",
  "queue",
  "request",
  "quantity",
  "opcode",
  "status",
  "type",
  "error",
  "thread",
  "asynchronous",
  "file_size",
] as const;
export type ObservedNumber = typeof OBSERVED_NUMBERS[number];

/** Names that text recordings print in place of some of these numbers; and a path. */
export const OBSERVED_TEXTS = ["flags_text", "opcode_text", "status_text", "type_text", "path"] as const;
export type ObservedText = typeof OBSERVED_TEXTS[number];

export type Derivation = "order" | "last_page" | "next_byte" | "block_number";

/** No folio is larger: the largest huge page of all architectures are 2 GiB of pages of 4 KiB. */
export const FOLIO_ORDER_MAX = 19;

/** What an event does to the page cache, for `page_event`. */
export type PageKind =
  | "add"
  | "delete"
  | "dirty"
  | "writeback_start"
  | "writeback_end"
  | "uptodate"
  | "map"
  | "unmap";

const to = (column: TypedColumn, unit: Unit = "byte"): FieldMeaning => ({ kind: "column", column, unit });
const see = (as: ObservedField): FieldMeaning => ({ kind: "observed", as });
const derive = (derivation: Derivation): FieldMeaning => ({ kind: "derive", derivation });

type Fields = Record<string, FieldMeaning>;

const DEV = to("dev");
const INO = to("ino");
const RET = to("ret");

/** Fields that mean the same in every event that has them with these names. */
const ANYWHERE: Fields = { dev: DEV, s_dev: DEV, ino: INO, i_ino: INO };

const BIO_MOVES: Fields = {
  old_dev: { kind: "observed", as: "old_dev" },
  old_sector: { kind: "observed", as: "old_sector" },
  new_sector: { kind: "observed", as: "new_sector" },
};
const BLOCK: Fields = {
  ...BIO_MOVES,
  dev: DEV,
  sector: to("sector"),
  nr_sector: to("bytes", "sector"),
  rwbs: to("rwbs"),
  error: RET,
  comm: { kind: "comm" },
};
/** Events of requests: the length in bytes has a field of its own. */
const BLOCK_REQUEST: Fields = { ...BLOCK, bytes: to("bytes") };
delete BLOCK_REQUEST.nr_sector;
/** Records of blktrace: the length is in bytes there. */
const BLOCK_TRACE: Fields = {
  ...BIO_MOVES,
  dev: DEV,
  sector: to("sector"),
  bytes: to("bytes"),
  rwbs: to("rwbs"),
  error: RET,
};
const BUFFER_HEAD: Fields = { dev: DEV, sector: derive("block_number"), size: to("bytes") };

const FOLIO: Fields = { ...ANYWHERE, index: to("file_offset", "page"), order: derive("order") };
const FOLIO_RANGE: Fields = { ...ANYWHERE, index: to("file_offset", "page"), last_index: derive("last_page") };
const pages = (length: string): Fields => ({
  ...ANYWHERE,
  index: to("file_offset", "page"),
  [length]: to("bytes", "page"),
});
const bytes = (offset: string, length?: string, ret?: string): Fields => ({
  ...ANYWHERE,
  [offset]: to("file_offset"),
  ...(length === undefined ? {} : { [length]: to("bytes") }),
  ...(ret === undefined ? {} : { [ret]: RET }),
});
const blocks = (offset: string, length?: string, ret?: string): Fields => ({
  ...ANYWHERE,
  [offset]: to("file_offset", "block"),
  ...(length === undefined ? {} : { [length]: to("bytes", "block") }),
  ...(ret === undefined ? {} : { [ret]: RET }),
});
const ret = (field: string): Fields => ({ ...ANYWHERE, [field]: RET });
const BDI: Fields = { ...ANYWHERE, name: { kind: "bdi" }, bdi: { kind: "bdi" } };

const FD: Fields = { fd: see("fd") };
const FLAGS: Fields = { flags: see("flags"), flags_text: see("flags_text") };
const KI_FLAGS: Fields = { ki_flags: see("flags"), ki_flags_text: see("flags_text") };

/** A rule holds for every event whose name matches; the first that matches is taken. */
interface Rule {
  events: RegExp;
  fields: Fields;
  page?: PageKind;
}

const RULES: Rule[] = [
  { events: /^block_(touch|dirty)_buffer$/, fields: BUFFER_HEAD },
  { events: /^block_(rq_(insert|issue|merge)|io_(start|done))$/, fields: BLOCK_REQUEST },
  { events: /^block_/, fields: BLOCK },

  { events: /^mm_filemap_add_to_page_cache$/, fields: FOLIO, page: "add" },
  { events: /^mm_filemap_delete_from_page_cache$/, fields: FOLIO, page: "delete" },
  { events: /^mm_filemap_map_pages$/, fields: FOLIO_RANGE, page: "map" },
  { events: /^mm_filemap_/, fields: FOLIO_RANGE },
  { events: /^page_cache_ra_unbounded$/, fields: pages("nr_to_read") },
  { events: /^page_cache_ra_order$/, fields: pages("size") },
  { events: /^page_cache_(async|sync)_ra$/, fields: pages("req_count") },
  { events: /^(filemap_set_wb_err|file_check_and_advance_wb_err)$/, fields: ANYWHERE },

  { events: /^iomap_iter$/, fields: { ...bytes("pos", "length"), ...FLAGS } },
  {
    events: /^iomap_dio_complete$/,
    fields: { ...bytes("pos", "length", "ret"), ...KI_FLAGS, error: see("error"), aio: see("asynchronous") },
  },
  {
    events: /^iomap_dio_rw_begin$/,
    fields: { ...bytes("pos", "count"), ...KI_FLAGS, aio: see("asynchronous"), isize: see("file_size") },
  },
  {
    events: /^iomap_add_to_ioend$/,
    fields: {
      ...bytes("pos", "dirty_len"),
      addr: { kind: "observed", as: "device_address" },
      offset: see("mode"),
      length: see("length"),
    },
    page: "writeback_start",
  },
  { events: /^iomap_(readahead|readpage|read_folio)$/, fields: { ...ANYWHERE, nr_pages: to("bytes", "page") } },
  {
    events: /^iomap_(iter_dstmap|writepage_map)$/,
    fields: {
      ...bytes("offset", "length"),
      ...FLAGS,
      addr: { kind: "observed", as: "device_address" },
      type: see("type"),
      type_text: see("type_text"),
    },
  },
  { events: /^iomap_/, fields: bytes("offset", "length") },

  { events: /^ext4_(da_)?write_(begin|end)$|^ext4_journalled_write_end$/, fields: bytes("pos", "len") },
  { events: /^ext4_direct_IO_(enter|exit)$/, fields: bytes("pos", "len", "ret") },
  { events: /^ext4_(punch_hole|zero_range|insert_range|collapse_range)$/, fields: bytes("offset", "len") },
  { events: /^ext4_fallocate_enter$/, fields: bytes("offset", "len") },
  { events: /^ext4_fallocate_exit$/, fields: { ...bytes("pos", undefined, "ret"), blocks: to("bytes", "block") } },
  { events: /^ext4_begin_ordered_truncate$/, fields: bytes("new_size") },
  { events: /^ext4_writepages$/, fields: bytes("range_start") },
  {
    events: /^ext4_da_write_folios_(start|end)$/,
    fields: { ...bytes("start_pos", undefined, "ret"), next_pos: derive("next_byte") },
  },
  { events: /^ext4_da_write_pages$/, fields: { ...ANYWHERE, first_page: to("file_offset", "page") } },
  { events: /^ext4_(read|release|write|journalled_invalidate|invalidate)_?(folio|page)$/, fields: FOLIO },
  { events: /^ext4_(request|allocate)_blocks$/, fields: blocks("logical", "len") },
  { events: /^ext4_ext_handle_unwritten_extents$/, fields: blocks("lblk", "len") },
  { events: /^ext4_get_implied_cluster_alloc_exit$/, fields: blocks("lblk", "len", "ret") },
  { events: /^ext4_ext_convert_to_initialized_/, fields: blocks("m_lblk", "m_len") },
  { events: /^ext4_remove_blocks$/, fields: blocks("from") },
  { events: /^ext4_ext_rm_leaf$/, fields: blocks("start") },
  { events: /^ext4_ext_remove_space/, fields: blocks("start") },
  {
    events: /^ext4_(ext_map_blocks|ind_map_blocks|ext_show_extent|ext_load_extent|es_|da_write_pages_extent)/,
    fields: {
      ...blocks("lblk", "len", "ret"),
      pblk: { kind: "observed", as: "device_block" },
      status: see("status"),
      status_text: see("status_text"),
      mflags: see("status"),
      mflags_text: see("status_text"),
      found: see("quantity"),
    },
  },
  { events: /^ext4_free_blocks$/, fields: { ...ANYWHERE, block: see("request"), count: see("quantity") } },
  { events: /^ext4_/, fields: ret("ret") },

  {
    events: /^xfs_(file_(buffered|direct|dax)_|end_io_direct|iomap_(found|alloc)|map_blocks_|get_blocks_)/,
    fields: { ...bytes("offset", "count"), startoff: { kind: "observed", as: "start_block" } },
  },
  {
    events:
      /^xfs_(setfilesize|unwritten_convert|zero_eof|zero_file_space|alloc_file_space|reflink_(end_cow|unshare|cancel_cow_range)|writepage|invalidate_folio|releasepage|collapse_file|insert_file)/,
    fields: bytes("offset", "count"),
  },
  {
    events: /^xfs_reflink_(remap_blocks|remap_extent|trim_around_shared|convert_cow|cow_remap|cow_found|cow_enospc)/,
    fields: { ...blocks("lblk", "len"), error: RET },
  },
  { events: /^xfs_(bunmap|swapext_extent)/, fields: blocks("fileoff", "len") },
  { events: /^xfs_(iext_|bmap_(pre|post)_update|read_extent|write_extent)/, fields: blocks("startoff", "blockcount") },
  { events: /^xfs_itruncate_extents_/, fields: bytes("new_size") },
  { events: /^(xfs_|xlog_)/, fields: { ...ANYWHERE, error: RET } },

  { events: /^jbd2_/, fields: ANYWHERE },
  { events: /^writeback_dirty_folio$/, fields: { ...BDI, index: to("file_offset", "page") }, page: "dirty" },
  {
    events: /^(writeback_dirty_page|folio_wait_writeback|wait_on_page_writeback)$/,
    fields: { ...BDI, index: to("file_offset", "page") },
  },
  { events: /^(writeback_|sb_(mark|clear)_inode_writeback|wbc_|balance_dirty|bdi_|global_dirty)/, fields: BDI },

  {
    events: /^dax_writeback_one$/,
    fields: { ...ANYWHERE, pgoff: to("file_offset", "page"), pglen: to("bytes", "page") },
  },
  {
    events: /^dax_writeback_range/,
    fields: { ...ANYWHERE, start_index: to("file_offset", "page"), end_index: derive("last_page") },
  },
  { events: /^dax_/, fields: { ...ANYWHERE, pgoff: to("file_offset", "page"), result: RET } },

  { events: /^sys_exit(_|$)/, fields: ret("ret") },
  { events: /^sys_enter_(pread64|pwrite64)$/, fields: { ...FD, pos: to("file_offset"), count: to("bytes") } },
  {
    events: /^sys_enter_(preadv|pwritev)2?$/,
    fields: { ...FD, pos_l: to("file_offset"), pos_h: see("length"), ...FLAGS },
  },
  {
    events: /^sys_enter_(read|write|sendfile64|readahead)$/,
    fields: { ...FD, out_fd: see("fd"), in_fd: see("fd2"), count: to("bytes") },
  },
  {
    events: /^sys_enter_(fallocate|fadvise64)$/,
    fields: { ...FD, mode: see("mode"), advice: see("mode"), offset: to("file_offset"), len: to("bytes") },
  },
  {
    events: /^sys_enter_sync_file_range$/,
    fields: { ...FD, offset: to("file_offset"), nbytes: to("bytes"), ...FLAGS },
  },
  {
    events: /^sys_enter_mmap$/,
    fields: { ...FD, off: to("file_offset"), len: to("bytes"), ...FLAGS, prot: see("mode") },
  },
  {
    events: /^sys_enter_(munmap|msync|madvise)$/,
    fields: {
      addr: see("address"),
      start: see("address"),
      len: see("length"),
      len_in: see("length"),
      flags: see("mode"),
      behavior: see("mode"),
    },
  },
  { events: /^sys_enter_mremap$/, fields: { addr: see("address"), old_len: see("length"), new_len: see("quantity") } },
  {
    events: /^sys_enter_(open|openat|creat)$/,
    fields: { ...FLAGS, filename_text: see("path"), pathname_text: see("path") },
  },
  {
    events: /^sys_enter_(dup|dup2|dup3)$/,
    fields: { fildes: see("fd"), oldfd: see("fd"), newfd: see("fd2"), ...FLAGS },
  },
  { events: /^sys_enter_fcntl$/, fields: { ...FD, cmd: see("mode"), arg: see("flags") } },
  { events: /^sys_enter_f?truncate$/, fields: { ...FD, length: see("length") } },
  {
    events: /^sys_enter_io_(p?getevents|submit|destroy)$/,
    fields: { ctx_id: see("queue"), ctx: see("queue"), nr: see("quantity") },
  },
  { events: /^sys_enter_io_uring_enter$/, fields: { ...FD, to_submit: see("quantity") } },
  { events: /^sys_enter_copy_file_range$/, fields: { fd_in: see("fd2"), fd_out: see("fd"), len: to("bytes") } },
  { events: /^sys_enter_close_range$/, fields: { ...FD, max_fd: see("fd2"), ...FLAGS } },
  { events: /^sys_enter(_|$)/, fields: FD },
  { events: /^io_uring_(complete|cqe_overflow)$/, fields: { res: RET, req: see("request"), ctx: see("queue") } },
  {
    events: /^io_uring_/,
    fields: {
      req: see("request"),
      ctx: see("queue"),
      fd: see("fd"),
      opcode: see("opcode"),
      op_str: see("opcode_text"),
      opcode_text: see("opcode_text"),
    },
  },
  { events: /^page_fault_(user|kernel)$/, fields: { address: see("address"), error_code: see("error") } },
  { events: /^sched_process_(fork|exit|exec)$/, fields: { child_pid: see("thread"), pid: see("thread") } },
  { events: /^task_newtask$/, fields: { pid: see("thread"), clone_flags: see("flags") } },
  {
    events: /^(print|bprint|bputs|function|funcgraph_(irq_)?(entry|exit))$/,
    fields: {},
  },
  {
    events: /^(kernel_stack|user_stack|callchain|unnamed|other_events)$/,
    fields: {},
  },
  { events: /^(sched_|lock_|contention_|irq_|softirq_|timer_|workqueue_|mm_vmscan_|mm_page_|tlb_)/, fields: {} },
  { events: /^blk_t[an]_/, fields: BLOCK_TRACE },
  { events: /^(raw_data|context_switch|wakeup|type_\d+)$/, fields: {} },
];

/** What is known of an event: the meaning of its fields and of the event itself. */
export interface EventMeaning {
  /** False when the tool has no special knowledge of this event. */
  known: boolean;
  fields: Fields;
  page: PageKind | null;
  /** What its position is: a sector of its device, or a place in its file. No event has both. */
  position: "sector" | "file_offset";
}

const UNKNOWN: EventMeaning = { known: false, fields: ANYWHERE, page: null, position: "file_offset" };

function positionOf(fields: Fields): EventMeaning["position"] {
  return Object.values(fields).some((field) =>
      field.kind === "column"
        ? field.column === "sector"
        : field.kind === "derive" && field.derivation === "block_number"
    )
    ? "sector"
    : "file_offset";
}

/** Meaning of an event by its name. */
export function meaningOf(name: string): EventMeaning {
  for (const rule of RULES) {
    const { events, fields, page } = rule;
    if (events.test(name)) return { known: true, fields, page: page ?? null, position: positionOf(fields) };
  }
  return UNKNOWN;
}

/** Block-layer tracepoints as blkparse's action letters. `block_rq_complete` and `block_bio_complete` both are C. */
export const BLOCK_ACTIONS: Record<string, string> = {
  block_bio_queue: "Q",
  block_getrq: "G",
  block_rq_insert: "I",
  block_rq_issue: "D",
  block_rq_complete: "C",
  block_bio_complete: "C",
  block_bio_backmerge: "M",
  block_bio_frontmerge: "F",
  block_rq_merge: "M",
  block_bio_bounce: "B",
  block_bio_remap: "A",
  block_rq_remap: "A",
  block_rq_requeue: "R",
  block_split: "X",
  block_sleeprq: "S",
  block_plug: "P",
  block_unplug: "U",
};
