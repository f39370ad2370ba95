/**
 * Plain calls of recordings with nothing else going on, beside what the model fires for them: equal in names and key fields.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { mainline } from "../../src/systems/mainline/index.ts";
import type { FlagValue } from "../../src/scenarios/scenario.ts";
import { callWith, linesOfCall, linesOfModel, recordingText, type Which } from "./recorded_calls.ts";
import { eventsOfRun } from "./traced_run.ts";

/** A call, where it is recorded, and the same in the model. */
interface Case {
  readonly what: string;
  readonly recording: string;
  readonly call: string;
  readonly which?: Which;
  readonly flags: Readonly<Record<string, FlagValue>>;
  /** The file at the beginning, as YAML. Default: four written pages. */
  readonly file?: string;
  /** Operations of the task; the last one is compared. */
  readonly operations: readonly string[];
  /** Byte at which the model's call begins. Default 0. */
  readonly begin?: number;
  /** What else is left out on both sides, and why. */
  readonly leaves?: readonly (readonly [lines: RegExp, why: string])[];
}

const EXT4_18 = { kver: "6.18", fs: "ext4" };
const XFS_18 = { kver: "6.18", fs: "xfs" };
const EXT4_61 = { kver: "6.1", fs: "ext4", ext_in_end_io: "on", disk: "bio" };
const XFS_61 = { kver: "6.1", fs: "xfs", disk: "bio" };
const HELLO_EXT4 = "traces/hello-ext4/trace.txt";
const HELLO_XFS = "traces/hello-xfs/trace.txt";

const FIRST_LOOK = [
  /^ext4_ext_map_blocks/,
  "the status tree is taken to know the file, which it does not at the first look",
] as const;
const FLUSH_BIO = [/^block_.* FW/, "without a crash to come the model's log writes nothing"] as const;

