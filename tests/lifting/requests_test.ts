import { assertEquals } from "@std/assert";
import type { Lifted } from "./lifted.ts";
import { call, direct, enter, exit, liftText, open } from "./lifting_text.ts";

const A = "a-100";
const CONTEXT = 0x7f1000000000;
const WRITE = ["WRITE|DIRECT", 0x11] as const;

const requests = ({ operations }: Lifted) => operations.filter(({ kind }) => /^(aio|uring)_/.test(kind));
const codes = ({ end }: Lifted) => Object.fromEntries(end.diagnostics.map(({ code, count }) => [code, count]));

/** What a direct asynchronous write does within io_submit. */
function submitWrite(task: string, ino: number, offset: number, length: number): string[] {
  return [
    direct.begin(task, ino, offset, length, "aio", "DIRECT|WRITE|AIO_RW"),
    direct.iterate(task, ino, offset, length, ...WRITE),
    direct.map(task, ino, offset, length, 0x100000 + offset),
    direct.iterate(task, ino, offset + length, 0, ...WRITE),
    direct.queued(task, ino, offset + length),
  ];
}

const submit = (nr: number) => enter(A, "io_submit", { ctx_id: CONTEXT, nr, iocbpp: 0x1000 });
const reap = (result: number) =>
  call(A, "io_getevents", { ctx_id: CONTEXT, min_nr: 1, nr: 8, events: 0x1000, timeout: 0 }, result);
const completed = (ino: number, offset: number, length: number) =>
  direct.complete("kworker/0:1-9", ino, offset + length, "aio", 0, length);

Deno.test("requests of one io_submit are told apart, and delivered in the order of their completion", async () => {
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    submit(2),
    ...submitWrite(A, 12, 0, 4096),
    ...submitWrite(A, 12, 8192, 8192),
    exit(A, "io_submit", 2),
    completed(12, 8192, 8192),
    ...reap(1),
    completed(12, 0, 4096),
    ...reap(1),
  ]);
  const [first, second] = requests(lifted);
  assertEquals([first.kind, first.offset, first.bytes, first.result, first.attribution], [
    "aio_pwrite",
    0,
    4096,
    4096,
    "certain",
  ]);
  assertEquals([second.offset, second.bytes, second.result], [8192, 8192, 8192]);
  // The second one was complete first, and was returned by the first io_getevents.
  const ends = lifted.operations.filter(({ kind }) => kind === "io_getevents").map(({ end }) => end);
  assertEquals([second.end, first.end], [ends[0], ends[1]]);
  const [submission] = lifted.operations.filter(({ kind }) => kind === "io_submit");
  assertEquals([first.start, first.partOf], [submission.start, submission.id]);
});

Deno.test("requests in flight with the same file and start are in doubt", async () => {
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    submit(2),
    ...submitWrite(A, 12, 0, 4096),
    ...submitWrite(A, 12, 0, 4096),
    exit(A, "io_submit", 2),
    completed(12, 0, 4096),
    completed(12, 0, 4096),
    ...reap(2),
  ]);
  assertEquals(requests(lifted).map(({ result }) => result), [4096, 4096]);
  assertEquals(codes(lifted).ambiguity_A3, 1);
});

Deno.test("without an event of completion, what io_getevents returns is the oldest request, with an unknown result", async () => {
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    submit(1),
    ...submitWrite(A, 12, 0, 4096),
    exit(A, "io_submit", 1),
    ...reap(1),
  ]);
  const [request] = requests(lifted);
  assertEquals([request.offset, request.result, request.done], [0, null, null]);
  assertEquals(request.end === null, false);
  assertEquals(codes(lifted).ambiguity_A2, 1);
});

Deno.test("an attempt that was refused and repeated is one request", async () => {
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    submit(1),
    direct.begin(A, 12, 512, 512, "aio", "DIRECT|WRITE|AIO_RW"),
    direct.iterate(A, 12, 512, 512, ...WRITE),
    direct.complete(A, 12, 512, "aio", -11, -11),
    ...submitWrite(A, 12, 512, 512),
    exit(A, "io_submit", 1),
    completed(12, 512, 512),
    ...reap(1),
  ]);
  assertEquals(requests(lifted).map(({ offset, result }) => [offset, result]), [[512, 512]]);
});

Deno.test("a request at the end of the file is over with no bytes when it begins, and the ones behind it keep their ends", async () => {
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    submit(2),
    direct.begin(A, 12, 16384, 4096, "aio", "DIRECT|AIO_RW", 16384),
    ...submitWrite(A, 12, 0, 4096),
    exit(A, "io_submit", 2),
    ...reap(1),
    completed(12, 0, 4096),
    ...reap(1),
  ]);
  const ends = lifted.operations.filter(({ kind }) => kind === "io_getevents").map(({ end }) => end);
  assertEquals(requests(lifted).map(({ kind, offset, result, end }) => [kind, offset, result, ends.indexOf(end)]), [
    ["aio_pread", 16384, 0, 0],
    ["aio_pwrite", 0, 4096, 1],
  ]);
  assertEquals(codes(lifted).ambiguity_A2, undefined);
});

