/**
 * Plain recorded calls of both file systems of 6.1.192, on a disk without DAX, beside what the model fires for them.
 *
 * @module
 */

import { type Case, EXT4_61, testCases, XFS_61 } from "./laid_beside.ts";

const CASES: readonly Case[] = [
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

testCases(CASES);
