import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BlockAllocator } from "../../src/machine/block_allocator.ts";
import type { BioFlag } from "../../src/machine/bio.ts";
import { BlockDevice } from "../../src/machine/block_device.ts";
import { BlockMap } from "../../src/machine/block_map.ts";
import { CrashOrder } from "../../src/machine/crash_order.ts";
import { DiskImage } from "../../src/machine/disk_image.ts";
import type { FileFormat } from "../../src/machine/disk_metadata.ts";
import { RecoveredDisk } from "../../src/machine/disk_recovery.ts";
import { Journal } from "../../src/machine/journal.ts";
import type { Prepared } from "../../src/machine/program.ts";
import type { Steps } from "../../src/machine/task.ts";
import { Sector } from "../../src/machine/page_memory.ts";
import type { World } from "../../src/machine/world.ts";
import { crash, everyInterleaving, explore } from "./exploring.ts";

const RUNS_MAX = 150;

/** A task's operation on the device, or on its buffer. */
type DeviceOp =
  | { op: "write"; sector: number; sectors: number; flag: BioFlag; wait: boolean }
  | { op: "read"; sector: number; wait: boolean }
  | { op: "flush"; wait: boolean }
  | { op: "store" }
  | { op: "free" };

const flag = fc.constantFrom<BioFlag>("SYNC", "FUA", "PREFLUSH");

const deviceOp: fc.Arbitrary<DeviceOp> = fc.oneof(
  fc.record({
    op: fc.constant("write" as const),
    sector: fc.nat(1),
    sectors: fc.integer({ min: 1, max: 2 }),
    flag,
    wait: fc.boolean(),
  }),
  fc.record({ op: fc.constant("read" as const), sector: fc.nat(2), wait: fc.boolean() }),
  fc.record({ op: fc.constant("flush" as const), wait: fc.boolean() }),
  fc.record({ op: fc.constant("store" as const) }),
  fc.record({ op: fc.constant("free" as const) }),
);

function deviceProgram(tasks: readonly DeviceOp[][], cache: "none" | "volatile") {
  return (world: World): Prepared => {
    const device = new BlockDevice(world, {
      sectors: 3,
      sectorsPerBlock: 1,
      volatileCache: cache,
      crashOrder: new CrashOrder(world),
    });
    const shared = new Sector(world, "shared");
    const seen: string[] = tasks.map(() => "");
    const ended: string[] = [];
    function* perform(ops: readonly DeviceOp[], own: number): Steps {
      for (const [nth, op] of ops.entries()) {
        const name = `${own}.${nth}`;
        yield;
        if (op.op === "store") {
          shared.store(`stored ${name}`);
          continue;
        }
        if (op.op === "free") {
          device.blockFreed(0);
          continue;
        }
        const into = new Sector(world, "-");
        const bio = device.bio({
          op: op.op,
          sector: op.op === "flush" ? 0 : op.sector,
          memory: op.op === "read"
            ? [into]
            : op.op === "write"
            ? [shared, new Sector(world, `W${name}`)].slice(0, op.sectors)
            : [],
          flags: op.op === "write" ? [op.flag] : [],
        });
        device.submit(bio);
        if (!op.wait) continue;
        yield bio.whenEnded;
        ended.push(name);
        yield;
        seen[own] += ` ${into.load()}`;
      }
    }
    tasks.forEach((ops, own) => {
      world.spawn(`T${own}`, function* () {
        yield* perform(ops, own);
      });
    });
    return {
      finalState: () => `${[0, 1, 2].map((sector) => device.peek(sector))}${seen}`,
      crash: {
        durableVersion: () => device.durableVersion(),
        recover: (pick) => {
          const image = new DiskImage(device, pick);
          return [0, 1, 2].map((sector) => image.read(sector)).join(" ");
        },
      },
    };
  };
}

Deno.test("one run of every class of a random program finds every end and every crash of all interleavings", () => {
  let compared = 0;
  let runs = 0;
  let classes = 0;
  fc.assert(
    fc.property(
      fc.array(fc.array(deviceOp, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 }),
      fc.constantFrom("none" as const, "volatile" as const),
      (tasks, cache) => {
        const program = deviceProgram(tasks, cache);
        const all = everyInterleaving(program, RUNS_MAX);
        if (all === null) return;
        const found = explore(program);
        assertEquals(Object.keys(found.complete).sort(), all.ends);
        assertEquals(crash(program), all.crashes);
        compared++;
        runs += all.runs;
        classes += found.classes;
      },
    ),
    { seed: 7_001, numRuns: 120 },
  );
  console.log({ compared, runs, classes });
  assert(compared > 50 && classes * 5 < runs);
});