/** mm_filemap_get_pages of these pages. */
const getPages = (task: string, ino: number, first: number, last: number) =>
  `${task} mm_filemap_get_pages: dev=7:0 ino=${ino.toString(16)} ofs=${first * 4096}-${last * 4096 + 4095}`;

Deno.test("buffered reads of io_submit that the cache serves are known by the pages that they find", async () => {
  const lifted = await liftText([
    ...open(A, 3, "buffered"),
    submit(3),
    getPages(A, 12, 4, 23),
    getPages(A, 12, 19, 23),
    getPages(A, 12, 2, 2),
    getPages(A, 12, 2, 2),
    exit(A, "io_submit", 3),
    ...reap(3),
  ]);
  assertEquals(requests(lifted).map(({ kind, offset, bytes, result, ino }) => [kind, offset, bytes, result, ino]), [
    ["aio_pread", 16384, 81920, 81920, 12],
    ["aio_pread", 8192, 4096, 4096, 12],
    ["aio_pread", 8192, 4096, 4096, 12],
  ]);
  assertEquals(codes(lifted).request_not_seen, undefined);
});

/** Requests of io_uring by the address of the kernel's structure. */
const ring = {
  submit: (request: number, operation: string) =>
    `${A} io_uring_submit_req: ring 0xffff888105776000, req 0xffff8881000000${request}0, user_data 0x1, opcode ` +
    `${operation}, flags 0x400000, sq_thread 0`,
  file: (request: number, fd: number) =>
    `${A} io_uring_file_get: ring 0xffff888105776000, req 0xffff8881000000${request}0, user_data 0x1, fd ${fd}`,
  wait: (request: number, operation: string) =>
    `${A} io_uring_queue_async_work: ring 0xffff888105776000, request 0xffff8881000000${request}0, user_data 0x1, ` +
    `opcode ${operation}, flags 0x10060480000, normal queue, work 0xffff8881000000d8`,
  complete: (task: string, request: number, result: number) =>
    `${task} io_uring_complete: ring 0xffff888105776000, req 0xffff8881000000${request}0, user_data 0x1, result ` +
    `${result}, cflags 0x0 extra1 0 extra2 0 `,
};
const WORKER = "iou-wrk-100-101";
const enterRing = enter(A, "io_uring_enter", { fd: 8, to_submit: 2, min_complete: 0, flags: 0, argp: 0, argsz: 8 });

Deno.test("a request that a worker of io_uring carries out has the range that the worker shows", async () => {
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    enterRing,
    ring.submit(1, "WRITE"),
    ring.file(1, 3),
    ring.wait(1, "WRITE"),
    exit(A, "io_uring_enter", 1),
    ...submitWrite(WORKER, 12, 4096, 8192),
    completed(12, 4096, 8192),
    ring.complete(A, 1, 8192),
  ]);
  const [request] = requests(lifted);
  assertEquals([request.kind, request.pid, request.ino, request.offset, request.bytes, request.result], [
    "uring_pwrite",
    100,
    12,
    4096,
    8192,
    8192,
  ]);
  assertEquals([request.direct, request.requestedDirect, request.attribution], [true, true, "certain"]);
});

Deno.test("a worker that completes another request than it was thought to carry out changes places", async () => {
  const carry = (offset: number) => submitWrite(WORKER, 12, offset, 4096).slice(0, -1);
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    enterRing,
    ring.submit(1, "WRITE"),
    ring.file(1, 3),
    ring.wait(1, "WRITE"),
    ring.submit(2, "WRITE"),
    ring.file(2, 3),
    ring.wait(2, "WRITE"),
    exit(A, "io_uring_enter", 2),
    ...carry(8192),
    direct.complete(WORKER, 12, 12288, "aio", 0, 4096),
    ring.complete(WORKER, 2, 4096),
    ...carry(0),
    direct.complete(WORKER, 12, 4096, "aio", 0, 4096),
    ring.complete(WORKER, 1, 4096),
  ]);
  assertEquals(requests(lifted).map(({ offset, result }) => [offset, result]), [[0, 4096], [8192, 4096]]);
});

Deno.test("a flush of io_uring is an fsync of its file", async () => {
  const lifted = await liftText([
    ...open(A, 3, "direct"),
    enterRing,
    ring.submit(1, "FSYNC"),
    ring.file(1, 3),
    `${A} ext4_sync_file_enter: dev 7,0 ino 12 parent 2 datasync 0 `,
    ring.complete(A, 1, 0),
    exit(A, "io_uring_enter", 1),
  ]);
  const [flush] = lifted.operations.filter(({ kind }) => kind === "fsync");
  assertEquals([flush.ino, flush.result, flush.attribution], [12, 0, "certain"]);
});
