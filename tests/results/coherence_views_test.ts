import { assert, assertEquals } from "@std/assert";
import { trace } from "../commands/run_cli.ts";
import { analysed, groups, lines, type Row, type Rows } from "./analysed.ts";

const PAGE = 4096n;

const big = (cell: Row[string]) => BigInt(cell as bigint | number);
const bigOrNull = (cell: Row[string]) => (cell === null ? null : big(cell));

/** A page's stay in the cache, found by walking through the events one after the other. */
interface Stay {
  page: string;
  addedSeq: bigint | null;
  added: bigint | null;
  addedFor: string | null;
  removed: bigint | null;
  removedSeq: bigint | null;
  removedFor: string | null;
  removedBy: bigint | null;
  dirtied: bigint[];
}

function staysOf(events: readonly Row[]): Stay[] {
  const inside = new Map<string, Stay>();
  const stays: Stay[] = [];
  const enter = (stay: Stay) => {
    stays.push(stay);
    inside.set(stay.page, stay);
  };
  const none = { removed: null, removedSeq: null, removedFor: null, removedBy: null };
  const early = new Map<string, bigint[]>();
  for (const { seq, ts_ns, kind, dev, ino, page_index, pages, op_id, cause } of events) {
    for (let at = 0n; at < (pages === null ? 1n : big(pages)); at++) {
      const page = `${dev} ${ino} ${big(page_index) + at}`;
      const stay = inside.get(page);
      if (kind === "add") {
        early.delete(page);
        enter({ page, addedSeq: big(seq), added: big(ts_ns), addedFor: String(cause), ...none, dirtied: [] });
      } else if (kind === "dirty") {
        if (stay) stay.dirtied.push(big(ts_ns));
        else early.set(page, [...early.get(page) ?? [], big(ts_ns)]);
      } else if (kind === "delete") {
        const gone = {
          removed: big(ts_ns),
          removedSeq: big(seq),
          removedFor: String(cause),
          removedBy: bigOrNull(op_id),
        };
        if (stay) Object.assign(stay, gone);
        else stays.push({ page, addedSeq: null, added: null, addedFor: null, ...gone, dirtied: early.get(page) ?? [] });
        inside.delete(page);
        early.delete(page);
      }
    }
  }
  return stays;
}

const READS = ["pread", "aio_pread", "uring_pread", "load"];
const WRITES = ["pwrite", "aio_pwrite", "uring_pwrite", "store"];

function pagesOf(offset: bigint, end: bigint): bigint[] {
  const pages: bigint[] = [];
  for (let page = offset / PAGE; page * PAGE < end; page++) pages.push(page);
  return pages;
}

/** Reads and writes of known ranges and files, with their pages. */
async function dataOperations(rows: Rows) {
  return (await rows("SELECT * FROM operation ORDER BY op_id")).flatMap((row) => {
    const isRead = READS.includes(String(row.kind));
    if (!isRead && !WRITES.includes(String(row.kind))) return [];
    if (row.ino === null || row.file_offset === null || row.bytes === null || row.execution === "mixed") return [];
    const [from, end] = [big(row.file_offset), big(row.file_offset) + big(row.bytes)];
    return [{
      id: big(row.op_id),
      file: `${row.dev} ${row.ino}`,
      isRead,
      direct: row.direct,
      start: big(row.start_ns),
      end: bigOrNull(row.end_ns),
      result: bigOrNull(row.result),
      pages: pagesOf(from, end),
    }];
  });
}

