import { assertEquals } from "@std/assert";
import { pair, type Paired, TRACERS } from "./block_stream.ts";

/** Both tracers' events give these bios, with nothing left over. */
function assertPairs(lines: string, bios: string[], more: Partial<Paired> = {}): void {
  for (const tracer of TRACERS) {
    assertEquals(pair(lines, tracer), { bios, diagnostics: [], stack: [], ...more }, tracer);
  }
}

Deno.test("a bio is followed from queue to completion", () => {
  assertPairs(
    `Q 8,0 RS 100+8
     G 8,0 RS 100+8
     I 8,0 RS 100+8
     D 8,0 RS 100+8
     C 8,0 RS 100+8`,
    ["0 8:0 RS 100+8 Q1 G2 I3 D4 C5"],
  );
});

Deno.test("sectors beyond two terabytes and lengths of gigabytes are kept whole", () => {
  assertPairs(
    `Q 8,0 D 68719476736+6291456
     G 8,0 D 68719476736+6291456
     D 8,0 D 68719476736+6291456
     C 8,0 D 68719476736+6291456`,
    ["0 8:0 D 68719476736+6291456 Q1 G2 D3 C4"],
  );
});

Deno.test("bios of two devices at one sector are kept apart", () => {
  assertPairs(
    `Q 8,0 W 100+8
     Q 8,16 W 100+8
     G 8,16 W 100+8
     G 8,0 W 100+8
     D 8,0 W 100+8
     D 8,16 W 100+8
     C 8,16 W 100+8
     C 8,0 W 100+8`,
    ["0 8:0 W 100+8 Q1 G4 D5 C8", "1 8:16 W 100+8 Q2 G3 D6 C7"],
  );
});

Deno.test("bios that are merged at the back and at the front are issued and completed with the request", () => {
  assertPairs(
    `Q 8,0 W 100+8
     G 8,0 W 100+8
     P 8,0 N
     Q 8,0 W 108+8
     M 8,0 W 108+8
     Q 8,0 W 92+8
     F 8,0 W 92+8
     Q 8,0 W 116+16
     M 8,0 W 116+16
     U 8,0 N
     I 8,0 W 92+40
     D 8,0 W 92+40
     C 8,0 W 92+40`,
    [
      "0 8:0 W 100+8 Q1 G2 I11 D12 C13",
      "1 8:0 W 108+8 Q4 I11 D12 C13 merged into 0",
      "2 8:0 W 92+8 Q6 I11 D12 C13 merged into 0",
      "3 8:0 W 116+16 Q8 I11 D12 C13 merged into 0",
    ],
  );
});

Deno.test("a request that has been issued takes no more bios", () => {
  assertPairs(
    `Q 8,0 W 100+8
     G 8,0 W 100+8
     Q 8,0 W 100+8 pid=2
     G 8,0 W 100+8 pid=2
     D 8,0 W 100+8
     Q 8,0 W 108+8 pid=2
     M 8,0 W 108+8 pid=2
     C 8,0 W 100+8
     D 8,0 W 100+16 pid=2
     C 8,0 W 100+16`,
    [
      "0 8:0 W 100+8 Q1 G2 D5 C8",
      "1 8:0 W 100+8 Q3 G4 D9 C10",
      "2 8:0 W 108+8 Q6 D9 C10 merged into 1",
    ],
  );
});

Deno.test("a bio is merged with a request of its own task and operation first", () => {
  assertPairs(
    `Q 8,0 R 92+8 pid=1
     G 8,0 R 92+8 pid=1
     Q 8,0 W 92+8 pid=2
     G 8,0 W 92+8 pid=2
     Q 8,0 W 84+16 pid=3
     G 8,0 W 84+16 pid=3
     Q 8,0 W 100+8 pid=2
     M 8,0 W 100+8 pid=2
     D 8,0 W 92+16
     D 8,0 W 84+16
     D 8,0 R 92+8
     C 8,0 R 92+8
     C 8,0 W 84+16
     C 8,0 W 92+16`,
    [
      "0 8:0 R 92+8 Q1 G2 D11 C12",
      "1 8:0 W 92+8 Q3 G4 D9 C14",
      "2 8:0 W 84+16 Q5 G6 D10 C13",
      "3 8:0 W 100+8 Q7 D9 C14 merged into 1",
    ],
  );
});

