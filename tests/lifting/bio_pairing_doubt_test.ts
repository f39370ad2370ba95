import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BioPairing } from "../../src/lifting/bio_pairing.ts";
import { BioTable } from "../../src/lifting/bio_table.ts";
import { Diagnostics } from "../../src/recording/diagnostics.ts";
import { EventSink } from "../../src/recording/event_sink.ts";
import { BioLines, blockEvent, BlockEventWriter, pair, TRACERS } from "./block_stream.ts";

function assertPairs(lines: string, bios: string[], diagnostics: string[] = []): void {
  for (const tracer of TRACERS) assertEquals(pair(lines, tracer), { bios, diagnostics, stack: [] }, tracer);
}

Deno.test("without getrq events the request is known by its issue", () => {
  assertPairs(
    `Q 8,0 W 100+8
     I 8,0 W 100+8
     D 8,0 W 100+8
     C 8,0 W 100+8
     Q 8,0 W 200+8
     D 8,0 W 200+8
     C 8,0 W 200+8
     Q 8,0 W 300+8
     C 8,0 W 300+8`,
    ["0 8:0 W 100+8 Q1 I2 D3 C4", "1 8:0 W 200+8 Q5 D6 C7", "2 8:0 W 300+8 Q8 C9"],
  );
});

Deno.test("without getrq events merges find the bio that still looks queued", () => {
  assertPairs(
    `Q 8,0 W 100+8
     Q 8,0 W 108+8
     M 8,0 W 108+8
     Q 8,0 W 92+8
     F 8,0 W 92+8
     D 8,0 W 92+24
     C 8,0 W 92+24`,
    [
      "0 8:0 W 100+8 Q1 D6 C7",
      "1 8:0 W 108+8 Q2 D6 C7 merged into 0",
      "2 8:0 W 92+8 Q4 D6 C7 merged into 0",
    ],
  );
});

Deno.test("without merge events a longer request takes up the bios behind it", () => {
  assertPairs(
    `Q 8,0 W 100+8
     G 8,0 W 100+8
     Q 8,0 W 108+8
     Q 8,0 W 116+8
     Q 8,0 W 132+8
     D 8,0 W 100+24
     C 8,0 W 100+24`,
    [
      "0 8:0 W 100+8 Q1 G2 D6 C7",
      "1 8:0 W 108+8 Q3 D6 C7 merged into 0",
      "2 8:0 W 116+8 Q4 D6 C7 merged into 0",
      "3 8:0 W 132+8 Q5",
    ],
    ["1 bio_incomplete"],
  );
});

Deno.test("without split events a shorter request is a part of its bio", () => {
  assertPairs(
    `Q 8,0 W 100+24
     G 8,0 W 100+16
     G 8,0 W 116+8
     D 8,0 W 100+16
     D 8,0 W 116+8
     C 8,0 W 116+8
     C 8,0 W 100+16
     Q 8,0 W 200+16
     D 8,0 W 200+8
     D 8,0 W 208+8
     C 8,0 W 200+8
     C 8,0 W 208+8`,
    [
      "0 8:0 W 100+16 Q1 G2 D4 C7",
      "1 8:0 W 116+8 Q1 G3 D5 C6 split from 0",
      "2 8:0 W 200+8 Q8 D9 C11",
      "3 8:0 W 208+8 Q8 D10 C12 split from 2",
    ],
  );
});

Deno.test("without queue events bios begin with their first step, and that is said", () => {
  assertPairs(
    `D 8,0 R 100+8
     C 8,0 R 100+8
     I 8,0 R 200+8
     D 8,0 R 200+8
     C 8,0 R 200+8
     G 8,0 W 300+8
     M 8,0 W 308+8
     F 8,0 W 292+8
     D 8,0 W 292+24
     C 8,0 W 292+24
     D 8,0 ZR 524288+0
     C 8,0 ZR 524288+0`,
    [
      "0 8:0 R 100+8 D1 C2",
      "1 8:0 R 200+8 I3 D4 C5",
      "2 8:0 W 300+8 G6 D9 C10",
      "3 8:0 W 308+8 D9 C10 merged into 2",
      "4 8:0 W 292+8 D9 C10 merged into 2",
      "5 8:0 ZR 524288+0 D11 C12",
    ],
    ["6 bio_not_queued"],
  );
});

