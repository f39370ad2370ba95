import { assert, assertEquals } from "@std/assert";
import { trace } from "../commands/run_cli.ts";
import { analysed, groups, lines, type Row } from "./analysed.ts";

const READS = ["pread", "aio_pread", "uring_pread", "load"];
const WRITES = ["pwrite", "aio_pwrite", "uring_pwrite", "store"];
const SYNCS = ["fsync", "fdatasync", "msync", "sync_file_range"];
const SIZES = ["ftruncate", "fallocate"];

/** An operation as the order of operations sees it. */
interface Touch {
  id: bigint;
  file: string;
  effect: string;
  direct: boolean | null;
  from: bigint;
  /** null: to the end of the file. */
  to: bigint | null;
  start: bigint;
  end: bigint | null;
}

function touches(operations: readonly Row[]): Touch[] {
  return operations.flatMap((row) => {
    const kind = String(row.kind);
    const sets: [string, string[]][] = [["read", READS], ["write", WRITES], ["sync", SYNCS], ["size", SIZES]];
    const effect = sets.find(([, kinds]) => kinds.includes(kind))?.[0];
    if (effect === undefined || row.ino === null || row.execution === "mixed") return [];
    const isData = effect === "read" || effect === "write";
    if (isData && row.file_offset === null) return [];
    const from = (row.file_offset ?? 0n) as bigint;
    return [{
      id: BigInt(row.op_id as number),
      file: `${row.dev} ${row.ino}`,
      effect,
      direct: row.direct as boolean | null,
      from,
      to: isData && row.bytes !== null ? from + (row.bytes as bigint) : null,
      start: row.start_ns as bigint,
      end: row.end_ns as bigint | null,
    }];
  });
}

const precedes = (a: Touch, b: Touch) => a.end !== null && a.end < b.start;

function isCommon(a: Touch, b: Touch): boolean {
  return (a.to === null || b.from < a.to) && (b.to === null || a.from < b.to);
}

Deno.test("orders of operations agree with plain computations over the operations of a real recording", async () => {
  await analysed([trace("coherence-bw-ext4/trace.dat")], async (rows) => {
    const all = touches(await rows("SELECT * FROM operation ORDER BY op_id"));
    assertEquals(
      lines(await rows("FROM file_operations"), "op_id", "effect", "direct", "file_offset", "end_offset"),
      all.map(({ id, effect, direct, from, to }) => `${id} ${effect} ${direct} ${from} ${to}`).sort(),
    );
    const [direct, concurrent, unordered]: string[][] = [[], [], []];
    for (const own of groups(all, ({ file }) => file).values()) {
      for (const a of own) {
        for (const b of own) {
          if (precedes(a, b) && !own.some((c) => precedes(a, c) && precedes(c, b))) direct.push(`${a.id} ${b.id}`);
          const isFirst = a.start < b.start || (a.start === b.start && a.id < b.id);
          if (!isFirst || precedes(a, b)) continue;
          const common = isCommon(a, b) ? (a.from > b.from ? a.from : b.from) : null;
          concurrent.push(`${a.id} ${b.id} ${common}`);
          const changes = [a, b].filter(({ effect }) => effect === "write" || effect === "size").length;
          const isData = [a, b].every(({ effect }) => effect !== "sync");
          if (common === null || changes === 0 || !isData) continue;
          unordered.push(`${a.id} ${b.id} ${a.direct !== null && b.direct !== null && a.direct !== b.direct}`);
        }
      }
    }
    assert(direct.length > 500 && concurrent.length > 1000 && unordered.length > 50);
    assertEquals(lines(await rows("FROM happens_before"), "before_op", "after_op"), direct.sort());
    assertEquals(
      lines(await rows("FROM concurrent_operations"), "op_a", "op_b", "overlap_offset"),
      concurrent.sort(),
    );
    assertEquals(lines(await rows("FROM unordered_overlaps"), "op_a", "op_b", "mixed"), unordered.sort());
  });
});

