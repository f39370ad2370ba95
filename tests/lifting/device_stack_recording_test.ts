import { assert, assertEquals } from "@std/assert";
import { type BioRow, readBios, recordingPath } from "./read_bios.ts";

/** Partitions of the recorded disk, in sectors: see its PROVENANCE.md. */
const PARTITIONS = [
  { dev: "259:0", start: 2048n, sectors: 40_960n, blockBytes: 4096 },
  { dev: "259:1", start: 43_008n, sectors: 153_600n, blockBytes: 1024 },
];

const isFlushRequest = (bio: BioRow) => /^F[FN]$/.test(bio.rwbs);

for (const name of ["partition/trace.dat", "partition/blktrace"]) {
  const path = recordingPath(name);

  Deno.test({
    name: `partitions are known by their remaps in ${name}`,
    ignore: path === null,
    fn: async () => {
      const { end, events } = await readBios(path!);
      const remaps = events.filter(({ action }) => action === "A");
      assertEquals(end.deviceStack.map(({ remaps: _, ...row }) => row), [
        { recording_id: 1, dev: "259:0", lower_dev: "7:0", start_sector: 2048 },
        { recording_id: 1, dev: "259:1", lower_dev: "7:0", start_sector: 43_008 },
      ]);
      assertEquals(end.deviceStack.reduce((sum, row) => sum + row.remaps, 0), remaps.length);
      for (const { start, sectors, dev } of PARTITIONS) {
        const inside = remaps.filter(({ sector }) => sector! >= start && sector! < start + sectors).length;
        assertEquals(end.deviceStack.find((row) => row.dev === dev)!.remaps, inside);
      }
    },
  });

  Deno.test({
    name: `bios of both partitions are bios of the disk, each within its partition, in ${name}`,
    ignore: path === null,
    fn: async () => {
      const { bios, events } = await readBios(path!);
      assertEquals(new Set(bios.map(({ dev }) => dev)), new Set(["7:0"]));
      for (const { sector, bytes } of bios.filter((bio) => bio.bytes > 0n)) {
        const end = sector + bytes / 512n;
        assert(
          PARTITIONS.some(({ start, sectors }) => start <= sector && end <= start + sectors),
          `${sector}+${bytes / 512n} lies in no partition`,
        );
      }
      // The disk is not one that passes bios on: it has no device below.
      assert(bios.every((bio) => bio.remapped_from === null));
      const count = (action: string) => events.filter((event) => event.action === action).length;
      assertEquals(bios.filter((bio) => bio.split_from !== null).length, count("X"));
      assertEquals(bios.filter((bio) => bio.merged_into !== null).length, count("M") + count("F"));
      assertEquals(bios.filter((bio) => bio.getrq_ns !== null).length, count("G"));
      assertEquals(bios.filter((bio) => bio.queue_ns !== null && bio.split_from === null).length, count("Q"));
      assertEquals([count("X"), count("F")].map((n) => n > 0), [true, true]);
      assertEquals(bios.length, count("Q") + count("X") + bios.filter(isFlushRequest).length);
    },
  });

  Deno.test({
    name: `every bio in ${name} goes through its stages in order and ends`,
    ignore: path === null,
    fn: async () => {
      const { bios, end } = await readBios(path!);
      for (const bio of bios) {
        const { queue_ns, getrq_ns, insert_ns, issue_ns, complete_ns } = bio;
        // Merged bios have no request of their own; theirs may have been inserted before they came.
        const times = [queue_ns, getrq_ns, ...(bio.merged_into === null ? [insert_ns] : []), issue_ns, complete_ns]
          .filter((time) => time !== null);
        assertEquals(times, times.toSorted((a, b) => Number(a - b)), `bio ${bio.bio_id}`);
        assert(complete_ns !== null && bio.error === 0, `bio ${bio.bio_id} ends well`);
        if (bio.bytes > 0n) assert(issue_ns !== null, `bio ${bio.bio_id} is issued`);
      }
      assertEquals(end.diagnostics.filter(({ code }) => code.startsWith("bio_")), []);
    },
  });
}

Deno.test({
  name: "the block size of a file system on a partition is known where its remaps follow a look-up",
  ignore: recordingPath("partition/trace.dat") === null,
  fn: async () => {
    const { end } = await readBios(recordingPath("partition/trace.dat")!);
    assertEquals(
      end.devices.map(({ dev, fs_block_size }) => [dev, fs_block_size]),
      PARTITIONS.map(({ dev, blockBytes }) => [dev, blockBytes]),
    );
  },
});

for (const name of ["bio-based/trace.dat", "bio-based/blktrace"]) {
  const path = recordingPath(name);
  Deno.test({
    name: `on a disk without requests every bio is queued and completed, and nothing else, in ${name}`,
    ignore: path === null,
    fn: async () => {
      const { bios, end } = await readBios(path!);
      assert(bios.length > 500);
      for (const bio of bios) {
        const { getrq_ns, insert_ns, issue_ns } = bio;
        assertEquals({ getrq_ns, insert_ns, issue_ns }, { getrq_ns: null, insert_ns: null, issue_ns: null });
        assert(bio.complete_ns! > bio.queue_ns!);
      }
      assertEquals(end.diagnostics.filter(({ code }) => code.startsWith("bio_")), []);
      assertEquals(end.deviceStack, []);
    },
  });
}
