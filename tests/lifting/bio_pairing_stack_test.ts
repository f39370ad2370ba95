import { assertEquals } from "@std/assert";
import { pair, type Paired, TRACERS } from "./block_stream.ts";

function assertPairs(lines: string, expected: Partial<Paired>): void {
  for (const tracer of TRACERS) {
    assertEquals(pair(lines, tracer), { bios: [], diagnostics: [], stack: [], ...expected }, tracer);
  }
}

Deno.test("a partition's bios are bios of its disk, and the remaps tell where the partition begins", () => {
  assertPairs(
    `A 7,0 W 2148+8 <- 259,0 100
     Q 7,0 W 2148+8
     G 7,0 W 2148+8
     A 7,0 W 43018+2 <- 259,1 10
     Q 7,0 W 43018+2
     G 7,0 W 43018+2
     D 7,0 W 2148+8
     D 7,0 W 43018+2
     C 7,0 W 2148+8
     C 7,0 W 43018+2
     A 7,0 R 2048+8 <- 259,0 0
     Q 7,0 R 2048+8
     C 7,0 R 2048+8`,
    {
      bios: ["0 7:0 W 2148+8 Q2 G3 D7 C9", "1 7:0 W 43018+2 Q5 G6 D8 C10", "2 7:0 R 2048+8 Q12 C13"],
      stack: ["259:0 on 7:0 at 2048, 2 remaps", "259:1 on 7:0 at 43008, 1 remap"],
    },
  );
});

Deno.test("a mapped device over two disks sends its bios below, and each end is known", () => {
  assertPairs(
    `Q 253,0 W 100+8
     A 7,0 W 612+8 <- 253,0 100
     Q 7,0 W 612+8
     G 7,0 W 612+8
     Q 253,0 W 9000+8
     A 7,1 W 808+8 <- 253,0 9000
     Q 7,1 W 808+8
     G 7,1 W 808+8
     D 7,1 W 808+8
     D 7,0 W 612+8
     C 7,1 W 808+8
     BC 253,0 W 9000+8
     C 7,0 W 612+8
     BC 253,0 W 100+8`,
    {
      bios: [
        "0 253:0 W 100+8 Q1 C14",
        "1 7:0 W 612+8 Q3 G4 D10 C13 remapped from 0",
        "2 253:0 W 9000+8 Q5 C12",
        "3 7:1 W 808+8 Q7 G8 D9 C11 remapped from 2",
      ],
      stack: ["253:0 on 7:0 at 512, 1 remap", "253:0 on 7:1 at -8192, 1 remap"],
    },
  );
});

Deno.test("a mirror sends one bio to both disks", () => {
  assertPairs(
    `Q 9,0 W 100+8
     A 8,0 W 2148+8 <- 9,0 100
     Q 8,0 W 2148+8
     A 8,16 W 2148+8 <- 9,0 100
     Q 8,16 W 2148+8
     C 8,16 W 2148+8
     C 8,0 W 2148+8
     BC 9,0 W 100+8`,
    {
      bios: [
        "0 9:0 W 100+8 Q1 C8",
        "1 8:0 W 2148+8 Q3 C7 remapped from 0",
        "2 8:16 W 2148+8 Q5 C6 remapped from 0",
      ],
      stack: ["9:0 on 8:0 at 2048, 1 remap", "9:0 on 8:16 at 2048, 1 remap"],
    },
  );
});

Deno.test("stripes have no one place where they begin", () => {
  assertPairs(
    `Q 9,0 R 0+8
     A 8,0 R 2048+8 <- 9,0 0
     Q 8,0 R 2048+8
     C 8,0 R 2048+8
     BC 9,0 R 0+8
     Q 9,0 R 256+8
     A 8,0 R 2176+8 <- 9,0 256
     Q 8,0 R 2176+8
     C 8,0 R 2176+8
     BC 9,0 R 256+8`,
    {
      bios: [
        "0 9:0 R 0+8 Q1 C5",
        "1 8:0 R 2048+8 Q3 C4 remapped from 0",
        "2 9:0 R 256+8 Q6 C10",
        "3 8:0 R 2176+8 Q8 C9 remapped from 2",
      ],
      stack: ["9:0 on 8:0 at null, 2 remaps"],
    },
  );
});