Deno.test("steps of requests that were under way at the start are counted by kind", () => {
  assertPairs(
    `C 8,0 W 100+8
     C 8,0 W 200+8
     R 8,0 W 300+8
     X 8,0 W 400+8 / 404
     M 8,0 W 500+8
     F 8,0 W 600+8`,
    [],
    [
      "2 bio_unpaired (completion)",
      "1 bio_unpaired (requeue)",
      "1 bio_unpaired (split)",
      "1 bio_unpaired (back merge)",
      "1 bio_unpaired (front merge)",
    ],
  );
});

Deno.test("a bio whose request to merge with is not there becomes a request, and that is counted", () => {
  assertPairs(
    `Q 8,0 W 100+8
     M 8,0 W 100+8
     D 8,0 W 92+16
     C 8,0 W 92+16
     Q 8,0 W 300+8
     F 8,0 W 300+8
     D 8,0 W 300+16
     C 8,0 W 300+16`,
    [
      "0 8:0 W 100+8 Q1 D3 C4 merged into 1",
      "1 8:0 W 92+8 D3 C4",
      "2 8:0 W 300+8 Q5 D7 C8",
    ],
    ["1 bio_unpaired (back merge)", "1 bio_not_queued", "1 bio_unpaired (front merge)"],
  );
});

Deno.test("bios under way at the end keep what is known of them, and are counted", () => {
  assertPairs(
    `Q 8,0 W 100+8
     G 8,0 W 100+8
     Q 8,0 W 108+8
     M 8,0 W 108+8
     D 8,0 W 100+16
     Q 8,0 R 200+8
     Q 8,0 FWS
     D 8,0 FF
     Q 8,0 WFS 300+8
     D 8,0 WFS 300+8
     C 8,0 WFS 300+8`,
    [
      "0 8:0 W 100+8 Q1 G2 D5",
      "1 8:0 W 108+8 Q3 D5 merged into 0",
      "2 8:0 R 200+8 Q6",
      "3 8:0 FWS 0+0 Q7",
      "4 8:0 FF 0+0 D8",
      "5 8:0 WFS 300+8 Q9 D10 C11",
    ],
    ["5 bio_incomplete"],
  );
});

Deno.test("a second completion is counted; one that comes before the issue still ends its bio", () => {
  assertPairs(
    `Q 8,0 W 100+8
     G 8,0 W 100+8
     D 8,0 W 100+8
     C 8,0 W 100+8
     C 8,0 W 100+8
     Q 8,0 W 200+8
     G 8,0 W 200+8
     C 8,0 W 200+8`,
    ["0 8:0 W 100+8 Q1 G2 D3 C4", "1 8:0 W 200+8 Q6 G7 C8"],
    ["1 bio_unpaired (completion)"],
  );
});

Deno.test("a completion is of the place where the request begins", () => {
  assertPairs(
    `Q 8,0 W 100+8
     D 8,0 W 100+8
     C 8,0 W 104+4
     C 8,0 R 100+8`,
    ["0 8:0 W 100+8 Q1 D2"],
    ["2 bio_unpaired (completion)", "1 bio_incomplete"],
  );
});

Deno.test("a completion that is longer than the request ends it", () => {
  assertPairs(
    `Q 8,0 W 100+8
     D 8,0 W 100+8
     C 8,0 W 100+16`,
    ["0 8:0 W 100+8 Q1 D2 C3"],
  );
});

Deno.test("commands of drivers are no bios and are counted as such", () => {
  assertPairs(
    `Q 8,0 W 0+8
     G 8,0 W 0+8
     I 8,0 N 0+1
     D 8,0 N 0+1
     D 8,0 W 0+8
     C 8,0 N -1+1
     C 8,0 R -1+8
     D 8,0 N
     C 8,0 N
     C 8,0 W 0+8`,
    ["0 8:0 W 0+8 Q1 G2 D5 C10"],
    ["6 bio_command"],
  );
});