const CASES: readonly Case[] = [
  {
    what: "6.18 ext4: buffered read of what is not cached",
    recording: HELLO_EXT4,
    call: "pread64",
    flags: EXT4_18,
    operations: ["pread: F[0..1]"],
    leaves: [FIRST_LOOK],
  },
  {
    what: "6.18 ext4: buffered read of what is cached",
    recording: HELLO_EXT4,
    call: "pread64",
    which: { nth: 1 },
    flags: EXT4_18,
    operations: ["pread: F[0..1]", "pread: F[0..1]"],
  },
  {
    what: "6.18 ext4: direct overwrite of cached pages",
    recording: HELLO_EXT4,
    call: "pwrite64",
    flags: EXT4_18,
    operations: ["pread: F[0..1]", "pwrite: F[0..1] O_DIRECT"],
  },
  {
    what: "6.18 ext4: direct read",
    recording: HELLO_EXT4,
    call: "pread64",
    which: { nth: 3 },
    flags: EXT4_18,
    operations: ["pread: F[0..1] O_DIRECT"],
  },
  {
    what: "6.18 ext4: fsync with nothing dirty",
    recording: HELLO_EXT4,
    call: "fsync",
    flags: EXT4_18,
    operations: ["fsync: F"],
  },
  {
    what: "6.18 XFS: buffered read of what is not cached",
    recording: HELLO_XFS,
    call: "pread64",
    flags: XFS_18,
    operations: ["pread: F[0..1]"],
  },
  {
    what: "6.18 XFS: buffered read of what is cached",
    recording: HELLO_XFS,
    call: "pread64",
    which: { nth: 1 },
    flags: XFS_18,
    operations: ["pread: F[0..1]", "pread: F[0..1]"],
  },
  {
    what: "6.18 XFS: direct overwrite of cached pages, the first write since the file was opened",
    recording: HELLO_XFS,
    call: "pwrite64",
    flags: { ...XFS_18, nosec: "off" },
    operations: ["pread: F[0..1]", "pwrite: F[0..1] O_DIRECT"],
  },
  {
    what: "6.18 XFS: direct read",
    recording: HELLO_XFS,
    call: "pread64",
    which: { nth: 3 },
    flags: XFS_18,
    operations: ["pread: F[0..1] O_DIRECT"],
  },
  {
    what: "6.18 XFS: fsync with nothing dirty",
    recording: HELLO_XFS,
    call: "fsync",
    flags: XFS_18,
    operations: ["fsync: F"],
    leaves: [FLUSH_BIO],
  },
  {
    what: "6.18 ext4: direct write into a hole",
    recording: "../shared/recordings/holes-ext4/trace.txt.gz",
    call: "pwrite64",
    which: {
      has: [/sys_enter_pwrite64 12288/, /iomap_iter_dstmap @0\+12288 UNWRITTEN NEW/],
      lacks: [/writepages/, /delete/, / RA?M /],
    },
    flags: EXT4_18,
    file: "{ size: 8, blocks: { 0..7: hole } }",
    operations: ["pwrite: F[0..2] O_DIRECT"],
  },
  {
    what: "6.18 ext4: extending direct write",
    recording: "../shared/recordings/extend-ext4/trace.txt.gz",
    call: "pwrite64",
    which: {
      has: [/FORCE_WAIT/, /sys_enter_pwrite64 8192$/, /dstmap @0\+8192 MAPPED NEW/, /extent_exit H/],
      lacks: [/writepages/, /delete/, / RA?M /],
    },
    flags: EXT4_18,
    file: "{ size: 2 }",
    operations: ["pwrite: F[2..3] O_DIRECT"],
    begin: 8192,
    leaves: [[/^ext4_mark_inode_dirty/, "the extent is written into the inode once more, which has no event here"]],
  },
  {
    what: "6.18 ext4: buffered write of a page that has a block",
    recording: "../shared/recordings/holes-ext4/trace.txt.gz",
    call: "pwrite64",
    which: {
      has: [/da_write_begin/, /extent_exit W/, /sys_enter_pwrite64 (512|1024|1536|2048|2560|3072)$/],
      lacks: [/@[1-9]/, /insert/, /dio/, /add_to/],
    },
    flags: EXT4_18,
    operations: ["pread: F[0..3]", "pwrite: F[0]"],
    leaves: [[
      /^sys_|^mm_filemap|^writeback_dirty_folio|^ext4_es_lookup_extent_enter/,
      "the recorded write is a part of a page",
    ]],
  },
  {
    what: "6.18 ext4: direct write as io_submit",
    recording: "../shared/recordings/holes-aio-ext4/trace.txt.gz",
    call: "io_submit",
    which: {
      has: [/iomap_dio_rw_queued/, /WRITE\|DIRECT/, /dstmap .* MAPPED/, /block_bio_queue WS 8192/],
      lacks: [/delete/, /writepages/, /journal/, / RM /, /UNWRITTEN/],
    },
    flags: EXT4_18,
    file: "{ size: 8 }",
    operations: ["aio_pwrite: F[0..1] O_DIRECT"],
    leaves: [[/^sys_|@/, "positions stand in the iocb, which no event shows"]],
  },
  {
    what: "6.18 ext4: truncate to a smaller size",
    recording: "../shared/recordings/trunc-ext4/trace.txt.gz",
    call: "ftruncate",
    which: { has: [/ext4_truncate_enter/], lacks: [/mm_filemap/, /add_to/, /block_/, /writepages/] },
    flags: EXT4_18,
    operations: ["ftruncate: F\n      size: 2"],
    begin: 8192,
    leaves: [
      [/^ext4_journal_start_inode/, "the handle is extended, which the model's is not"],
      [/^ext4_mark_inode_dirty/, "once for each extent that is freed"],
    ],
  },
  {
    what: "6.18 XFS: extending direct write",
    recording: "../shared/recordings/extend-xfs/trace.txt.gz",
    call: "pwrite64",
    which: {
      has: [/dstmap @0\+8192 UNWRITTEN NEW\|DIRTY/, /sys_enter_pwrite64 8192$/],
      lacks: [/delete/, /writeback_folio/, /zero_eof/, / RM /, /OVERWRITE_ONLY/],
    },
    flags: XFS_18,
    file: "{ size: 2 }",
    operations: ["pwrite: F[2..3] O_DIRECT"],
    begin: 8192,
  },
  {
    what: "6.18 ext4: fdatasync of a dirty page that has a block",
    recording: "../shared/recordings/fsync-ext4/trace.txt.gz",
    call: "fdatasync",
    which: { has: [/block_bio_queue WS 4096/, /block_bio_queue FWS 0/], lacks: [/da_write/, /backmerge/] },
    flags: { ...EXT4_18, wcache: "on" },
    operations: ["pread: F[0..3]", "pwrite: F[0]", "fdatasync: F"],
    leaves: [[/^folio_wait_writeback/, "the page is another one"]],
  },
  {
    what: "6.18 ext4: sync_file_range of a dirty page that has a block",
    recording: "../shared/recordings/fsync-ext4/trace.txt.gz",
    call: "sync_file_range",
    which: { has: [/ext4_writepages$/], lacks: [/da_write/] },
    flags: EXT4_18,
    operations: [
      "pread: F[0..3]",
      "pwrite: F[0]",
      "sync_file_range: F[0..3] SYNC_FILE_RANGE_WAIT_BEFORE|SYNC_FILE_RANGE_WRITE|SYNC_FILE_RANGE_WAIT_AFTER",
    ],
    leaves: [[/^folio_wait_writeback|^sys_enter|^block_/, "how many pages are dirty, and which, is another matter"]],
  },
  {
    what: "6.18 XFS: sync_file_range of a dirty page that has a block",
    recording: "../shared/recordings/fsync-xfs/trace.txt.gz",
    call: "sync_file_range",
    which: { once: [/iomap_writeback_folio/], lacks: [/map_blocks_alloc/] },
    flags: XFS_18,
    operations: [
      "pread: F[0..3]",
      "pwrite: F[0]",
      "sync_file_range: F[0..3] SYNC_FILE_RANGE_WAIT_BEFORE|SYNC_FILE_RANGE_WRITE|SYNC_FILE_RANGE_WAIT_AFTER",
    ],
    leaves: [[/^block_(bio|getrq|io|rq)|^sys_enter/, "the recorded folio has two pages"]],
  },
  {
    what: "6.18 XFS: unaligned direct overwrite",
    recording: "../shared/recordings/extend-xfs/trace.txt.gz",
    call: "pwrite64",
    which: {
      has: [/DIO_OVERWRITE_ONLY/, /sys_enter_pwrite64 512$/, /dstmap .* MAPPED/],
      lacks: [/delete/, /writeback_folio/, /FORCE_WAIT/],
    },
    flags: XFS_18,
    operations: ["pwrite: F[1:3] O_DIRECT"],
    begin: 4096 + 3 * 512,
    leaves: [[/dstmap/, "the block is dirty in the recording, and begins before the call"]],
  },
  {
    what: "6.18 XFS: buffered write into a hole",
    recording: "../shared/recordings/holes-xfs/trace.txt.gz",
    call: "pwrite64",
    which: {
      has: [/DELALLOC NEW/, /writeback_dirty_folio/],
      lacks: [/iomap_iter .*DIRECT/, /block_/, /MAPPED/, /UNWRITTEN/],
    },
    flags: XFS_18,
    file: "{ size: 8, blocks: { 0..7: hole } }",
    operations: ["pwrite: F[0..3]"],
    leaves: [[
      /^sys_|^mm_filemap|^writeback_dirty_folio|dstmap/,
      "the recorded write begins inside a page, and its folios are large",
    ]],
  },
  {
    what: "6.18 XFS: truncate to a smaller size",
    recording: "../shared/recordings/trunc-xfs/trace.txt.gz",
    call: "ftruncate",
    which: { has: [/itruncate_extents_end/], lacks: [/mm_filemap/, /block_/, /iomap_iter/] },
    flags: XFS_18,
    operations: ["ftruncate: F\n      size: 2"],
    begin: 8192,
    leaves: [[/IOLOCK/, "the VFS has taken i_rwsem, which is IOLOCK, before XFS is called"]],
  },
  {
    what: "6.18 XFS: hole punched where nothing is",
    recording: "../shared/recordings/trunc-xfs/trace.txt.gz",
    call: "fallocate",
    which: { has: [/ILOCK_EXCL$/], lacks: [/mm_filemap/, /iomap_iter/, /block_/, /writeback_folio/] },
    flags: XFS_18,
    file: "{ size: 4, blocks: { 1..2: hole } }",
    operations: ["fallocate: F[1..2] FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE"],
    begin: 4096,
    leaves: [[/^sys_enter/, "the length has another name there"]],
  },
  {
    what: "6.18 ext4: RWF_DSYNC direct overwrite, device with a cache",
    recording: "../shared/recordings/fsync-ext4/trace.txt.gz",
    call: "pwritev2",
    flags: { ...EXT4_18, wcache: "on" },
    file: "{ size: 7 }",
    operations: ["pwritev: F[0..6] O_DIRECT|RWF_DSYNC"],
    leaves: [[/^sys_|@/, "the position and the length stand in registers that the call has under other names"]],
  },
  {
    what: "6.18 ext4: msync of a dirty page",
    recording: "../shared/recordings/mmapdio-ext4/trace.txt.gz",
    call: "msync",
    which: { once: [/block_bio_queue WS 4096/], has: [/block_bio_queue FWS 0/], lacks: [/da_write/, /delete/] },
    flags: { ...EXT4_18, wcache: "on" },
    operations: ["store: F[0:0]", "msync: F[0] MS_SYNC"],
    leaves: [[/^sys_enter|^folio_wait_writeback/, "the page is another one"]],
  },
  {
    what: "6.18 XFS: first store into a page that is cached",
    recording: "../shared/recordings/mmapdio-xfs/trace.txt.gz",
    call: "page_fault",
    which: {
      has: [/xfs_write_fault/, /xfs_iomap_found/, /writeback_dirty_folio/],
      lacks: [/add_to/, /block_/, /IOLOCK/],
    },
    flags: XFS_18,
    operations: ["pread: F[0..3]", "store: F[1:0]"],
    begin: 4096,
    leaves: [[/@/, "the address is the process's"]],
  },
  {
    what: "6.18 ext4: first store into a page that is cached",
    recording: "../shared/recordings/mmapdio-ext4/trace.txt.gz",
    call: "page_fault",
    which: { has: [/writeback_dirty_folio/, /mm_filemap_fault/], lacks: [/add_to/, /block_/, /iomap/, /ext4_sync/] },
    flags: EXT4_18,
    operations: ["pread: F[0..3]", "store: F[1:0]"],
    begin: 4096,
    leaves: [[/@/, "the address is the process's"]],
  },
  {
    what: "6.18 ext4: load of a page that is cached",
    recording: "../shared/recordings/mmapdio-ext4/trace.txt.gz",
    call: "page_fault",
    which: { has: [/mm_filemap_map_pages/], lacks: [/mm_filemap_fault/, /add_to/, /block_/, /iomap/, /dirty/] },
    flags: EXT4_18,
    operations: ["pread: F[0..3]", "load: F[1:0]"],
    begin: 4096,
    leaves: [[/@/, "the address is the process's, and the window is printed whole"]],
  },
  {
    what: "6.1 ext4: direct overwrite of a cached page",
    recording: "../shared/recordings-dax/rw-ext4-nodax/report.txt.gz",
    call: "pwrite64",
    which: { has: [/iomap_iter WRITE\|DIRECT/, /delete/, /sys_enter_pwrite64 4096$/] },
    flags: EXT4_61,
    operations: ["pread: F[0]", "pwrite: F[0] O_DIRECT"],
  },
  {
    what: "6.1 ext4: sub-block direct overwrite",
    recording: "../shared/recordings-dax/rw-ext4-nodax/report.txt.gz",
    call: "pwrite64",
    which: { has: [/iomap_iter WRITE\|DIRECT/, /sys_enter_pwrite64 512$/, /MAPPED/], lacks: [/delete/] },
    flags: EXT4_61,
    operations: ["pwrite: F[1:1] O_DIRECT"],
    begin: 4096 + 512,
  },
  {
    what: "6.1 ext4: direct read",
    recording: "../shared/recordings-dax/rw-ext4-nodax/report.txt.gz",
    call: "pread64",
    which: { has: [/iomap_iter DIRECT/, /sys_enter_pread64 4096$/, /MAPPED/], lacks: [/delete/, /writepages/] },
    flags: EXT4_61,
    operations: ["pread: F[0] O_DIRECT"],
  },
  {
    what: "6.1 XFS: direct overwrite of a cached page",
    recording: "../shared/recordings-dax/rw-xfs-nodax/report.txt.gz",
    call: "pwrite64",
    which: { has: [/iomap_iter WRITE\|DIRECT/, /delete/, /sys_enter_pwrite64 4096$/] },
    flags: XFS_61,
    operations: ["pread: F[0]", "pwrite: F[0] O_DIRECT"],
  },
  {
    what: "6.1 XFS: direct read",
    recording: "../shared/recordings-dax/rw-xfs-nodax/report.txt.gz",
    call: "pread64",
    which: { has: [/iomap_iter DIRECT/, /sys_enter_pread64 4096$/, /MAPPED/], lacks: [/writeback_folio/] },
    flags: XFS_61,
    operations: ["pread: F[0] O_DIRECT"],
  },
];

