import { assertEquals } from "@std/assert";
import { pair, TRACERS } from "./block_stream.ts";

function assertPairs(lines: string, bios: string[], diagnostics: string[] = []): void {
  for (const tracer of TRACERS) assertEquals(pair(lines, tracer), { bios, diagnostics, stack: [] }, tracer);
}

Deno.test("a flush that a task asks for becomes a flush request and ends with it", () => {
  assertPairs(
    `Q 8,0 FWS pid=5
     G 8,0 FWS pid=5
     D 8,0 FF
     C 8,0 FF
     C 8,0 WS`,
    ["0 8:0 FWS 0+0 Q1 G2 C5", "1 8:0 FF 0+0 D3 C4"],
  );
});

Deno.test("a write with a flush before it waits for that, and its stages are those of its data", () => {
  assertPairs(
    `Q 8,0 FWS 100+8
     G 8,0 FWS 100+8
     D 8,0 FF
     C 8,0 FF
     I 8,0 WS 100+8
     D 8,0 WS 100+8
     C 8,0 WS 100+8`,
    ["0 8:0 FWS 100+8 Q1 G2 I5 D6 C7", "1 8:0 FF 0+0 D3 C4"],
  );
});

Deno.test("a write with FUA on a disk without it ends when the flush behind it does", () => {
  assertPairs(
    `Q 8,0 FWFSM 2192+8
     G 8,0 FWFSM 2192+8
     D 8,0 FF
     C 8,0 FF
     D 8,0 WSM 2192+8
     C 8,0 WSM 2192+8
     D 8,0 FF
     C 8,0 FF
     C 8,0 WSM 2192+0`,
    ["0 8:0 FWFSM 2192+8 Q1 G2 D5 C9", "1 8:0 FF 0+0 D3 C4", "2 8:0 FF 0+0 D7 C8"],
  );
});

Deno.test("a write with FUA on a disk that has it, or that needs none, ends with its data", () => {
  assertPairs(
    `Q 8,0 WFS 100+8
     G 8,0 WFS 100+8
     D 8,0 WFS 100+8
     C 8,0 WFS 100+8
     Q 8,0 WFS 100+8
     G 8,0 WFS 100+8
     D 8,0 WFS 100+8
     C 8,0 WFS 100+8`,
    ["0 8:0 WFS 100+8 Q1 G2 D3 C4", "1 8:0 WFS 100+8 Q5 G6 D7 C8"],
  );
});

Deno.test("several flushes at once share one request, and end in the order in which they were asked for", () => {
  assertPairs(
    `Q 8,0 FWS pid=1
     Q 8,0 FWS pid=2
     G 8,0 FWS pid=2
     G 8,0 FWS pid=1
     D 8,0 FF
     Q 8,0 FWS pid=3
     G 8,0 FWS pid=3
     C 8,0 FF
     C 8,0 WS
     C 8,0 WS
     D 8,0 FF
     C 8,0 FF
     C 8,0 WS`,
    [
      "0 8:0 FWS 0+0 Q1 G4 C9",
      "1 8:0 FWS 0+0 Q2 G3 C10",
      "2 8:0 FF 0+0 D5 C8",
      "3 8:0 FWS 0+0 Q6 G7 C13",
      "4 8:0 FF 0+0 D11 C12",
    ],
  );
});

Deno.test("a flush request that is put back is issued again", () => {
  assertPairs(
    `D 8,0 FF
     R 8,0 FF
     D 8,0 FF
     C 8,0 FF error=-5`,
    ["0 8:0 FF 0+0 D3 C4 requeues 1 error -5"],
  );
});

Deno.test("flushes of two devices are kept apart", () => {
  assertPairs(
    `D 8,0 FF
     D 8,16 FF
     C 8,16 FF
     C 8,0 FF`,
    ["0 8:0 FF 0+0 D1 C4", "1 8:16 FF 0+0 D2 C3"],
  );
});

Deno.test("the end of a flush that began before the recording is counted, not guessed", () => {
  assertPairs(
    `C 8,0 FF
     C 8,0 WS
     C 8,0 WSM 2192+0
     R 8,0 FF`,
    [],
    ["3 bio_unpaired (completion)", "1 bio_unpaired (requeue)"],
  );
});

Deno.test("writes with FUA whose flush never comes do not pile up", () => {
  const lines: string[] = [];
  for (let i = 0; i < 1000; i++) {
    const place = `${i * 8}+8`;
    lines.push(...["Q", "G", "D", "C"].map((action) => `${action} 8,0 WFS ${place}`));
  }
  for (const tracer of TRACERS) {
    const { bios, diagnostics } = pair(lines, tracer);
    assertEquals(bios.length, 1000);
    assertEquals(bios[999], "999 8:0 WFS 7992+8 Q3997 G3998 D3999 C4000");
    assertEquals(diagnostics, []);
  }
});

Deno.test("flushes that are issued and never end are given up and counted", () => {
  for (const tracer of TRACERS) {
    const { bios, diagnostics } = pair([...Array(3)].flatMap(() => ["D 8,0 FF", "Q 8,0 FWS"]), tracer);
    // While one has been issued, an issue is of the next one.
    assertEquals(bios.length, 6);
    assertEquals(diagnostics, ["6 bio_incomplete"]);
    const many = pair(Array(3000).fill("D 8,0 FF"), tracer);
    assertEquals(many.bios.length, 3000);
    assertEquals(many.diagnostics, ["1976 bio_given_up", "1024 bio_incomplete"]);
  }
});
