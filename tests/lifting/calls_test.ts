import { assertEquals } from "@std/assert";
import { call, direct, enter, exit, liftText, open, writeBegin } from "./lifting_text.ts";
import type { Lifted, OperationRow } from "./lifted.ts";

const A = "a-100";
const B = "b-200";
const READ = ["DIRECT", 0x10] as const;
const WRITE = ["WRITE|DIRECT", 0x11] as const;

const ofKind = ({ operations }: Lifted, kind: string) => operations.filter((each) => each.kind === kind);
const codes = ({ end }: Lifted) => Object.fromEntries(end.diagnostics.map(({ code, count }) => [code, count]));
const shown = ({ ino, offset, bytes, result, execution, attribution }: OperationRow) =>
  [ino, offset, bytes, result, execution, attribution] as const;

/** A direct read of one page. */
function directRead(task: string, fd: number, ino: number, offset: number): string[] {
  return [
    enter(task, "pread64", { fd, buf: 0x7000, count: 4096, pos: offset }),
    direct.begin(task, ino, offset, 4096, "sync"),
    direct.iterate(task, ino, offset, 4096, ...READ),
    direct.map(task, ino, offset, 4096, 0x10000 + offset),
    direct.iterate(task, ino, offset + 4096, 0, ...READ),
    direct.complete(task, ino, offset + 4096, "sync", 0, 4096),
    exit(task, "pread64", 4096),
  ];
}

Deno.test("a duplicated descriptor stands for the open file, and a closed and reused number for another", async () => {
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    ...directRead(A, 3, 12, 0),
    ...call(A, "dup", { fildes: 3 }, 5),
    ...call(A, "close", { fd: 3 }, 0),
    ...open(A, 3, "buffered"),
    ...call(A, "pread64", { fd: 5, buf: 0x7000, count: 4096, pos: 4096 }, 0),
    ...call(A, "pread64", { fd: 3, buf: 0x7000, count: 4096, pos: 0 }, 100),
  ]);
  const [first, second, third] = ofKind(lifted, "pread");
  assertEquals(shown(first), [12, 0, 4096, 4096, "direct", "certain"]);
  // No event of its own: the open file tells its inode.
  assertEquals(shown(second), [12, 4096, 4096, 0, "none", "by-interval"]);
  assertEquals([second.direct, second.openId], [true, first.openId]);
  assertEquals(shown(third), [null, 0, 4096, 100, "buffered", "unknown"]);
});

Deno.test("operations before the first one that shows the file have it too, once it is known", async () => {
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    ...call(A, "fsync", { fd: 3 }, 0),
    ...directRead(A, 3, 12, 0),
  ]);
  assertEquals(ofKind(lifted, "open").map(({ ino, attribution }) => [ino, attribution]), [[12, "by-interval"]]);
  assertEquals(ofKind(lifted, "fsync").map(({ ino, attribution }) => [ino, attribution]), [[12, "by-interval"]]);
});

Deno.test("a directory of XFS is the inode that its opening locked last, and an fsync of it is that one's", async () => {
  const lock = (ino: number) => `${A} xfs_ilock: dev 7:0 ino 0x${ino.toString(16)} flags ILOCK_SHARED caller f+0x1/0x2`;
  const openat = (flags: number, fd: number) => [
    enter(A, "openat", { dfd: 0xffffff9c, filename: 0x7000, flags, mode: 0 }),
    lock(128),
    lock(131),
    exit(A, "openat", fd),
  ];
  const lifted = await liftText([
    ...openat(0x10000, 5),
    ...call(A, "fsync", { fd: 5 }, 0),
    ...openat(0, 6),
    ...call(A, "fsync", { fd: 6 }, 0),
  ]);
  assertEquals(ofKind(lifted, "open").map(({ ino, attribution }) => [ino, attribution]), [
    [131, "certain"],
    [null, "unknown"],
  ]);
  assertEquals(ofKind(lifted, "fsync").map(({ ino }) => ino), [131, null]);
});

Deno.test("a descriptor that another thread opened is taken for the only one of its number, by time", async () => {
  const cached = (fd: number) => call(B, "pread64", { fd, buf: 0x7000, count: 4096, pos: 0 }, 4096);
  const lifted = await liftText([...open(A, 3, "direct"), ...directRead(A, 3, 12, 0), ...cached(3), ...cached(4)]);
  const [, guessed, unknown] = ofKind(lifted, "pread");
  assertEquals([guessed.ino, guessed.attribution], [12, "by-time"]);
  assertEquals([unknown.ino, unknown.attribution], [null, "unknown"]);
});

Deno.test("events that name another file overrule what the descriptor was thought to be", async () => {
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    ...directRead(A, 3, 12, 0),
    ...directRead(B, 3, 13, 0),
  ]);
  assertEquals(ofKind(lifted, "pread").map(({ ino, attribution }) => [ino, attribution]), [
    [12, "certain"],
    [13, "certain"],
  ]);
  assertEquals(codes(lifted).descriptor_contradicted, 1);
});