Deno.test("a bio is merged with a request before it is with a bio that has none yet", () => {
  assertPairs(
    `Q 8,0 W 92+8 pid=1
     G 8,0 W 92+8 pid=1
     Q 8,0 W 92+8 pid=2
     Q 8,0 W 100+8 pid=3
     M 8,0 W 100+8 pid=3
     G 8,0 W 92+8 pid=2
     D 8,0 W 92+16
     D 8,0 W 92+8
     C 8,0 W 92+8
     C 8,0 W 92+16`,
    [
      "0 8:0 W 92+8 Q1 G2 D7 C10",
      "1 8:0 W 92+8 Q3 G6 D8 C9",
      "2 8:0 W 100+8 Q4 D7 C10 merged into 0",
    ],
  );
});

Deno.test("two requests that become one end together", () => {
  for (const merge of ["MM", "M"]) {
    assertPairs(
      `Q 8,0 W 100+8
       G 8,0 W 100+8
       Q 8,0 W 116+8
       G 8,0 W 116+8
       Q 8,0 W 108+8
       M 8,0 W 108+8
       ${merge} 8,0 W 116+8
       D 8,0 W 100+24
       C 8,0 W 100+24`,
      [
        "0 8:0 W 100+8 Q1 G2 D8 C9",
        "1 8:0 W 116+8 Q3 G4 D8 C9 merged into 0",
        "2 8:0 W 108+8 Q5 D8 C9 merged into 0",
      ],
    );
  }
});

Deno.test("a split makes a second bio that has waited since the first was queued", () => {
  assertPairs(
    `Q 8,0 W 100+3000
     X 8,0 W 100+1024 / 1124
     G 8,0 W 100+1024
     X 8,0 W 1124+1024 / 2148
     G 8,0 W 1124+1024
     G 8,0 W 2148+952
     D 8,0 W 100+1024
     D 8,0 W 2148+952
     D 8,0 W 1124+1024
     C 8,0 W 1124+1024
     C 8,0 W 100+1024
     C 8,0 W 2148+952`,
    [
      "0 8:0 W 100+1024 Q1 G3 D7 C11",
      "1 8:0 W 1124+1024 Q1 G5 D9 C10 split from 0",
      "2 8:0 W 2148+952 Q1 G6 D8 C12 split from 1",
    ],
  );
});

Deno.test("a request that completes in parts goes on behind them", () => {
  assertPairs(
    `Q 8,0 W 100+8
     G 8,0 W 100+8
     Q 8,0 W 108+8
     M 8,0 W 108+8
     Q 8,0 W 116+8
     M 8,0 W 116+8
     D 8,0 W 100+24
     C 8,0 W 100+4
     C 8,0 W 104+8
     C 8,0 W 112+12`,
    [
      "0 8:0 W 100+8 Q1 G2 D7 C9",
      "1 8:0 W 108+8 Q3 D7 C10 merged into 0",
      "2 8:0 W 116+8 Q5 D7 C10 merged into 0",
    ],
  );
});

Deno.test("what is left of a request that completed in part may be put back and issued again", () => {
  assertPairs(
    `Q 8,0 R 100+16
     G 8,0 R 100+16
     D 8,0 R 100+16
     C 8,0 R 100+8
     R 8,0 R 108+8
     D 8,0 R 108+8
     C 8,0 R 108+8 error=-5`,
    ["0 8:0 R 100+16 Q1 G2 D6 C7 requeues 1 error -5"],
  );
});

Deno.test("a requeued request counts from the issue that counts", () => {
  assertPairs(
    `Q 8,0 W 100+8
     G 8,0 W 100+8
     Q 8,0 W 108+8
     M 8,0 W 108+8
     I 8,0 W 100+16
     D 8,0 W 100+16
     R 8,0 W 100+16
     I 8,0 W 100+16
     D 8,0 W 100+16
     R 8,0 W 100+16
     D 8,0 W 100+16
     C 8,0 W 100+16`,
    ["0 8:0 W 100+8 Q1 G2 I8 D11 C12 requeues 2", "1 8:0 W 108+8 Q3 I8 D11 C12 merged into 0 requeues 2"],
  );
});

Deno.test("a failed request gives its error to all its bios", () => {
  assertPairs(
    `Q 8,0 R 100+8
     G 8,0 R 100+8
     Q 8,0 R 108+8
     M 8,0 R 108+8
     D 8,0 R 100+16
     C 8,0 R 100+16 error=-5`,
    ["0 8:0 R 100+8 Q1 G2 D5 C6 error -5", "1 8:0 R 108+8 Q3 D5 C6 merged into 0 error -5"],
  );
});