/** A task's operation on two files of a journalled file system. */
type FileOp =
  | { op: "allocate"; file: 0 | 1; lblk: number; size: boolean }
  | { op: "truncate"; file: 0 | 1 }
  | { op: "lookup"; file: 0 | 1 }
  | { op: "commit" }
  | { op: "restart"; file: 0 | 1 };

const file = fc.constantFrom<0 | 1>(0, 1);

const fileOp: fc.Arbitrary<FileOp> = fc.oneof(
  fc.record({ op: fc.constant("allocate" as const), file, lblk: fc.nat(1), size: fc.boolean() }),
  fc.record({ op: fc.constant("truncate" as const), file }),
  fc.record({ op: fc.constant("lookup" as const), file }),
  fc.record({ op: fc.constant("commit" as const) }),
  fc.record({ op: fc.constant("restart" as const), file }),
);

const FILES: readonly FileFormat[] = [
  { file: "F", size: 1, blocks: [{ lblk: 0, pblk: 0, state: "written" }] },
  { file: "G", size: 0, blocks: [] },
];

function fileProgram(tasks: readonly FileOp[][], joins: "start" | "stop", log: number | undefined) {
  return (world: World): Prepared => {
    const crashOrder = new CrashOrder(world);
    const device = new BlockDevice(world, { sectors: 3, sectorsPerBlock: 1, crashOrder });
    const allocator = new BlockAllocator(world, device, { free: [1] });
    const journal = new Journal(world, {
      files: FILES,
      device: null,
      allocator,
      handlesJoinAt: joins,
      logCredits: log,
      crashOrder,
    });
    const maps = FILES.map((format) => new BlockMap(world, allocator, format, { sectorsPerBlock: 1, blocksMax: 2 }));
    const seen: string[] = tasks.map(() => "");
    function* perform(ops: readonly FileOp[], own: number): Steps {
      for (const op of ops) {
        if (op.op === "commit") {
          yield* journal.forceCommit();
          continue;
        }
        if (op.op === "lookup") {
          yield;
          const { state, blocks, pblk } = maps[op.file].getBlock(0, 2);
          seen[own] += ` ${state} ${blocks} ${pblk}`;
          continue;
        }
        const handle = yield* journal.start();
        yield;
        if (op.op === "allocate") {
          seen[own] += ` ${maps[op.file].getBlockCreate(op.lblk, 1, "written", handle)?.pblk}`;
          if (op.size) handle.record({ kind: "disksize", file: maps[op.file].file, size: op.lblk + 1 });
        } else maps[op.file].trim(0, handle);
        if (op.op === "restart") {
          yield* journal.restart(handle);
          yield;
          handle.record({ kind: "disksize", file: maps[op.file].file, size: 0 });
        }
        yield* journal.stop(handle);
      }
    }
    tasks.forEach((ops, own) => {
      world.spawn(`T${own}`, function* () {
        yield* perform(ops, own);
      });
    });
    return {
      finalState: () =>
        `${
          maps.map((map) => [0, 1].map((lblk) => `${map.peek(lblk)} ${map.peekBlock(lblk)}`))
        } ${allocator.free} ${seen}`,
      crash: {
        durableVersion: () => device.durableVersion() + journal.durableVersion(),
        recover: () => {
          const disk = new RecoveredDisk(journal.recover(null), 1, ({ pblk }) => `${pblk}`);
          return [...disk.files.values()].map((file) => `${file.file} ${file.size} ${[...file.blocks.keys()]}`).join(
            "; ",
          );
        },
      },
    };
  };
}

Deno.test("the same for random programs on a journal", () => {
  let compared = 0;
  let runs = 0;
  let classes = 0;
  fc.assert(
    fc.property(
      fc.array(fc.array(fileOp, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 }),
      fc.constantFrom("start" as const, "stop" as const),
      fc.constantFrom(undefined, 1, 2),
      (tasks, joins, log) => {
        const program = fileProgram(tasks, joins, log);
        const all = everyInterleaving(program, RUNS_MAX);
        if (all === null) return;
        const found = explore(program);
        assertEquals([...Object.keys(found.complete), ...Object.keys(found.deadlocked)].sort(), all.ends);
        assertEquals(crash(program), all.crashes);
        compared++;
        runs += all.runs;
        classes += found.classes;
      },
    ),
    { seed: 7_002, numRuns: 120 },
  );
  console.log({ compared, runs, classes });
  assert(compared > 50 && classes * 5 < runs);
});