Deno.test("a mapped device over a partition stands on the partition, not on the disk", () => {
  // The first remap names the disk, and the sector within the partition: the partition's own remap comes after it.
  assertPairs(
    `Q 253,0 W 100+8
     A 7,0 W 484+8 <- 253,0 100
     A 7,0 W 2532+8 <- 259,0 484
     Q 7,0 W 2532+8
     C 7,0 W 2532+8
     BC 253,0 W 100+8`,
    {
      bios: ["0 253:0 W 100+8 Q1 C6", "1 7:0 W 2532+8 Q4 C5 remapped from 0"],
      stack: ["259:0 on 7:0 at 2048, 1 remap", "253:0 on 259:0 at 384, 1 remap"],
    },
  );
});

Deno.test("a mapped device over another one over a disk links each to the one above", () => {
  assertPairs(
    `Q 253,1 R 10+8
     A 253,0 R 1010+8 <- 253,1 10
     Q 253,0 R 1010+8
     A 8,0 R 5010+8 <- 253,0 1010
     Q 8,0 R 5010+8
     C 8,0 R 5010+8
     BC 253,0 R 1010+8
     BC 253,1 R 10+8`,
    {
      bios: [
        "0 253:1 R 10+8 Q1 C8",
        "1 253:0 R 1010+8 Q3 C7 remapped from 0",
        "2 8:0 R 5010+8 Q5 C6 remapped from 1",
      ],
      stack: ["253:1 on 253:0 at 1000, 1 remap", "253:0 on 8:0 at 4000, 1 remap"],
    },
  );
});

Deno.test("a mapped device trims the bio that it splits: it ends once, with what was left of it", () => {
  assertPairs(
    `Q 253,0 W 100+1200 pid=4
     A 7,0 W 100+412 <- 253,0 100 pid=4
     Q 7,0 W 100+412 pid=4
     X 253,0 W 512+788 / 512 pid=4
     A 7,1 W 0+512 <- 253,0 512 pid=4
     Q 7,1 W 0+512 pid=4
     X 253,0 W 1024+276 / 1024 pid=4
     A 7,0 W 2048+276 <- 253,0 1024 pid=4
     Q 7,0 W 2048+276 pid=4
     C 7,1 W 0+512
     C 7,0 W 100+412
     C 7,0 W 2048+276
     BC 253,0 W 1024+276`,
    {
      bios: [
        "0 253:0 W 100+1200 Q1 C13",
        "1 7:0 W 100+412 Q3 C11 remapped from 0",
        "2 7:1 W 0+512 Q6 C10 remapped from 0",
        "3 7:0 W 2048+276 Q9 C12 remapped from 0",
      ],
      stack: ["253:0 on 7:0 at null, 2 remaps", "253:0 on 7:1 at -512, 1 remap"],
    },
  );
});

Deno.test("an array that splits its bio makes two of it", () => {
  assertPairs(
    `Q 9,0 R 100+200
     X 9,0 R 100+156 / 256
     A 8,0 R 2148+156 <- 9,0 100
     Q 8,0 R 2148+156
     A 8,16 R 2048+44 <- 9,0 256
     Q 8,16 R 2048+44
     C 8,16 R 2048+44
     C 8,0 R 2148+156
     BC 9,0 R 100+156
     BC 9,0 R 256+44`,
    {
      bios: [
        "0 9:0 R 100+156 Q1 C9",
        "1 9:0 R 256+44 Q1 C10 split from 0",
        "2 8:0 R 2148+156 Q4 C8 remapped from 0",
        "3 8:16 R 2048+44 Q6 C7 remapped from 1",
      ],
      stack: ["9:0 on 8:0 at 2048, 1 remap", "9:0 on 8:16 at 1792, 1 remap"],
    },
  );
});

