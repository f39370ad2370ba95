import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Exhaustive } from "../../src/exploring/exhaustive.ts";
import { bufferedRead } from "../../src/machine/buffered_read.ts";
import { bufferedWrite } from "../../src/machine/buffered_write.ts";
import { type Era, ERAS } from "../../src/machine/era.ts";
import { userLoad, userStore } from "../../src/machine/fault.ts";
import { Identities } from "../../src/machine/identities.ts";
import { filemapFdatawriteRange, filemapWriteAndWait } from "../../src/machine/page_cache_flush.ts";
import { invalidateInodePages2Range, invalidateMappingPages } from "../../src/machine/page_cache_invalidate.ts";
import { truncateSetsize } from "../../src/machine/page_cache_truncate.ts";
import type { Mm, Segment } from "../../src/machine/page_table.ts";
import type { Prepared } from "../../src/machine/program.ts";
import { Livelock } from "../../src/machine/retries.ts";
import { genericPageMkwrite } from "../../src/machine/page_mkwrite.ts";
import type { Steps } from "../../src/machine/task.ts";
import { ZERO } from "../../src/machine/tokens.ts";
import { getUserPages, UserBuffer } from "../../src/machine/user_buffer.ts";
import { World } from "../../src/machine/world.ts";
import { describeWaiting, everyInterleaving } from "./exploring.ts";
import { MemoryFile, mmOf } from "./memory_file.ts";

/** What a task works on: a file of two pages, mapped by the task's process. */
interface Stage {
  readonly file: MemoryFile;
  readonly mm: Mm;
  readonly mapped: Segment;
  readonly own: UserBuffer;
  /** Names what the task writes. */
  readonly name: string;
}

type Page = 0 | 1;

/** Operations by name; each is one call of a task. */
const OPERATIONS: Record<string, (stage: Stage, page: Page) => Steps<unknown>> = {
  flush: ({ file }) => filemapWriteAndWait(file.mapping),
  background: ({ file }) => filemapFdatawriteRange(file.mapping, 0, 1, "background"),
  invalidate: ({ file }, page) => invalidateInodePages2Range(file.mapping, page, 1),
  evict: ({ file }, page) => invalidateMappingPages(file.mapping, page, 1),
  truncate: ({ file }, page) => truncateSetsize(file.inode, page),
  load: ({ mm, mapped }, page) => userLoad(mm, mapped.vpn + page, 0),
  store: ({ mm, mapped, name }, page) => userStore(mm, mapped.vpn + page, 0, `S(${name})`),
  *read({ file, own }, page) {
    const { tokens, error } = yield* bufferedRead(file.mapping, { pos: page, len: 2 - page, buffer: own, bufferAt: 0 });
    return `${tokens}/${error}`;
  },
  *write({ file, own }, page) {
    const { copied, error } = yield* bufferedWrite(file.mapping, { pos: page, len: 1, buffer: own, bufferAt: 0 });
    return `${copied}/${error}`;
  },
  *pin({ mm, mapped, name }, page) {
    const { pages, error } = yield* getUserPages(mm, mapped.vpn + page, 1, "store");
    for (const pinned of pages) {
      yield;
      pinned.sectors[0].store(`D(${name})`);
      yield* pinned.setDirtyLock();
      pinned.unpin();
    }
    return error;
  },
};

interface RandomProgram {
  era: Era["name"];
  mkwrite: boolean;
  sharing: "shared" | "private";
  processes: 1 | 2;
  /** What is in the cache at the beginning, by page. */
  cached: ("absent" | "clean" | "dirty" | "mapped")[];
  /** The one operation of each task. */
  tasks: { operation: string; page: Page }[];
}

const randomProgram: fc.Arbitrary<RandomProgram> = fc.record({
  era: fc.constantFrom("G20" as const, "G40" as const, "G50" as const, "G6" as const),
  mkwrite: fc.boolean(),
  sharing: fc.constantFrom("shared" as const, "shared" as const, "private" as const),
  processes: fc.constantFrom(1 as const, 2 as const),
  cached: fc.array(
    fc.constantFrom("absent" as const, "clean" as const, "dirty" as const, "mapped" as const),
    { minLength: 2, maxLength: 2 },
  ),
  tasks: fc.array(
    fc.record({
      operation: fc.constantFrom(...Object.keys(OPERATIONS)),
      page: fc.constantFrom(0 as const, 1 as const),
    }),
    { minLength: 2, maxLength: 2 },
  ),
});

function* reserveNothing(): Steps<number> {
  yield;
  return 0;
}