/** The scenario of a case, with pages of the real size. */
function scenarioOf({ file = "{ size: 4 }", operations }: Case): string {
  return [
    "title: a plain call",
    "system: mainline",
    "bounds: { pages: 8, SECTORS_PER_PAGE: 8 }",
    "files:",
    `  F: ${file}`,
    "tasks:",
    "  T1:",
    ...operations.map((operation, nth) => `    - ${operation}\n      name: op${nth}`),
    "kernel: { readahead: 4 }",
    "expect: []",
    "",
  ].join("\n");
}

const names = new Map<string, Set<string>>();

/** Names of events that a recording has: others may not have been enabled. */
function namesOf(recording: string, text: string): Set<string> {
  let own = names.get(recording);
  if (own === undefined) {
    names.set(
      recording,
      own = new Set([...text.matchAll(/: (\w+)[:(]/g)].map(([, name]) => name)),
    );
  }
  return own;
}

for (const each of CASES) {
  const text = recordingText(each.recording);
  Deno.test({ name: `events of ${each.what} are the recorded ones`, ignore: text === null }, () => {
    const recorded = linesOfCall(callWith(text!, each.call, each.which ?? {}));
    const order = each.flags.disk === "bio" ? "interrupts_first" : "calls_first";
    const events = eventsOfRun(scenarioOf(each), mainline, each.flags, order);
    const modelled = linesOfModel(events, `op${each.operations.length - 1}`, each.begin ?? 0);
    const has = namesOf(each.recording, text!);
    const compared = (line: string) => {
      const [name] = line.split(" ");
      if (each.leaves?.some(([lines]) => lines.test(line))) return false;
      return name.startsWith("sys_") || has.has(name);
    };
    assertEquals(modelled.filter(compared), recorded.filter(compared));
  });
}
