import { assert, assertEquals } from "@std/assert";
import { lift } from "./lifted.ts";
import { direct, enter, exit, liftText, open } from "./lifting_text.ts";

const trace = (path: string) => new URL(`../../traces/${path}`, import.meta.url).pathname;

function counts<T>(rows: readonly T[], key: (row: T) => string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const row of rows) found[key(row)] = (found[key(row)] ?? 0) + 1;
  return found;
}

Deno.test("every bio of file data is at the place of the file that filefrag tells", async () => {
  const { bios, operations } = await lift(trace("coherence-bw-ext4/trace.dat"));
  const frag = Deno.readTextFileSync(trace("coherence-bw-ext4/filefrag.txt"));
  const [, from, to, block] = /0:\s+(\d+)\.\.\s+(\d+):\s+(\d+)\.\./.exec(frag)!.map(Number);
  const data = bios.filter(({ ino }) => ino !== null);
  assert(data.length > 280);
  for (const { ino, offset, sector, bytes } of data) {
    assertEquals(ino, 12);
    assert(offset! >= from * 4096 && offset! + Number(bytes) <= (to + 1) * 4096);
    assertEquals(Number(sector) * 512, block * 4096 + offset!);
  }
  // And within the operation that it is said to be of, unless it was read ahead or written back.
  for (const { role, operation, offset, bytes } of data) {
    if (role !== "direct") continue;
    const of = operations[operation!];
    assert(of.direct === true && offset! >= of.offset! && offset! + Number(bytes) <= of.offset! + of.bytes!);
  }
});

Deno.test("bios are of direct I/O, of reads ahead, of writeback, of the journal", async () => {
  const { bios } = await lift(trace("coherence-bw-ext4/trace.dat"));
  assertEquals(counts(bios, ({ role, attribution }) => `${role} ${attribution}`), {
    "metadata by-time": 1,
    "readahead certain": 51,
    "read certain": 27,
    "direct certain": 146,
    "writeback by-interval": 66,
    "writeback certain": 1,
    "journal unknown": 5,
    "flush unknown": 5,
    "flush by-time": 3,
    "metadata unknown": 2,
  });
});

Deno.test("pages are added by reads and reads ahead and faults, dropped by direct writes, dirtied by writes", async () => {
  const { pages } = await lift(trace("coherence-bw-ext4/trace.dat"));
  assertEquals(counts(pages, ({ cause }) => cause), {
    read: 342,
    readahead: 169,
    invalidate: 525,
    write: 262,
    fault: 22,
  });
});

Deno.test("a bio within a mapping is at its place in it, and one outside the written range zeroes", async () => {
  const task = "a-100";
  const queue = (sector: number, sectors: number) => `${task} block_bio_queue: 7,0 WS ${sector} + ${sectors} [a]`;
  const { bios } = await liftText([
    ...open(task, 3, "direct"),
    enter(task, "pwrite64", { fd: 3, buf: 0x7000, count: 8192, pos: 512 }),
    direct.begin(task, 12, 512, 8192, "sync"),
    direct.iterate(task, 12, 512, 8192, "WRITE|DIRECT", 0x11),
    direct.map(task, 12, 0, 12288, 1 << 20),
    queue(2048, 1),
    queue(2049, 8),
    queue(2057, 8),
    queue(2065, 7),
    direct.complete(task, 12, 8704, "sync", 0, 8192),
    exit(task, "pwrite64", 8192),
  ]);
  assertEquals(bios.map(({ role, ino, offset, attribution }) => [role, ino, offset, attribution]), [
    ["zeroing", 12, 0, "certain"],
    ["direct", 12, 512, "certain"],
    ["direct", 12, 4608, "certain"],
    ["zeroing", 12, 8704, "certain"],
  ]);
});

Deno.test("a place whose blocks were freed is no file's any more", async () => {
  const lookup = "a-100 ext4_es_lookup_extent_exit: dev 7,0 ino 12 found 1 [0/4) 1000 W";
  const read = (sector: number) => `b-200 block_bio_queue: 7,0 R ${sector} + 8 [b]`;
  const { bios } = await liftText([
    enter("a-100", "pread64", { fd: 3, buf: 0x7000, count: 4096, pos: 0 }),
    lookup,
    "a-100 block_bio_queue: 7,0 R 8000 + 8 [a]",
    lookup,
    "a-100 block_bio_queue: 7,0 R 8008 + 8 [a]",
    exit("a-100", "pread64", 4096),
    read(8016),
    "a-100 ext4_free_blocks: dev 7,0 ino 12 mode 0100644 block 1000 count 4 flags METADATA",
    read(8024),
  ]);
  assertEquals(bios.map(({ ino, offset }) => [ino, offset]), [[12, 0], [12, 4096], [12, 8192]]);
});

Deno.test("page events of a direct write are the write's, before and after its data", async () => {
  const { operations, pages } = await lift(trace("hello-ext4/trace.dat"));
  const write = operations.find(({ kind, direct }) => kind === "pwrite" && direct)!;
  const own = pages.filter(({ operation }) => operation === write.id);
  assertEquals(own.map(({ cause }) => cause), ["invalidate", "invalidate"]);
  assert(own.every(({ seq }) => seq > write.firstSeq && seq < write.lastSeq));
});

Deno.test("a recording of block events alone has no operations, and its bios are no one's", async () => {
  const { operations, bios, pages, end } = await lift(trace("hello-ext4/blktrace"));
  assertEquals([operations, bios, pages], [[], [], []]);
  assertEquals(end.lifting.missing.of, []);
});

Deno.test("the bio of a recording's first read is at the place of its file that was looked up", async () => {
  const { bios } = await lift(trace("hello-ext4/trace.dat"));
  const { ino, offset, bytes, attribution, role } = bios.find(({ sector }) => sector === 16520n)!;
  assertEquals([ino, offset, bytes, attribution, role], [12, 0, 16384n, "certain", "readahead"]);
});

Deno.test("what a recording does not have is named, with the events that have it", async () => {
  const { end } = await lift(trace("hello-ext4/trace.dat"));
  assert(end.lifting.missing.of.includes("page faults"));
  assert(end.lifting.missing.events.includes("exceptions:page_fault_user"));
  assert(!end.lifting.missing.of.includes("direct I/O"));
});
