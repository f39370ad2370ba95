import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import fc from "fast-check";
import {
  ChromeTrace,
  microseconds,
  type TracedBio,
  type TracedOperation,
} from "../../../src/results/export/chrome_trace.ts";
import { exportChromeTrace } from "../../../src/results/export/chrome_trace_file.ts";
import type { QueryConnection } from "../../../src/results/query/result_rows.ts";
import { readResults } from "../../commands/made_results.ts";
import { inFolder, runCli } from "../../commands/run_cli.ts";

interface TraceEvent {
  ph: string;
  name: string;
  pid: number;
  tid: number;
  ts: number;
  dur: number;
  id: number;
  args: Record<string, unknown>;
}

/** What Perfetto needs: spans of a track nest or are apart, and every end of a flow lies on a span. */
function check(events: readonly TraceEvent[]): void {
  const ns = (microseconds: number) => Math.round(microseconds * 1000);
  const tracks = new Map<string, [number, number][]>();
  for (const { ph, pid, tid, ts, dur, name } of events) {
    if (ph !== "X") continue;
    assert(dur >= 0, name);
    const key = `${pid} ${tid}`;
    if (!tracks.has(key)) tracks.set(key, []);
    tracks.get(key)!.push([ns(ts), ns(ts) + ns(dur)]);
  }
  for (const [key, spans] of tracks) {
    const open: number[] = [];
    for (const [begin, end] of spans.toSorted((a, b) => a[0] - b[0] || b[1] - a[1])) {
      while (open.length > 0 && open.at(-1)! <= begin) open.pop();
      assert(
        open.length === 0 || end <= open.at(-1)!,
        `${key}: ${begin} to ${end} is not inside of what ends at ${open.at(-1)}`,
      );
      open.push(end);
    }
  }
  const flows = new Map<number, string>();
  for (const { ph, pid, tid, ts, id } of events) {
    if (!"stf".includes(ph)) continue;
    flows.set(id, (flows.get(id) ?? "") + ph);
    const spans = tracks.get(`${pid} ${tid}`) ?? [];
    assert(spans.some(([begin, end]) => begin <= ns(ts) && ns(ts) < end), `flow ${id} is on no span`);
  }
  for (const [id, steps] of flows) assertMatch(steps, /^st*f$/, `flow ${id}`);
  const named = new Set(events.filter(({ name }) => name === "thread_name").map(({ pid, tid }) => `${pid} ${tid}`));
  for (const key of tracks.keys()) assert(named.has(key), key);
}

function operation(opId: bigint, start: bigint, end: bigint | null): TracedOperation {
  return {
    opId,
    task: `fio-${opId % 2n}`,
    pid: 7,
    kind: "pwrite",
    direct: true,
    dev: "8:0",
    ino: 12n,
    path: "/mnt/a",
    fileOffset: 4096n,
    bytes: 512n,
    start,
    end,
    result: 512n,
  };
}

function bio(bioId: bigint, stages: (bigint | null)[], opId: bigint | null): TracedBio {
  return {
    bioId,
    dev: "8:0",
    sector: 8n,
    bytes: 4096n,
    rwbs: "WS",
    stages,
    pid: 7,
    comm: "fio",
    opId,
    error: 0,
    completedOn: 1,
  };
}

function drawn(operations: TracedOperation[], bios: TracedBio[]): TraceEvent[] {
  const events: string[] = [];
  new ChromeTrace((event) => events.push(event)).recording({
    recordingId: 1,
    path: "trace.dat",
    lastNs: 100_000n,
    operations,
    bios,
    pageEvents: [{ ts: 5n, kind: "add", dev: "8:0", ino: 12n, pageIndex: 1n, pages: 2n, cause: null }],
  });
  return JSON.parse(`[${events.join(",")}]`);
}

Deno.test("an operation's flow goes over its queueing and its bio to the completion on a CPU", () => {
  const events = drawn([operation(0n, 10n, 9_000n)], [bio(0n, [100n, 200n, null, 400n, 5_000n], 0n)]);
  check(events);
  const track = (event: TraceEvent) =>
    events.find(({ ph, name, pid, tid }) =>
      ph === "M" && name === "thread_name" && pid === event.pid && tid === event.tid
    )!
      .args.name;
  assertEquals(
    events.filter(({ ph }) => "stf".includes(ph)).map((event) => [event.ph, track(event), event.ts]),
    [["s", "fio-0", 0.01], ["t", "fio-7", 0.1], ["t", "8:0", 0.1], ["f", "CPU 1", 5]],
  );
  assertEquals(
    events.filter(({ ph }) => ph === "X").map((event) => `${track(event)}: ${event.name} ${event.dur}`),
    [
      "fio-0: pwrite direct 4096+512 8.99",
      "8:0 inode 12 /mnt/a: pwrite direct 4096+512 8.99",
      "fio-7: queue WS 4096 0.001",
      "8:0: WS 4096 4.9",
      "8:0: Q2G 0.1",
      "8:0: G2D 0.2",
      "8:0: D2C 4.6",
      "CPU 1: complete WS 4096 0.001",
    ],
  );
  const page = events.find(({ ph }) => ph === "i")!;
  assertEquals([track(page), page.name], ["8:0 inode 12 /mnt/a pages", "add 1+2"]);
});

