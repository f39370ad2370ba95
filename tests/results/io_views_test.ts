import { assert, assertEquals } from "@std/assert";
import { inFolder, trace } from "../commands/run_cli.ts";
import { analysed, ascending, groups, quantile, STAGES } from "./analysed.ts";

Deno.test("views of bios agree with plain computations over a real recording's bios and events", async () => {
  await analysed([trace("coherence-bw-ext4/trace.dat")], async (rows) => {
    const bios = await rows("SELECT * FROM bio ORDER BY queue_ns, bio_id");
    assert(bios.length > 300);

    // Latency by thread, each stage from the two times at its ends.
    const expected: string[] = [];
    for (const own of groups(bios, ({ dev, pid, comm }) => `${dev} ${pid} ${comm}`).values()) {
      const { dev, pid, comm } = own[0];
      const queued = own.flatMap(({ queue_ns }) => (queue_ns === null ? [] : [queue_ns as bigint])).sort(ascending);
      const spans: [string, bigint[]][] = [["Q2Q", queued.slice(1).map((ns, index) => ns - queued[index])]];
      for (const [stage, from, to] of STAGES) {
        spans.push([
          stage,
          own.flatMap((bio) =>
            bio[from] === null || bio[to] === null ? [] : [(bio[to] as bigint) - (bio[from] as bigint)]
          ),
        ]);
      }
      for (const [stage, times] of spans) {
        if (times.length === 0) continue;
        times.sort(ascending);
        const values = [
          times.length,
          times[0],
          ...[0.5, 0.9, 0.99].map((share) => quantile(times, share)),
          times.at(-1),
        ];
        expected.push([dev, pid, comm, stage, ...values].join(" "));
      }
    }
    const found = await rows("SELECT * FROM io_latency_by_process");
    assertEquals(
      found.map((r) =>
        [r.dev, r.pid, r.comm, r.stage, r.count, r.min_ns, r.p50_ns, r.p90_ns, r.p99_ns, r.max_ns].join(" ")
      )
        .sort(),
      expected.sort(),
    );
    assert(found.every(({ avg_ns, min_ns, max_ns }) => avg_ns! >= min_ns! && avg_ns! <= max_ns!));

    // Merges as the kernel told them: one event of action M or F each.
    const [told] = await rows("SELECT count(*) AS merges FROM event WHERE action IN ('M', 'F')");
    const merges = await rows("SELECT * FROM merge_ratio");
    assertEquals(merges.reduce((sum, { merged }) => sum + (merged as bigint), 0n), told.merges);
    assert((told.merges as bigint) > 0n);
    for (
      const [direction, own] of groups(
        bios.filter(({ bytes }) => (bytes as bigint) > 0n),
        ({ rwbs }) => /W/.test(String(rwbs)) ? "write" : "read",
      )
    ) {
      const bytes = own.reduce((sum, bio) => sum + (bio.bytes as bigint), 0n);
      const merged = own.filter(({ merged_into }) => merged_into !== null).length;
      const row = merges.find((candidate) => candidate.direction === direction)!;
      assertEquals([row.bios, row.merged, row.requests], [own.length, merged, own.length - merged].map(BigInt));
      assertEquals(row.merged_share, merged / own.length);
      assertEquals([row.bio_bytes, row.request_bytes], [
        Number(bytes) / own.length,
        Number(bytes) / (own.length - merged),
      ]);
    }

    // The slowest hundredth of each direction.
    const timed = bios.filter(({ queue_ns, complete_ns }) => queue_ns !== null && complete_ns !== null).map((bio) => ({
      bio,
      direction: /W/.test(String(bio.rwbs)) ? "write" : /R/.test(String(bio.rwbs)) ? "read" : "flush",
      ns: (bio.complete_ns as bigint) - (bio.queue_ns as bigint),
    }));
    const slow: string[] = [];
    for (const own of groups(timed, ({ direction }) => direction).values()) {
      const times = own.map(({ ns }) => ns).sort(ascending);
      const [median, bound] = [quantile(times, 0.5), quantile(times, 0.99)];
      for (const { bio, direction, ns } of own) {
        if (ns < bound) continue;
        const before = bio.issue_ns === null ? null : (bio.issue_ns as bigint) - (bio.queue_ns as bigint);
        const spent = before === null ? null : before > ns - before ? "block layer" : "device";
        slow.push([direction, bio.bio_id, ns, before, spent, (Number(ns) / Number(median)).toFixed(6)].join(" "));
      }
    }
    const slowest = await rows("SELECT * FROM slow_ios");
    assertEquals(
      slowest.map((r) =>
        [r.direction, r.bio_id, r.q2c_ns, r.q2d_ns, r.spent, Number(r.times_median).toFixed(6)].join(" ")
      ).sort(),
      slow.sort(),
    );
    assert(slowest.every(({ q2c_ns }, index) => index === 0 || q2c_ns! <= slowest[index - 1].q2c_ns!));

    // Doubts are those that are counted as such, and no others.
    const diagnostics = await rows("SELECT code, count, message FROM diagnostic");
    assertEquals(
      (await rows("SELECT kind, count, meaning FROM ambiguities")).map((r) =>
        `ambiguity_${r.kind} ${r.count} ${r.meaning}`
      ).sort(),
      diagnostics.filter(({ code }) => /^ambiguity_/.test(String(code))).map((r) => `${r.code} ${r.count} ${r.message}`)
        .sort(),
    );
  });
});

const TEXT = `# tracer: nop
#
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
             fio-100     [000] .....    10.000001: my_lock_taken: who=5
             fio-100     [000] .....    10.000002: block_bio_queue: 8,0 WS 8 + 8 [fio]
             fio-100     [001] .....    10.000003: my_lock_taken: who=6
             fio-100     [001] .....    10.000004: my_lockXtaken: who=6
             fio-100     [001] .....    10.000005: my_lock: a=1
`;

Deno.test("unknown_events names what is not known, how often it came and when, and nothing else", async () => {
  await inFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/trace.txt`, TEXT);
    await analysed([`${folder}/trace.txt`], async (rows) => {
      assertEquals(
        (await rows("SELECT name, events, first_ns, last_ns FROM unknown_events")).map((r) =>
          Object.values(r).join(" ")
        ),
        [
          "my_lock_taken 2 10000001000 10000003000",
          "my_lock 1 10000005000 10000005000",
          "my_lockXtaken 1 10000004000 10000004000",
        ],
      );
      const [{ rows: cells }] = await rows('SELECT count(*) AS rows FROM raw."my_lock_taken"');
      assertEquals(cells, 2n);
    });
  });
});