Deno.test("read and write go on at the position of the open file, also after a seek and through a duplicate", async () => {
  const count = (task: string, name: string, fd: number, result: number) =>
    call(task, name, { fd, buf: 0x7000, count: 1000 }, result);
  const lifted = await liftText([
    ...open(A, 3, "buffered"),
    ...count(A, "write", 3, 1000),
    ...count(A, "write", 3, 400),
    ...call(A, "lseek", { fd: 3, offset: 100, whence: 0 }, 100),
    ...call(A, "dup", { fildes: 3 }, 7),
    ...count(A, "read", 7, 1000),
    ...count(A, "read", 3, 300),
    ...count(A, "read", 3, -5),
    ...count(A, "read", 3, 10),
  ]);
  assertEquals(ofKind(lifted, "pwrite").map(({ offset }) => offset), [0, 1000]);
  assertEquals(ofKind(lifted, "pread").map(({ offset }) => offset), [100, 1100, 1400, 1400]);
  assertEquals(codes(lifted).position_tracked, undefined);
});

Deno.test("a direct write whose rest went through the page cache is a whole and two parts", async () => {
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    enter(A, "pwrite64", { fd: 3, buf: 0x7000, count: 12288, pos: 4096 }),
    direct.begin(A, 12, 4096, 12288, "sync"),
    direct.iterate(A, 12, 4096, 12288, ...WRITE),
    direct.map(A, 12, 4096, 4096, 0x20000),
    direct.complete(A, 12, 8192, "sync", 0, 4096),
    writeBegin(A, 12, 8192, 4096),
    writeBegin(A, 12, 12288, 4096),
    exit(A, "pwrite64", 12288),
  ]);
  const [whole, ...parts] = ofKind(lifted, "pwrite");
  assertEquals([whole.execution, whole.direct, whole.offset, whole.bytes], ["mixed", null, 4096, 12288]);
  assertEquals(parts.map(({ direct, offset, bytes, partOf }) => [direct, offset, bytes, partOf]), [
    [true, 4096, 4096, whole.id],
    [false, 8192, 8192, whole.id],
  ]);
});

Deno.test("a direct write whose invalidation failed is buffered from its start", async () => {
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    enter(A, "pwrite64", { fd: 3, buf: 0x7000, count: 4096, pos: 0 }),
    direct.begin(A, 12, 0, 4096, "sync"),
    direct.invalidateFail(A, 12, 0, 4096),
    exit(A, "pwrite64", 4096),
  ]);
  // Whether or not the steps of the buffered write are recorded.
  const [write] = ofKind(lifted, "pwrite");
  assertEquals([write.execution, write.direct, write.requestedDirect], ["buffered", false, true]);
});

Deno.test("a child inherits the descriptors of its parent", async () => {
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    ...open(B, 3, "direct"),
    ...directRead(A, 3, 12, 0),
    ...directRead(B, 3, 13, 0),
    `${A} sched_process_fork: comm=a pid=100 child_comm=a child_pid=300`,
    ...call("a-300", "pread64", { fd: 3, buf: 0x7000, count: 4096, pos: 4096 }, 0),
  ]);
  assertEquals(ofKind(lifted, "pread").at(-1)!.ino, 12);
});

Deno.test("calls without an end, and ends without a call, are counted", async () => {
  const lifted = await liftText([
    exit(A, "pread64", 4096),
    enter(A, "pread64", { fd: 3, buf: 0x7000, count: 4096, pos: 0 }),
    ...call(A, "fsync", { fd: 3 }, 0),
  ]);
  assertEquals([codes(lifted).exit_without_call, codes(lifted).call_without_exit], [1, 1]);
  const [read] = ofKind(lifted, "pread");
  assertEquals([read.end, read.result], [null, null]);
});

Deno.test("a page fault in a mapping is a load or store of that page of the file", async () => {
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    ...directRead(A, 3, 12, 0),
    ...call(A, "mmap", { addr: 0, len: 0x4000, prot: 3, flags: 1, fd: 3, off: 0x2000 }, 0x7f0000000000),
    `${A} page_fault_user: address=0x7f0000001008 ip=0x401000 error_code=0x6`,
    `${A} page_fault_user: address=0x7f0000003ff8 ip=0x401000 error_code=0x4`,
    ...call(A, "munmap", { addr: 0x7f0000000000, len: 0x2000 }, 0),
    `${A} page_fault_user: address=0x7f0000001008 ip=0x401000 error_code=0x4`,
    `${A} page_fault_user: address=0x7f0000002000 ip=0x401000 error_code=0x4`,
  ]);
  const faults = lifted.operations.filter(({ kind }) => kind === "load" || kind === "store");
  assertEquals(faults.map(({ kind, ino, offset, bytes }) => [kind, ino, offset, bytes]), [
    ["store", 12, 0x3000, 4096],
    ["load", 12, 0x5000, 4096],
    ["load", 12, 0x4000, 4096],
  ]);
});