Deno.test("commit records have the journal's blocks before them, and syncs wait for what completed in them", async () => {
  await analysed([trace("fio-ext4/trace.dat")], async (rows) => {
    const bios = await rows("SELECT * FROM bio ORDER BY queue_ns, bio_id");
    const ns = (cell: Row[string]) => cell as bigint;
    const writes = bios.filter(({ rwbs, queue_ns }) => String(rwbs).includes("W") && queue_ns !== null);
    const isRecord = ({ rwbs }: Row) => /^FWF.*M/.test(String(rwbs));
    const expected: string[] = [];
    let since = 0n;
    for (const record of writes.filter(isRecord)) {
      const journal = writes.filter((bio) =>
        bio.role === "journal" && !isRecord(bio) && ns(bio.queue_ns) >= since && ns(bio.queue_ns) < ns(record.queue_ns)
      );
      const others = writes.filter((bio) =>
        !isRecord(bio) && bio.role !== "journal" && ns(bio.queue_ns) < ns(record.queue_ns) &&
        (bio.complete_ns === null || ns(bio.complete_ns) > ns(record.queue_ns))
      );
      const isDone = journal.every(({ complete_ns }) => complete_ns !== null && ns(complete_ns) <= ns(record.issue_ns));
      expected.push(`${record.bio_id} ${journal.length} ${others.length} ${isDone}`);
      since = ns(record.queue_ns);
    }
    assert(expected.length > 10);
    const found = await rows("FROM flush_order");
    assertEquals(lines(found, "commit_bio", "journal_bios", "others_in_flight", "in_order"), expected.sort());

    const chain = await rows("FROM fsync_chain");
    const syncs = await rows("SELECT * FROM operation WHERE kind = 'fsync' AND ino IS NOT NULL ORDER BY op_id");
    const waited = syncs.flatMap((sync) =>
      bios.flatMap((bio) => {
        if (
          bio.queue_ns === null || bio.complete_ns === null || bio.dev !== sync.dev || !/W/.test(String(bio.rwbs))
        ) return [];
        if (ns(bio.complete_ns) < ns(sync.start_ns) || ns(bio.complete_ns) > ns(sync.end_ns)) return [];
        const isOwn = bio.op_id !== null && BigInt(bio.op_id as bigint) === BigInt(sync.op_id as number);
        const what = isOwn && bio.role !== "flush" && ns(bio.bytes) > 0n
          ? "own data"
          : bio.role === "writeback" && bio.ino === sync.ino
          ? "data of the file"
          : isRecord(bio)
          ? "commit record"
          : bio.role === "journal" || bio.role === "flush"
          ? bio.role
          : null;
        return what === null ? [] : [`${sync.op_id} ${what} ${bio.bio_id} ${ns(bio.complete_ns) - ns(sync.start_ns)}`];
      })
    );
    assert(waited.length > 100);
    assertEquals(lines(chain, "op_id", "waits_for", "bio_id", "done_ns"), waited.sort());
    for (const own of groups(chain, ({ op_id }) => String(op_id)).values()) {
      assertEquals(own.map(({ place }) => place), own.map((_row, index) => BigInt(index + 1)));
      assert(own.every(({ done_ns }, index) => index === 0 || ns(own[index - 1].done_ns) <= ns(done_ns)));
    }
  });
});

Deno.test("lock intervals and their order agree with the lock events one after the other", async () => {
  await analysed([trace("hello-xfs/trace.dat")], async (rows) => {
    const names = ["xfs_ilock", "xfs_ilock_nowait", "xfs_ilock_demote", "xfs_iunlock"];
    const events: Row[] = [];
    for (const name of names) {
      const taken = await rows(`SELECT seq, pid, ino, lock_flags_text AS flags FROM raw_full.${name}`);
      events.push(...taken.map((row) => ({ ...row, name })));
    }
    events.sort((a, b) => Number(a.seq) - Number(b.seq));
    const open = new Map<string, { lock: string; ino: bigint; mode: string; from: number }>();
    const closed: string[] = [];
    const edges: string[] = [];
    for (const { seq, pid, ino, flags, name } of events) {
      for (const flag of String(flags).split("|")) {
        const [lock, mode] = flag.split("_");
        const key = `${pid} ${ino} ${lock}`;
        const before = open.get(key);
        if (name === "xfs_iunlock" || name === "xfs_ilock_demote") {
          if (before) {
            closed.push(`${lock} ${before.mode} ${before.from} ${seq}`);
          }
          open.delete(key);
        }
        if (name === "xfs_iunlock") {
          continue;
        }
        if (name !== "xfs_ilock_demote") {
          for (const [other, held] of open) {
            if (!other.startsWith(`${pid} `)) {
              continue;
            }
            edges.push(`${held.lock} ${held.mode} ${lock} ${mode} ${held.ino === ino ? "same" : "other"}`);
          }
        }
        open.set(key, {
          lock,
          ino: ino as bigint,
          mode: name === "xfs_ilock_demote" ? "SHARED" : mode,
          from: Number(seq),
        });
      }
    }
    assertEquals(closed.length, 18);
    assertEquals(
      lines(await rows("FROM lock_intervals WHERE last_seq IS NOT NULL"), "lock", "mode", "first_seq", "last_seq"),
      closed.sort(),
    );
    const counted = [...groups(edges, (edge) => edge)].map(([edge, own]) => `${edge} ${own.length} false`).sort();
    const found = await rows("FROM lock_order_edges");
    assertEquals(lines(found, "held", "held_mode", "taken", "taken_mode", "inodes", "times", "reversed"), counted);
  });
});
