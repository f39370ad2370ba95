import { assert, assertEquals } from "@std/assert";
import { stripVTControlCharacters } from "node:util";
import { explore } from "../../src/exploring/explore.ts";
import { minimise } from "../../src/exploring/minimise.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import type { Program } from "../../src/machine/program.ts";
import type { Steps, Task } from "../../src/machine/task.ts";
import { type LaneTrace, traceRun } from "../../src/report/lanes/lane_trace.ts";
import { lanesText } from "../../src/report/lanes/lanes.ts";
import { coloured, plain } from "../../src/report/paint.ts";
import { displayWidth } from "../../src/results/query/text_width.ts";
import { crossedLocks, extendWithoutOrder, readAgainstTruncate } from "./lane_programs.ts";

const found = new Map<Program, LaneTrace>();

/** The smallest run of a program that shows an anomaly. */
function smallest(program: Program, anomaly: string): LaneTrace {
  const trace = found.get(program) ?? search(program, anomaly);
  found.set(program, trace);
  return trace;
}

function search(program: Program, anomaly: string): LaneTrace {
  const { outcomes } = explore(program);
  const { token } = outcomes.find(({ findings }) => findings.some((finding) => finding.anomaly === anomaly))!;
  const isWanted = ({ end, findings }: { end: string; findings: readonly { anomaly: string }[] }) =>
    anomaly === "DEADLOCK" ? end === "deadlock" : findings.some((finding) => finding.anomaly === anomaly);
  return traceRun(program, minimise(program, token, isWanted));
}

function picture(trace: LaneTrace, width: number): string {
  return `\n${lanesText(trace, { width, paint: plain }).join("\n")}\n`;
}

Deno.test("a deadlock: who took what, and who waits for it", () => {
  const trace = smallest(crossedLocks, "DEADLOCK");
  const shown = `
     T1                            T2
 0 │ ▶ rename over G
 1 ┃ lock i_mutex(F)
 2 ┃ holds i_mutex(F)            │ ▶ rename over F
 3 ┊ waits i_mutex(G) (owner T2) ┊ lock i_mutex(G)
   ┊                             ┊ holds i_mutex(G)
   ┊                             ┊ waits i_mutex(F) (owner T1)
`;
  assertEquals(picture(trace, 80), shown);
  assertEquals(picture(trace, 160), shown, "there is no more to tell on a wide terminal");
  assertEquals(trace.findings.map(({ text }) => text), [
    "T1(rename over G) holds i_mutex(F) waits i_mutex(G) (owner T2)\n" +
    "T2(rename over F) holds i_mutex(G) waits i_mutex(F) (owner T1)",
  ]);
});

Deno.test("a read that meets a freed block, in 80 columns: what has changed is in the lanes", () => {
  assertEquals(
    picture(smallest(readAgainstTruncate, "USE_AFTER_FREE_BLOCK"), 80),
    `
     T1                        T2                        bio(T2.0)
 0                           │ ▶ pread F[0]
 2 │ ▶ ftruncate F 0         │
 3 │ i_size(F) = 0           │
   │ size of F: 1 → 0        │
 6 ┃ start txn transaction 1 │
 8 ┃ holds txn               ┃ lock page(F,0)
   ┃                         ┃ page(F,0): not uptodate
   ┃                         ┃   0
 9 ┃                         │ submit bio(T2.0): read
   ┃                         │   0+1
10 ┃                         ┊ waits page(F,0) (owner
   ┃                         ┊   bio(T2.0))
11 │ map(F,0) is a hole      ┊
   │ free block(0) pending   ┊
   │ stop txn transaction 1  ┊
   │ ◀ T1#0 returns 0        ┊
12                           ┊                         │ reads sector(0): I(F,0)
                             ┊                         │ page(F,0): not uptodate
                             ┊                         │   I(F,0)
                             ┊                         │ ✗ USE_AFTER_FREE_BLOCK
13                           │                         │ bio(T2.0) ends
                             │                         │ unlock page(F,0)
                             │                         │ page(F,0): uptodate
                             │                         │   I(F,0)
14                           ┃ lock page(F,0)
15                           │ unlock page(F,0)
16                           │ ◀ T2#0 returns 0
`,
  );
});

Deno.test("in 160 columns what has changed has a column of its own", () => {
  assertEquals(
    picture(smallest(readAgainstTruncate, "USE_AFTER_FREE_BLOCK"), 160),
    `
     T1                        T2                                  bio(T2.0)               what has changed
 0                           │ ▶ pread F[0]
 2 │ ▶ ftruncate F 0         │
 3 │ i_size(F) = 0           │                                                             size of F: 1 → 0
 6 ┃ start txn transaction 1 │
 8 ┃ holds txn               ┃ lock page(F,0)                                              page(F,0): not uptodate 0
 9 ┃                         │ submit bio(T2.0): read 0+1
10 ┃                         ┊ waits page(F,0) (owner bio(T2.0))
11 │ map(F,0) is a hole      ┊
   │ free block(0) pending   ┊
   │ stop txn transaction 1  ┊
   │ ◀ T1#0 returns 0        ┊
12                           ┊                                   │ reads sector(0): I(F,0) page(F,0): not uptodate I(F,0)
                             ┊                                   │ ✗ USE_AFTER_FREE_BLOCK
13                           │                                   │ bio(T2.0) ends          page(F,0): uptodate I(F,0)
                             │                                   │ unlock page(F,0)
14                           ┃ lock page(F,0)
15                           │ unlock page(F,0)
16                           │ ◀ T2#0 returns 0
`,
  );
});