Deno.test("whatever overlaps, spans of a track nest and flows hold on to one", () => {
  const time = fc.bigInt({ min: 0n, max: 60n }).map((n) => n * 100n);
  const optional = (value: fc.Arbitrary<bigint>) => fc.option(value, { freq: 5 });
  const life = fc.tuple(
    optional(time),
    fc.array(optional(time), { minLength: 4, maxLength: 4 }),
    fc.option(fc.bigInt(0n, 3n)),
  )
    .map(([first, later, owner]) => {
      let at = first ?? 0n;
      return { stages: [first, ...later.map((step) => (step === null ? null : (at += step)))], owner };
    });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(time, optional(time)), { maxLength: 8 }),
      fc.array(life, { maxLength: 12 }),
      (calls, lives) => {
        const operations = calls.toSorted((a, b) => Number(a[0] - b[0])).map(([start, length], index) =>
          operation(BigInt(index), start, length === null ? null : start + length)
        );
        const first = ({ stages }: { stages: (bigint | null)[] }) => stages.find((ns) => ns !== null) ?? 0n;
        const bios = lives.toSorted((a, b) => Number(first(a) - first(b))).map(({ stages, owner }, index) =>
          bio(BigInt(index), stages, owner)
        );
        check(drawn(operations, bios));
      },
    ),
    { seed: 4242, numRuns: 300 },
  );
});

Deno.test("times keep all their digits", () => {
  assertEquals(microseconds(1_795_242_123_456_789_012n), "1795242123456789.012");
  assertEquals([microseconds(0n), microseconds(-1_001n), microseconds(7n)], ["0.000", "-1.001", "0.007"]);
});

Deno.test("an export that fails on the way closes its file and stops listening", async () => {
  await inFolder(async (folder) => {
    // Only who may do everything may read /proc here.
    const open = async () => {
      const { stdout } = await new Deno.Command("ls", { args: ["-l", `/proc/${Deno.pid}/fd`] }).output();
      return new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes(folder)).length;
    };
    let whileOpen = 0;
    const broken: QueryConnection = {
      async stream() {
        whileOpen = await open();
        throw new Error("the engine gave up");
      },
      cancel: () => {},
    };
    const stopped: unknown[] = [];
    const terminate = Worker.prototype.terminate;
    Worker.prototype.terminate = function () {
      stopped.push(this);
      terminate.call(this);
    };
    try {
      await assertRejects(() => exportChromeTrace(broken, `${folder}/t.json`), Error, "the engine gave up");
    } finally {
      Worker.prototype.terminate = terminate;
    }
    assert(whileOpen > 0);
    assertEquals([await open(), stopped.length, [...Deno.readDirSync(folder)]], [0, 1, []]);
  });
});

Deno.test("a real recording's trace is JSON with every bio and page event, and Perfetto's rules hold", async () => {
  await inFolder(async (folder) => {
    const path = await readResults("hello-xfs/trace.dat");
    const { code, stdout, stderr } = await runCli(["export", path, "--chrome-trace", `${folder}/t.json`]);
    assertEquals(code, 0, stderr);
    const { traceEvents } = JSON.parse(Deno.readTextFileSync(`${folder}/t.json`));
    check(traceEvents);
    const sql = "SELECT (SELECT count(*) FROM bio) AS bios, (SELECT count(*) FROM page_event) AS pages";
    const [{ bios, pages }] = JSON.parse((await runCli(["query", path, sql, "--format", "json"])).stdout);
    assertEquals(
      traceEvents.filter(({ args }: TraceEvent) => args && "sector" in args && "rwbs" in args).length >= bios,
      true,
    );
    assertEquals(traceEvents.filter(({ ph }: TraceEvent) => ph === "i").length, pages);
    assertMatch(stdout, new RegExp(`${bios} bios, ${pages} page events`));
  });
});