Deno.test("sector -1 is no place", () => {
  assertPairs(
    `Q 8,0 W -1+8
     Q 8,0 W -1+0
     A 8,0 W -1+8 <- 8,1 5
     X 8,0 W -1+8 / 4`,
    ["0 8:0 W 0+0 Q2"],
    [
      "1 bio_unpaired (queue)",
      "1 bio_unpaired (remap)",
      "1 bio_unpaired (split)",
      "1 bio_incomplete",
    ],
  );
});

Deno.test("a bio beyond 2^53 sectors has its sector to the last digit, or is told of", () => {
  const queued = (sector: bigint, sectors: number) => `Q 8,0 W ${sector}+${sectors}`;
  const far = 1n << 53n;
  assertPairs(
    [queued(far - 1n, 1), queued(far + 8n, 8), queued(far + 9n, 8), queued(far + 16n, 1), queued(2n * far, 2)]
      .join("\n"),
    ["0 8:0 W 9007199254740991+1 Q1", "1 8:0 W 9007199254741000+8 Q2"],
    ["3 bio_sector_beyond", "2 bio_incomplete"],
  );
});

/** Pairs with a small limit, so that it is met. */
const SMALL = { open: 1024 };

Deno.test("bios that are never completed are given up, the oldest first, and counted", () => {
  for (const tracer of TRACERS) {
    const lines: string[] = [];
    for (let i = 0; i < 1500; i++) lines.push(`Q 8,0 W ${i * 8}+8`);
    for (let i = 0; i < 1500; i++) lines.push(`C 8,0 W ${i * 8}+8`);
    const { bios, diagnostics } = pair(lines, tracer, SMALL);
    assertEquals(bios.length, 1500);
    assertEquals(diagnostics, ["511 bio_given_up", "511 bio_unpaired (completion)"]);
    assertEquals(bios[510], "510 8:0 W 4080+8 Q511");
    assertEquals(bios[511], "511 8:0 W 4088+8 Q512 C2012");
  }
});

Deno.test("bios in requests are given up with their request", () => {
  for (const tracer of TRACERS) {
    const lines: string[] = [];
    for (let i = 0; i < 1000; i++) {
      lines.push(`Q 8,0 W ${i * 32}+8`, `G 8,0 W ${i * 32}+8`);
      lines.push(`Q 8,0 W ${i * 32 + 8}+8`, `M 8,0 W ${i * 32 + 8}+8`);
    }
    const { bios, diagnostics } = pair(lines, tracer, SMALL);
    assertEquals(bios.length, 2000);
    assertEquals(bios[1], "1 8:0 W 8+8 Q3 merged into 0");
    const [givenUp, incomplete] = diagnostics.map((line) => Number(line.split(" ")[0]));
    assertEquals(diagnostics, [`${givenUp} bio_given_up`, `${incomplete} bio_incomplete`]);
    assertEquals(givenUp + incomplete, 2000);
  }
});

Deno.test("at one place only so many bios can be under way", () => {
  for (const tracer of TRACERS) {
    const { bios, diagnostics } = pair(Array(3000).fill("Q 8,0 W 100+8"), tracer);
    assertEquals(bios.length, 3000);
    assertEquals(diagnostics, ["1976 bio_given_up", "1024 bio_incomplete"]);
  }
});