function setUp(program: RandomProgram, world: World): Prepared {
  const file = new MemoryFile(world, {
    pages: 2,
    era: { ...ERAS[program.era] },
    bounds: { pagesMax: 2 },
    ...(program.mkwrite ? { mkwrite: (folio) => genericPageMkwrite(folio, reserveNothing) } : {}),
  });
  const processes = Array.from({ length: program.processes }, (_, i) => {
    const mm = mmOf(file, `mm${i}`);
    return { mm, mapped: mm.mapFile(file.mapping, 0, 2, program.sharing) };
  });
  program.cached.forEach((state, page) => {
    if (state === "absent") return;
    const folio = state === "dirty" ? file.cacheDirty(page, [`C${page}`]) : file.cache(page);
    if (state === "mapped") processes[0].mm.pte(processes[0].mapped.vpn + page).install(folio, "read_only");
  });
  const tasks = program.tasks.map(({ operation, page }, i) => {
    const { mm, mapped } = processes[i % processes.length];
    const own = new UserBuffer(mm, [mm.anonymous(2, [`W(T${i})`, ZERO])]);
    return world.spawn(`T${i}`, () => OPERATIONS[operation]({ file, mm, mapped, own, name: `T${i}` }, page));
  });
  return {
    finalState: () =>
      [
        tasks.map(({ result, failure }) => failure instanceof Livelock ? "livelock" : String(result ?? failure ?? "")),
        file.inode.peekSize,
        file.cached,
        file.media,
        processes.map(({ mm, mapped }) =>
          [0, 1].map((page) => {
            const pte = mm.pte(mapped.vpn + page);
            const stale = pte.peek !== null && pte.peek !== file.mapping.peekFolio(page);
            return pte.peek === null ? "-" : `${pte.peekMode}${stale ? " other" : ""} ${pte.peek.sectors[0].peek}`;
          })
        ),
        file.mapping.nrpages.peek,
        file.mapping.leftOver(),
        [0, 1].map((page) => file.mapping.peekTag(page, "DIRTY")),
      ].join(" | "),
  };
}

/** Final states of all classes; null when there are too many. */
function explored(program: RandomProgram, classesMax: number): Set<string> | null {
  const ends = new Set<string>();
  let classes = 0;
  const explorer = new Exhaustive({ name: "page cache", setUp: (world) => setUp(program, world) });
  explorer.onRestart = () => ends.clear();
  explorer.run((end, { prepared, world }) => {
    ends.add(end === "complete" ? prepared.finalState!() : describeWaiting(world.tasks));
  }, () => ++classes >= classesMax);
  return explorer.done ? ends : null;
}

/** How a run ends whose next step is taken by whoever a seed says; some seeds let a task go on for long. */
function endOfRandomRun(program: RandomProgram, identities: Identities, seed: number): string {
  const world = new World(identities);
  const { finalState } = setUp(program, world);
  let state = (seed * 2_654_435_761 + 12_345) >>> 0;
  const next = (count: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * count);
  };
  const stickiness = seed % 4;
  let last = world.tasks[0];
  for (;;) {
    const enabled = world.tasks.filter((task) => world.isEnabled(task));
    if (enabled.length === 0) break;
    const goOn = enabled.includes(last) && next(4) < stickiness;
    last = goOn ? last : enabled[next(enabled.length)];
    world.step(last, next(world.outcomes(last)));
  }
  const waiting = world.tasks.some((task) => task.generator !== null && !task.daemon);
  return waiting ? describeWaiting(world.tasks) : finalState!();
}

Deno.test("no random run of two page cache operations ends otherwise than some class of the exploration", () => {
  let compared = 0;
  let ends = 0;
  fc.assert(
    fc.property(randomProgram, (program) => {
      const states = explored(program, 300);
      if (states === null) return;
      compared++;
      ends += states.size;
      const identities = new Identities();
      for (let seed = 0; seed < 40; seed++) {
        const end = endOfRandomRun(program, identities, seed);
        assert(states.has(end), `${end}\nis none of\n${[...states].join("\n")}`);
      }
    }),
    { seed: 20_262, numRuns: Number(Deno.env.get("DIOSCOPE_RUNS") ?? "30") },
  );
  assert(compared > 20 && ends > 40, `${compared} compared, ${ends} ends`);
});

Deno.test("two short page cache operations end as plain enumeration of all interleavings says", () => {
  let compared = 0;
  let several = 0;
  fc.assert(
    fc.property(randomProgram, (program) => {
      const plain = everyInterleaving((world) => setUp(program, world), 300);
      if (plain === null) return;
      compared++;
      if (plain.ends.length > 1) several++;
      assertEquals([...explored(program, Infinity)!].sort(), plain.ends);
    }),
    { seed: 20_263, numRuns: Number(Deno.env.get("DIOSCOPE_RUNS") ?? "30") },
  );
  assert(compared > 10 && several > 1, `${compared} compared, ${several} of them with several ends`);
});