Deno.test("a bio that multipath moves to a path's disk is one bio: queued above, completed below", () => {
  assertPairs(
    `Q 259,0 W 100+8
     A 259,1 W 100+8 <- 259,0 100
     G 259,1 W 100+8
     Q 259,0 W 108+8
     A 259,1 W 108+8 <- 259,0 108
     M 259,1 W 108+8
     D 259,1 W 100+16
     C 259,1 W 100+16`,
    {
      bios: ["0 259:0 W 100+8 Q1 G3 D7 C8", "1 259:0 W 108+8 Q4 D7 C8 merged into 0"],
      stack: ["259:0 on 259:1 at 0, 2 remaps"],
    },
  );
});

Deno.test("a request that multipath sends down as a request has a row below, without a queue time", () => {
  assertPairs(
    `Q 253,0 W 100+8
     G 253,0 W 100+8
     D 253,0 W 100+8
     A 8,0 W 100+8 <- 253,0 100
     I 8,0 W 100+8
     D 8,0 W 100+8
     C 8,0 W 100+8
     C 253,0 W 100+8`,
    {
      bios: ["0 253:0 W 100+8 Q1 G2 D3 C8", "1 8:0 W 100+8 I5 D6 C7 remapped from 0"],
      stack: ["253:0 on 8:0 at 0, 1 remap"],
    },
  );
});

Deno.test("flushes go down through a mapped device", () => {
  assertPairs(
    `Q 253,0 FWS 0+0
     A 8,0 FWS 0+0 <- 253,0 0
     Q 8,0 FWS 0+0
     G 8,0 FWS 0+0
     D 8,0 FF
     C 8,0 FF
     C 8,0 WS 0+0
     BC 253,0 FWS 0+0`,
    {
      bios: ["0 253:0 FWS 0+0 Q1 C8", "1 8:0 FWS 0+0 Q3 G4 C7 remapped from 0", "2 8:0 FF 0+0 D5 C6"],
      stack: ["253:0 on 8:0 at 0, 1 remap"],
    },
  );
});

Deno.test("remaps of tasks that go on at the same time are not mixed up", () => {
  assertPairs(
    `Q 253,0 R 100+8 pid=1
     Q 253,0 R 100+8 pid=2
     A 8,0 R 612+8 <- 253,0 100 pid=1
     Q 8,0 R 612+8 pid=1
     A 8,16 R 612+8 <- 253,0 100 pid=2
     Q 8,16 R 612+8 pid=2`,
    {
      bios: [
        "0 253:0 R 100+8 Q1",
        "1 253:0 R 100+8 Q2",
        "2 8:0 R 612+8 Q4 remapped from 0",
        "3 8:16 R 612+8 Q6 remapped from 1",
      ],
      diagnostics: ["4 bio_incomplete"],
      stack: ["253:0 on 8:0 at 512, 1 remap", "253:0 on 8:16 at 512, 1 remap"],
    },
  );
});

Deno.test("bios that go to a device where nothing is recorded are counted, and not remembered for ever", () => {
  for (const tracer of TRACERS) {
    const lines: string[] = [];
    for (let i = 0; i < 5000; i++) {
      lines.push(`Q 253,0 W ${i * 8}+8`, `A 8,0 W ${i * 8 + 512}+8 <- 253,0 ${i * 8}`, `BC 253,0 W ${i * 8}+8`);
    }
    const { bios, diagnostics, stack } = pair(lines, tracer);
    assertEquals(bios.length, 5000);
    assertEquals(diagnostics, ["5000 bio_not_seen_below"]);
    assertEquals(stack, ["253:0 on 8:0 at 512, 5000 remaps"]);
  }
});

Deno.test("a remap that does not say where the bio was is counted", () => {
  assertPairs(`A 8,0 W 100+8`, { diagnostics: ["1 bio_unpaired (remap)"] });
});