Deno.test("after a loss, those of the bios that look alike are taken that began later", () => {
  for (const tracer of TRACERS) {
    const bios = new BioLines(() => sink);
    const diagnostics = new Diagnostics(1, () => sink.seq);
    const pairing = new BioPairing(new BioTable((batch) => bios.take(batch)), () => diagnostics);
    const sink: EventSink = new EventSink(() => {}, [pairing]);
    const writer = new BlockEventWriter(sink, tracer);
    let line = 0;
    const put = (text: string) => writer.put(blockEvent(text), 0x1_ffff_f000n + BigInt(++line) * 1000n);
    for (const action of ["Q", "G", "D"]) put(`${action} 8,0 W 100+8`);
    // The completion is lost.
    pairing.gap(1);
    for (const action of ["Q", "G", "D", "C"]) put(`${action} 8,0 W 100+8`);
    pairing.finish();
    assertEquals(bios.byId, ["0 8:0 W 100+8 Q1 G2 D3", "1 8:0 W 100+8 Q4 G5 D6 C7"]);
  }
});

/** Block events of any kind, not in an order that a kernel would have. @param places how many there are */
const anyLine = (places: number) =>
  fc.tuple(
    fc.constantFrom("Q", "Q", "Q", "G", "G", "I", "D", "D", "C", "C", "BC", "M", "MM", "F", "R", "X", "A"),
    fc.constantFrom("8,0", "8,1"),
    fc.constantFrom("W", "R", "WFS", "FWS", "FWFSM", "FF", "D", "N", "ZR"),
    fc.integer({ min: 0, max: places }),
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 1, max: 2 }),
  ).map(([action, dev, rwbs, start, length, pid]) => {
    const place = length === 0 ? "" : ` ${start * 8}+${length * 8}`;
    const other = dev === "8,0" ? "8,1" : "8,0";
    const more = action === "X" ? ` / ${start * 8 + 8}` : action === "A" ? ` <- ${other} ${start * 8}` : "";
    return `${action} ${dev} ${rwbs}${place}${more} pid=${pid}`;
  });

Deno.test("whatever the order of events, every bio has one row and no step is counted for two", () => {
  fc.assert(
    fc.property(fc.array(anyLine(6), { maxLength: 120 }), fc.constantFrom(...TRACERS), (lines, tracer) => {
      const { bios, diagnostics } = pair(lines, tracer);
      const again = pair(lines, tracer);
      assertEquals({ bios, diagnostics }, { bios: again.bios, diagnostics: again.diagnostics });
      const ids = bios.map((line) => Number(line.split(" ")[0]));
      assertEquals(ids, ids.map((_, i) => i));
      for (const line of bios) {
        const [id, , , place, ...rest] = line.split(" ");
        const [start, length] = place.split("+").map(Number);
        assert(start >= 0 && length >= 0 && Number.isInteger(length), line);
        for (const [i, word] of rest.entries()) {
          if (word === "into" || word === "from") assert(Number(rest[i + 1]) < bios.length, line);
          if (word === "into") assert(rest[i + 1] !== id, line);
        }
        // A requeue takes the issue back.
        const times = rest.filter((word) => /^[QGIDC]\d/.test(word)).map((word) => Number(word.slice(1)));
        assert(times.length > 0 || rest.includes("merged") || rest.includes("requeues"), line);
      }
      const queued = lines.filter((line) => line.startsWith("Q")).length;
      const begun = bios.filter((line) => / Q\d/.test(line) && !/split/.test(line)).length;
      assertEquals(begun, queued, "every queue event is the beginning of a bio");
    }),
    { seed: 20_2611, numRuns: 200 },
  );
});

Deno.test("at the limit of bios under way, too, every bio has one row", () => {
  const many = fc.array(anyLine(3000), { minLength: 6000, maxLength: 6000, size: "max" });
  fc.assert(
    fc.property(many, fc.constantFrom(...TRACERS), (lines, tracer) => {
      const { bios, diagnostics } = pair(lines, tracer, SMALL);
      const ids = bios.map((line) => Number(line.split(" ")[0]));
      assertEquals(ids, ids.map((_, i) => i));
      assert(diagnostics.some((row) => row.endsWith("bio_given_up")));
      const begun = bios.filter((line) => / Q\d/.test(line) && !/split/.test(line)).length;
      assertEquals(begun, lines.filter((line) => line.startsWith("Q")).length);
    }),
    { seed: 20_2612, numRuns: 4, endOnFailure: true },
  );
});