Deno.test("where lanes do not fit, steps stand one below the other", () => {
  assertEquals(
    picture(smallest(readAgainstTruncate, "USE_AFTER_FREE_BLOCK"), 50),
    `
 0 T2        ▶ pread F[0]
 2 T1        ▶ ftruncate F 0
 3 T1        i_size(F) = 0
             size of F: 1 → 0
 6 T1        start txn transaction 1
 8 T2        lock page(F,0)
             page(F,0): not uptodate 0
   T1        holds txn
 9 T2        submit bio(T2.0): read 0+1
10 T2        waits page(F,0) (owner bio(T2.0))
11 T1        map(F,0) is a hole
             free block(0) pending
             stop txn transaction 1
             ◀ T1#0 returns 0
12 bio(T2.0) reads sector(0): I(F,0)
             page(F,0): not uptodate I(F,0)
             ✗ USE_AFTER_FREE_BLOCK
13 bio(T2.0) bio(T2.0) ends
             unlock page(F,0)
             page(F,0): uptodate I(F,0)
14 T2        lock page(F,0)
15 T2        unlock page(F,0)
16 T2        ◀ T2#0 returns 0
`,
  );
});

Deno.test("bios share a lane where there is not room for one each", () => {
  assertEquals(
    picture(smallest(extendWithoutOrder, "STALE_DATA"), 80),
    `
     T1                 T2                 jbd2                interrupts
 0 │ ▶ pwrite F[1]
   │ map mm1 page 0
   │   writable_dirty
 3 ┃ lock page(F,1)
   ┃ page(F,1): not
   ┃   uptodate 0
 4 ┃ start txn
   ┃   transaction 1
 5 ┃ allocate
   ┃   block(1) F 1
   ┃ map(F,1) = block
   ┃   1, written
 6 ┃ copy from mm1: W
   ┃ page(F,1): not
   ┃   uptodate W
 7 ┃ page(F,1):
   ┃   uptodate dirty
   ┃   W
 8 ┃ i_size(F) = 2
   ┃ size of F: 1 → 2
 9 ┃ stop txn
   ┃   transaction 1
10 ┃ holds page(F,1)  │ request
   ┃                  │   commit(1)
11 ┃                                     │ lock commit(1)
13 ┃                                     ┊ submit
   ┃                                     ┊   bio(jbd2.0):
   ┃                                     ┊   write 3+1 SYNC
   ┃                                     ┊   META
   ┃                                     ┊ waits bio(jbd2.0)
14 ┃                                     ┊                   │ bio(jbd2.0):
   ┃                                     ┊                   │   sector(3) =
   ┃                                     ┊                   │   JOURNAL(1)
15 ┃                                     │                   │ bio(jbd2.0) ends
16 ┃                                     ┊ submit
   ┃                                     ┊   bio(jbd2.1):
   ┃                                     ┊   write 4+1 SYNC
   ┃                                     ┊   META PREFLUSH
   ┃                                     ┊   FUA
   ┃                                     ┊ waits bio(jbd2.1)
17 ┃                                     ┊                   │ bio(jbd2.1):
   ┃                                     ┊                   │   sector(4) =
   ┃                                     ┊                   │   COMMIT(1)
`,
  );
});

Deno.test("a crash ends the run, and recovery says what it found", () => {
  const trace = smallest(extendWithoutOrder, "STALE_DATA");
  assertEquals([trace.end, trace.recovered], ["crash", "I(F,0) STALE(1,0)"]);
  assertEquals(trace.findings.map(({ text }) => text), ["after recovery F reads I(F,0) STALE(1,0)"]);
});

Deno.test("no line is wider than asked for, and colours change nothing but colours", () => {
  const traces = [
    smallest(crossedLocks, "DEADLOCK"),
    smallest(readAgainstTruncate, "USE_AFTER_FREE_BLOCK"),
    smallest(extendWithoutOrder, "STALE_DATA"),
  ];
  for (const trace of traces) {
    for (let width = 40; width <= 200; width += 7) {
      const lines = lanesText(trace, { width, paint: plain });
      for (const line of lines) assert(displayWidth(line) <= width, `${displayWidth(line)} > ${width}: ${line}`);
      const painted = lanesText(trace, { width, paint: coloured });
      assert(painted.some((line) => line.includes("\x1b[")));
      assertEquals(painted.map((line) => stripVTControlCharacters(line).trimEnd()), lines);
    }
  }
});

Deno.test("characters of two columns leave the lanes straight", () => {
  const program: Program = {
    name: "wide",
    setUp(world) {
      const lock = new Mutex(world, "锁(文件)");
      function* body(task: Task): Steps {
        const operation = yield* world.history.begin(task, "写 F[0]");
        yield* lock.lock();
        yield* lock.unlock();
        world.history.end(operation, 0);
      }
      world.spawn("T1", body);
      world.spawn("T2", body);
      return {};
    },
  };
  const lines = lanesText(traceRun(program, explore(program).outcomes[0].token), { width: 80, paint: plain });
  const column = displayWidth(lines[0].slice(0, lines[0].indexOf("T2"))) - 2;
  for (const line of lines.slice(1)) {
    const marks = [...line.matchAll(/[│┃┊]/g)].map(({ index }) => displayWidth(line.slice(0, index)));
    for (const at of marks) assert(at === 3 || at === column, line);
  }
});

Deno.test("a token of another program is shown up to where it goes another way", () => {
  const { token } = explore(crossedLocks).outcomes[0];
  const trace = traceRun(readAgainstTruncate, token);
  assert(trace.divergence !== null && trace.divergence.startsWith("step "));
  assert(trace.steps.length < 4);
});