for (const name of ["coherence-bw-ext4", "fio-ext4"]) {
  Deno.test(`views of the page cache agree with a walk through the events one after the other: ${name}`, async () => {
    await analysed([trace(`${name}/trace.dat`)], async (rows) => {
      const events = await rows("SELECT * FROM page_event ORDER BY seq");
      const stays = staysOf(events);
      const most = (list: readonly bigint[]) =>
        list.reduce<bigint | null>((a, b) => (a === null || b > a ? b : a), null);
      assert(stays.length > 500);
      assertEquals(
        lines(
          (await rows("FROM page_lifecycle")).map((row) => ({
            ...row,
            page: `${row.dev} ${row.ino} ${row.page_index}`,
          })),
          ..."page added_seq added_for removed_seq removed_for removed_by times_dirtied last_dirty_ns".split(" "),
        ),
        stays.map((stay) =>
          [
            stay.page,
            stay.addedSeq,
            stay.addedFor,
            stay.removedSeq,
            stay.removedFor,
            stay.removedBy,
            stay.dirtied.length,
            most(stay.dirtied),
          ].map(String).join(" ")
        ).sort(),
      );

      const invalidated = new Map<string, bigint>();
      for (const { kind, cause, op_id, pages } of events) {
        if (kind !== "delete") continue;
        const key = `${cause} ${op_id}`;
        invalidated.set(key, (invalidated.get(key) ?? 0n) + big(pages));
      }
      const told = await rows("SELECT cause, op_id, sum(pages)::BIGINT AS pages FROM invalidations GROUP BY ALL");
      assertEquals(lines(told, "cause", "op_id", "pages"), [...invalidated].map(([key, n]) => `${key} ${n}`).sort());

      const ofPage = groups(stays, ({ page }) => page);
      const operations = await dataOperations(rows);
      const over = operations.filter(({ direct, end }) => direct === true && end !== null).flatMap((operation) => {
        const met = operation.pages.flatMap((page) => ofPage.get(`${operation.file} ${page}`) ?? []).filter((stay) =>
          (stay.added === null || stay.added <= operation.end!) &&
          (stay.removed === null || stay.removed >= operation.start)
        );
        if (met.length === 0) return [];
        const before = met.filter(({ added }) => added === null || added < operation.start);
        return [[
          operation.id,
          before.length,
          before.filter(({ dirtied }) => dirtied.some((ns) => ns < operation.start)).length,
          met.filter(({ removedBy }) => removedBy === operation.id).length,
          met.length - before.length,
          met.filter(({ removed }) => removed === null || removed > operation.end!).length,
        ].join(" ")];
      });
      assert(over.length > 50);
      assertEquals(
        lines(
          await rows("FROM dio_over_cached"),
          ..."op_id cached_before dirtied_before removed_by_it came_during cached_after".split(" "),
        ),
        over.sort(),
      );

      // The last direct write of each page that ended before a cached read of it began.
      const writes = operations.filter(({ isRead, direct, end, result }) => {
        return !isRead && direct === true && end !== null && result !== null && result > 0n;
      });
      const writesOf = new Map<string, typeof writes>();
      for (const write of writes) {
        for (const page of write.pages) {
          const key = `${write.file} ${page}`;
          writesOf.set(key, [...writesOf.get(key) ?? [], write]);
        }
      }
      const pairs: string[] = [];
      for (const read of operations.filter(({ isRead, direct }) => isRead && direct !== true)) {
        for (const page of read.pages) {
          const key = `${read.file} ${page}`;
          const before = (writesOf.get(key) ?? []).filter(({ end }) => end! < read.start);
          const last = before.reduce<typeof before[number] | null>(
            (a, b) => (a === null || b.end! > a.end! ? b : a),
            null,
          );
          if (last === null) continue;
          const isOld = (ofPage.get(key) ?? []).some(({ added, removed }) =>
            (added === null || added < last.end!) && (removed === null || removed > read.start)
          );
          pairs.push(`${read.id} ${last.id} ${isOld}`);
        }
      }
      assert(pairs.length > 100);
      const expected = [...groups(pairs, (pair) => pair.split(" ").slice(0, 2).join(" "))].map(([key, own]) =>
        `${key} ${own.length} ${own.filter((pair) => pair.endsWith("true")).length}`
      );
      assertEquals(
        lines(await rows("FROM reads_after_direct_write"), "read_op", "write_op", "pages", "cached_since_before"),
        expected.sort(),
      );

      // Writeback of pages made dirty before a direct write of them ended, and kept since.
      const dirty = new Map<string, bigint[]>();
      for (const { kind, dev, ino, page_index, pages, ts_ns } of events) {
        if (kind !== "dirty") continue;
        for (let at = 0n; at < (pages === null ? 1n : big(pages)); at++) {
          const key = `${dev} ${ino} ${big(page_index) + at}`;
          dirty.set(key, [...dirty.get(key) ?? [], big(ts_ns)]);
        }
      }
      const late: string[] = [];
      for (const bio of await rows("SELECT * FROM bio WHERE role = 'writeback' AND queue_ns IS NOT NULL")) {
        if (bio.ino === null || bio.file_offset === null || big(bio.bytes) === 0n) continue;
        const from = big(bio.file_offset);
        for (const page of pagesOf(from, from + big(bio.bytes))) {
          const key = `${bio.dev} ${bio.ino} ${page}`;
          const queued = big(bio.queue_ns);
          const last = most((dirty.get(key) ?? []).filter((ns) => ns < queued));
          if (last === null) continue;
          const isGone = (ofPage.get(key) ?? []).some(({ removed }) =>
            removed !== null && removed > last && removed < queued
          );
          if (isGone) continue;
          for (const write of writesOf.get(key) ?? []) {
            if (write.end! > last && write.end! < queued) late.push(`${bio.bio_id} ${write.id} ${last >= write.start}`);
          }
        }
      }
      assertEquals(lines(await rows("FROM writeback_after_dio"), "bio_id", "write_op", "dirtied_during"), late.sort());
    });
  });
}

Deno.test("page_state_at walks through what happened to a page", async () => {
  await analysed([trace("coherence-bw-ext4/trace.dat")], async (rows) => {
    const steps = [
      ...(await rows("SELECT * FROM page_event WHERE ino = 12 AND kind IN ('add', 'delete', 'dirty')")).map((row) => ({
        ts: big(row.ts_ns),
        seq: big(row.seq),
        from: big(row.page_index),
        to: big(row.page_index) + (row.pages === null ? 1n : big(row.pages)),
        state: { add: "clean", delete: "absent", dirty: "dirty" }[String(row.kind)]!,
      })),
      ...(await rows("SELECT * FROM bio WHERE ino = 12 AND role = 'writeback'")).flatMap((row) => {
        const [from, to] = [big(row.file_offset) / PAGE, (big(row.file_offset) + big(row.bytes) - 1n) / PAGE + 1n];
        return [
          { ts: big(row.queue_ns), seq: big(row.first_seq), from, to, state: "writeback" },
          { ts: big(row.complete_ns), seq: big(row.last_seq), from, to, state: "clean" },
        ];
      }),
    ].sort((a, b) => Number(a.ts - b.ts) || Number(a.seq - b.seq));
    const states = new Set<string>();
    for (let moment = 0; moment < steps.length; moment += Math.ceil(steps.length / 40)) {
      const { ts, from } = steps[moment];
      for (const [page, t] of [[from, ts], [from, ts - 1n], [from + 1n, ts]]) {
        const last = steps.filter((step) => step.from <= page && page < step.to && step.ts <= t).at(-1);
        const [row] = await rows(`FROM page_state_at(12, ${page}, ${t})`);
        assertEquals([row.state, row.since_ns], [last?.state ?? "unknown", last?.ts ?? null]);
        states.add(String(row.state));
      }
    }
    assertEquals([...states].sort(), ["absent", "clean", "dirty", "unknown", "writeback"]);
    assertEquals(await rows("FROM page_state_at(4711, 0, 5)"), []);
  });
});
