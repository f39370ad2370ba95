import { assert, assertEquals } from "@std/assert";
import { trace } from "../commands/run_cli.ts";
import { analysed, ascending, groups, lines, quantile, type Row, STAGES } from "./analysed.ts";

const big = (cell: Row[string]) => BigInt(cell as bigint | number);

const READS = ["pread", "aio_pread", "uring_pread", "load"];
const WRITES = ["pwrite", "aio_pwrite", "uring_pwrite", "store"];
const SYNCS = ["fsync", "fdatasync", "msync", "sync_file_range"];

function sum(rows: readonly Row[], column: string): bigint {
  return rows.reduce((total, row) => total + (row[column] === null ? 0n : big(row[column])), 0n);
}

function measured(times: bigint[]): string {
  times.sort(ascending);
  return [times.length, times[0], quantile(times, 0.5), quantile(times, 0.99), times.at(-1)].join(" ");
}

Deno.test("views by file and by operation agree with plain computations over a real recording", async () => {
  await analysed([trace("fio-ext4/trace.dat")], async (rows) => {
    const operations = await rows("SELECT * FROM operation ORDER BY op_id");
    const bios = await rows("SELECT * FROM bio ORDER BY queue_ns, bio_id");
    const pageEvents = await rows("SELECT * FROM page_event");
    const ofId = new Map(operations.map((row) => [big(row.op_id), row]));
    const direction = ({ rwbs }: Row) => /W/.test(String(rwbs)) ? "write" : /R/.test(String(rwbs)) ? "read" : "flush";

    // Stages by file, and by the kind of operation that had the bio submitted.
    const byFile: string[] = [];
    const owned = bios.filter(({ ino }) => ino !== null);
    for (const [key, own] of groups(owned, (bio) => `${bio.dev} ${bio.ino} ${direction(bio)}`)) {
      const queued = own.flatMap(({ queue_ns }) => (queue_ns === null ? [] : [big(queue_ns)])).sort(ascending);
      if (queued.length > 1) byFile.push(`${key} Q2Q ${measured(queued.slice(1).map((ns, at) => ns - queued[at]))}`);
      for (const [stage, from, to] of STAGES) {
        const times = own.flatMap((bio) =>
          bio[from] === null || bio[to] === null ? [] : [big(bio[to]) - big(bio[from])]
        );
        if (times.length > 0) byFile.push(`${key} ${stage} ${measured(times)}`);
      }
    }
    const spread = ["count", "min_ns", "p50_ns", "p99_ns", "max_ns"];
    assertEquals(
      lines(await rows("FROM io_latency_by_file"), "dev", "ino", "direction", "stage", ...spread),
      byFile.sort(),
    );
    const byOperation: string[] = [];
    const submitted = bios.filter(({ op_id }) => op_id !== null);
    const kindOf = (bio: Row) => {
      const { kind, execution } = ofId.get(big(bio.op_id))!;
      return `${kind} ${execution} ${bio.role}`;
    };
    for (const [key, own] of groups(submitted, kindOf)) {
      for (const [stage, from, to] of STAGES) {
        const times = own.flatMap((bio) =>
          bio[from] === null || bio[to] === null ? [] : [big(bio[to]) - big(bio[from])]
        );
        if (times.length > 0) byOperation.push(`${key} ${stage} ${measured(times)}`);
      }
    }
    assert(byOperation.length > 10);
    assertEquals(
      lines(await rows("FROM io_latency_by_operation"), "kind", "execution", "role", "stage", ...spread),
      byOperation.sort(),
    );
    assertEquals(
      lines(await rows("FROM bio_stages"), "bio_id", "stage", "ns"),
      bios.flatMap((bio) =>
        STAGES.flatMap(([stage, from, to]) =>
          bio[from] === null || bio[to] === null ? [] : [`${bio.bio_id} ${stage} ${big(bio[to]) - big(bio[from])}`]
        )
      ).sort(),
    );

    // How long any bio of an operation was under way: marks every nanosecond range, merged by hand.
    const deviceOf = new Map<bigint, bigint>();
    const perOperation = [...groups(submitted, ({ op_id }) => String(op_id))].map(([key, own]) => {
      const { start_ns, end_ns } = ofId.get(BigInt(key))!;
      const spans = own.flatMap(({ queue_ns, complete_ns }) => {
        if (queue_ns === null || complete_ns === null || end_ns === null) return [];
        const from = big(queue_ns) > big(start_ns) ? big(queue_ns) : big(start_ns);
        const to = big(complete_ns) < big(end_ns) ? big(complete_ns) : big(end_ns);
        return to > from ? [{ from, to }] : [];
      }).sort((a, b) => ascending(a.from, b.from));
      let [device, reached] = [0n, 0n];
      for (const { from, to } of spans) {
        if (to <= reached) continue;
        device += to - (from > reached ? from : reached);
        reached = to;
      }
      deviceOf.set(BigInt(key), device);
      return [key, own.length, sum(own, "bytes"), device].join(" ");
    });
    assertEquals(lines(await rows("FROM operation_bios"), "op_id", "bios", "bytes", "device_ns"), perOperation.sort());

    // The slowest hundredth of each kind.
    const known = [...READS, ...WRITES, ...SYNCS, "ftruncate", "fallocate"];
    const timed = operations.flatMap((row) => {
      const end = row.done_ns ?? row.end_ns;
      if (!known.includes(String(row.kind)) || row.end_ns === null) return [];
      return [{ row, ns: big(end) - big(row.start_ns) }];
    });
    const slow: string[] = [];
    for (const own of groups(timed, ({ row }) => `${row.kind} ${row.execution}`).values()) {
      const bound = quantile(own.map(({ ns }) => ns).sort(ascending), 0.99);
      for (const { row, ns } of own) {
        if (ns < bound) continue;
        const device = deviceOf.get(big(row.op_id)) ?? 0n;
        slow.push([row.op_id, ns, device, ns - device, 2n * device >= ns ? "device" : "page cache"].join(" "));
      }
    }
    assertEquals(
      lines(await rows("FROM slow_operations"), "op_id", "duration_ns", "device_ns", "rest_ns", "spent"),
      slow.sort(),
    );

    // What was done to each file.
    const touching = operations.filter((row) => {
      const isKnown = known.includes(String(row.kind)) && row.ino !== null && row.execution !== "mixed";
      return isKnown && (row.file_offset !== null || ![...READS, ...WRITES].includes(String(row.kind)));
    });
    const files = new Set(
      [...touching, ...owned, ...pageEvents.filter(({ ino }) => ino !== null)].map((row) => `${row.dev} ${row.ino}`),
    );
    const activity = [...files].map((file) => {
      const of = <T extends Row>(list: readonly T[]) => list.filter((row) => `${row.dev} ${row.ino}` === file);
      const [own, disk, pages] = [of(touching), of(owned), of(pageEvents)];
      const [reads, writes] = [READS, WRITES].map((kinds) => own.filter(({ kind }) => kinds.includes(String(kind))));
      const moved = (list: readonly Row[]) =>
        sum(list.filter(({ result }) => result !== null && big(result) > 0n), "result");
      const [diskReads, diskWrites] = ["read", "write"].map((way) => disk.filter((bio) => direction(bio) === way));
      return [
        file,
        reads.length,
        moved(reads),
        writes.length,
        moved(writes),
        [...reads, ...writes].filter(({ direct }) => direct === true).length,
        own.filter(({ kind }) => SYNCS.includes(String(kind))).length,
        new Set(own.map(({ task }) => task)).size,
        diskReads.length,
        sum(diskReads, "bytes"),
        diskWrites.length,
        sum(diskWrites, "bytes"),
        sum(pages.filter(({ kind }) => kind === "add"), "pages"),
        sum(pages.filter(({ kind }) => kind === "delete"), "pages"),
      ].join(" ");
    });
    assertEquals(
      lines(
        await rows("FROM file_activity"),
        ...("dev ino reads read_bytes writes written_bytes direct_operations syncs tasks disk_reads disk_read_bytes " +
          "disk_writes disk_written_bytes pages_added pages_removed").split(" "),
      ),
      activity.sort(),
    );
    assertEquals(
      lines(await rows("FROM bio_to_file"), "bio_id", "ino", "file_offset", "op_id", "task", "kind"),
      bios.map((bio) => {
        const operation = bio.op_id === null ? undefined : ofId.get(big(bio.op_id));
        return [bio.bio_id, bio.ino, bio.file_offset, bio.op_id, operation?.task ?? null, operation?.kind ?? null]
          .map(String).join(" ");
      }).sort(),
    );
    assertEquals(
      lines(await rows("FROM file_paths"), "dev", "ino", "operations"),
      [...groups(operations.filter(({ ino }) => ino !== null), ({ dev, ino }) => `${dev} ${ino}`)].map(([file, own]) =>
        `${file} ${own.length}`
      ).sort(),
    );
  });
});
