import { assert, assertEquals } from "@std/assert";
import { formatOf, headOf } from "../../src/recording/formats.ts";
import { expandInputs } from "../../src/recording/inputs.ts";
import { collect } from "../recording/collect.ts";
import { type PlainBio, plainPairing } from "./plain_pairing.ts";
import { type BioRow, readBios, recordingPath } from "./read_bios.ts";

type Times = Record<"Q" | "G" | "I" | "D" | "C", bigint | null>;

const STAGES = { Q2G: ["Q", "G"], G2I: ["G", "I"], I2D: ["I", "D"], D2C: ["D", "C"], Q2C: ["Q", "C"] } as const;

/** `DEV RWBS STAGE`: how many bios have it, and their mean time in ns, rounded down. */
function averages(bios: readonly (Times & { dev: string; rwbs: string })[]): Record<string, [number, bigint]> {
  const sums = new Map<string, [number, bigint]>();
  for (const bio of bios) {
    for (const [stage, [from, to]] of Object.entries(STAGES)) {
      const [begin, end] = [bio[from], bio[to]];
      if (begin === null || end === null) continue;
      for (const rwbs of [bio.rwbs, "all"]) {
        const key = `${bio.dev} ${rwbs} ${stage}`;
        const sum = sums.get(key) ?? [0, 0n];
        sums.set(key, [sum[0] + 1, sum[1] + end - begin]);
      }
    }
  }
  return Object.fromEntries([...sums].sort().map(([key, [count, sum]]) => [key, [count, sum / BigInt(count)]]));
}

const timesOf = (bio: BioRow) => ({
  dev: bio.dev,
  rwbs: bio.rwbs.replace("FN", "FF"),
  Q: bio.queue_ns,
  G: bio.getrq_ns,
  I: bio.insert_ns,
  D: bio.issue_ns,
  C: bio.complete_ns,
});

async function plainBios(path: string): Promise<PlainBio[]> {
  const [input] = expandInputs([path]);
  const format = formatOf(await headOf(input.files[0]), input);
  return plainPairing((await collect(format, input.files)).rows);
}

/** What is the same of a bio however it was paired. */
const lineOf = (bio: Times & { dev: string; rwbs: string }, sector: unknown, bytes: unknown) =>
  [bio.dev, bio.rwbs, sector, bytes, bio.Q, bio.G, bio.I, bio.D, bio.C].join(" ");

for (
  const name of [
    "fio-ext4/trace.dat",
    "fio-ext4/blktrace",
    "fio-xfs/trace.dat.gz",
    "coherence-bw-ext4/trace.dat",
    "coherence-bw-ext4/blktrace",
    "fsync-xfs/blktrace",
    "partition/trace.dat",
    "partition/blktrace",
    "bio-based/trace.dat",
    "hello-ext4/blktrace",
  ]
) {
  const path = recordingPath(name);
  Deno.test({
    name: `the bios of ${name} are those of a plain pairing, and so are the averages of their stages`,
    ignore: path === null,
    fn: async () => {
      const { bios, end } = await readBios(path!);
      const plain = await plainBios(path!);
      assertEquals(averages(bios.map(timesOf)), averages(plain));
      assertEquals(
        bios.map((bio) => lineOf(timesOf(bio), bio.sector, bio.bytes)).sort(),
        plain.map((bio) => lineOf(bio, bio.sector, bio.bytes)).sort(),
      );
      assertEquals(end.diagnostics.filter(({ code }) => code.startsWith("bio_")), []);
    },
  });
}

for (const name of ["fio-ext4", "hello-ext4", "coherence-bw-ext4", "partition", "bio-based"]) {
  const dat = recordingPath(`${name}/trace.dat`);
  const blk = recordingPath(`${name}/blktrace`);
  Deno.test({
    name: `trace.dat and blktrace records of ${name} give the same bios, microseconds apart`,
    ignore: dat === null || blk === null,
    fn: async () => {
      const one = await readBios(dat!);
      const two = await readBios(blk!);
      // Both tracers number bios in order of time, but for those queued on two CPUs within a microsecond.
      const key = (bio: BioRow) => [bio.dev, bio.rwbs.replace("FN", "FF"), bio.sector, bio.bytes].join(" ");
      assertEquals(one.bios.map(key).sort(), two.bios.map(key).sort());
      // Not every event is recorded by both.
      const stages = (["queue_ns", "getrq_ns", "insert_ns", "issue_ns", "complete_ns"] as const)
        .filter((stage) => [one, two].every(({ bios }) => bios.some((bio) => bio[stage] !== null)));
      assert(stages.includes("queue_ns") && stages.includes("complete_ns"));
      const there = Map.groupBy(two.bios, key);
      for (const bio of one.bios) {
        const other = there.get(key(bio))!.shift()!;
        for (const stage of stages) {
          const [a, b] = [bio[stage], other[stage]];
          assertEquals(a === null, b === null, `${key(bio)} ${stage}`);
          if (a === null || b === null) continue;
          const apart = a > b ? a - b : b - a;
          assert(apart < 200_000n, `${key(bio)} ${stage}: ${apart} ns apart`);
        }
      }
    },
  });
}