Deno.test("a disk without requests completes its bios", () => {
  assertPairs(
    `Q 259,0 W 100+8
     Q 259,0 R 200+2328
     BC 259,0 R 200+2328
     BC 259,0 W 100+8 error=-28`,
    ["0 259:0 W 100+8 Q1 C4 error -28", "1 259:0 R 200+2328 Q2 C3"],
  );
});

Deno.test("the completion of a bio that never got a request is not taken for that of a request", () => {
  const lines = `Q 8,0 R 100+8 pid=1
     G 8,0 R 100+8 pid=1
     D 8,0 R 100+8 pid=1
     Q 8,0 R 100+8 pid=2
     BC 8,0 R 100+8 pid=2 error=-11
     C 8,0 R 100+8`;
  assertEquals(pair(lines, "ftrace").bios, [
    "0 8:0 R 100+8 Q1 G2 D3 C6",
    "1 8:0 R 100+8 Q4 C5 error -11",
  ]);
});

Deno.test("discards are bios like others", () => {
  assertPairs(
    `Q 8,0 DS 17504+25504
     G 8,0 DS 17504+25504
     D 8,0 DS 17504+25504
     C 8,0 DS 17504+25504`,
    ["0 8:0 DS 17504+25504 Q1 G2 D3 C4"],
  );
});

Deno.test("zone commands have a place and no data", () => {
  assertPairs(
    `Q 8,0 ZR 524288+0
     Q 8,0 ZR 1048576+0
     G 8,0 ZR 1048576+0
     G 8,0 ZR 524288+0
     I 8,0 ZR 524288+0
     D 8,0 ZR 524288+0
     R 8,0 ZR 524288+0
     D 8,0 ZR 524288+0
     D 8,0 ZR 1048576+0
     C 8,0 ZR 1048576+0
     C 8,0 ZR 524288+0`,
    ["0 8:0 ZR 524288+0 Q1 G4 I5 D8 C11 requeues 1", "1 8:0 ZR 1048576+0 Q2 G3 D9 C10"],
  );
});

Deno.test("a read and a write of one place that are under way together are told apart", () => {
  assertPairs(
    `Q 8,0 WS 100+8 pid=1
     G 8,0 WS 100+8 pid=1
     Q 8,0 RS 100+8 pid=2
     G 8,0 RS 100+8 pid=2
     D 8,0 WS 100+8
     D 8,0 RS 100+8
     C 8,0 RS 100+8
     C 8,0 WS 100+8`,
    ["0 8:0 WS 100+8 Q1 G2 D5 C8", "1 8:0 RS 100+8 Q3 G4 D6 C7"],
  );
});

Deno.test("of bios that look alike, the task's own gets the request and the oldest completes", () => {
  assertPairs(
    `Q 8,0 R 100+8 pid=1
     Q 8,0 R 100+8 pid=2
     G 8,0 R 100+8 pid=2
     G 8,0 R 100+8 pid=1
     D 8,0 R 100+8
     D 8,0 R 100+8
     C 8,0 R 100+8
     C 8,0 R 100+8`,
    ["0 8:0 R 100+8 Q1 G4 D5 C7", "1 8:0 R 100+8 Q2 G3 D6 C8"],
  );
});

Deno.test("requests of different length at one place are told apart", () => {
  assertPairs(
    `Q 8,0 R 100+8 pid=1
     G 8,0 R 100+8 pid=1
     Q 8,0 R 100+16 pid=2
     G 8,0 R 100+16 pid=2
     D 8,0 R 100+16
     D 8,0 R 100+8
     C 8,0 R 100+16
     C 8,0 R 100+8`,
    ["0 8:0 R 100+8 Q1 G2 D6 C8", "1 8:0 R 100+16 Q3 G4 D5 C7"],
  );
});

Deno.test("trace instances that record the same events do not mix", () => {
  assertEquals(
    pair(
      `Q 8,0 W 100+8
       Q 8,0 W 100+8 in rec
       G 8,0 W 100+8
       G 8,0 W 100+8 in rec
       C 8,0 W 100+8
       C 8,0 W 100+8 in rec`,
      "ftrace",
    ),
    { bios: ["0 8:0 W 100+8 Q1 G3 C5", "1 8:0 W 100+8 Q2 G4 C6"], diagnostics: [], stack: [] },
  );
});
