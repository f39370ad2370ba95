import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Execution } from "../../src/exploring/execution.ts";
import { Exhaustive } from "../../src/exploring/exhaustive.ts";
import { CrashOrder } from "../../src/machine/crash_order.ts";
import { Identities } from "../../src/machine/identities.ts";
import { contentToken, PersistentMemory } from "../../src/machine/persistent_memory.ts";
import { imageCount, PersistentMemoryImage } from "../../src/machine/persistent_memory_image.ts";
import type { Program } from "../../src/machine/program.ts";
import { World } from "../../src/machine/world.ts";
import { imagesByMachine, imagesBySubsets, type Instruction, type Shape } from "./write_backs.ts";

const WORDS = 2;

function perform(memory: PersistentMemory, instructions: readonly Instruction[]): void {
  for (const instruction of instructions) {
    const { op, cpu } = instruction;
    if (op === "sfence") memory.sfence(cpu);
    else if (op === "store" || op === "ntstore") {
      memory[op](instruction.line, instruction.word, instruction.value, cpu);
    } else memory[op](instruction.line, cpu);
  }
}

function memoryAfter(instructions: readonly Instruction[], { lines, domain }: Shape): PersistentMemory {
  const memory = new PersistentMemory(new World(new Identities()), { sectors: lines, wordsPerLine: WORDS, domain });
  perform(memory, instructions);
  return memory;
}

/** Every image that a crash now may leave of the whole memory, each once: all its words. */
function imageTexts(memory: PersistentMemory): string[] {
  const lines = Array.from({ length: memory.lineCount }, (_, line) => memory.peekLine(line).crashContents());
  return lines.reduce(
    (texts, contents) => texts.flatMap((text) => contents.map((words) => [...text, ...words])),
    [[]] as (readonly string[])[],
  ).map((words) => words.join());
}

/** Every way to answer the picks of `look`, with what it returns. */
function everyPick(look: (pick: (count: number) => number) => string): string[] {
  const found: string[] = [];
  const path: { choice: number; count: number }[] = [];
  do {
    let depth = 0;
    found.push(look((count) => {
      assert(count > 1, "a pick has something to choose from");
      if (depth === path.length) path.push({ choice: 0, count });
      return path[depth++].choice;
    }));
    while (path.length > 0 && ++path[path.length - 1].choice === path[path.length - 1].count) path.pop();
  } while (path.length > 0);
  return found;
}

const write = (lines: number) =>
  fc.record({
    op: fc.constantFrom("store" as const, "store" as const, "ntstore" as const),
    cpu: fc.nat(1),
    line: fc.nat(lines - 1),
    word: fc.nat(WORDS - 1),
    value: fc.constantFrom("a", "b", "c", "d", "e"),
  });

const flush = (lines: number) =>
  fc.record({
    op: fc.constantFrom("clwb" as const, "clflushopt" as const, "clflush" as const),
    cpu: fc.nat(1),
    line: fc.nat(lines - 1),
  });

const fence = fc.record({ op: fc.constant("sfence" as const), cpu: fc.nat(1) });

const sequence: fc.Arbitrary<{ shape: Shape; instructions: Instruction[] }> = fc.tuple(
  fc.integer({ min: 2, max: 3 }),
  fc.constantFrom("adr" as const, "adr" as const, "adr" as const, "eadr" as const),
).chain(([lines, domain]) =>
  fc.record({
    shape: fc.constant({ lines, words: WORDS, domain }),
    instructions: fc.array(
      fc.oneof(
        { weight: 4, arbitrary: write(lines) },
        { weight: 2, arbitrary: flush(lines) },
        { weight: 1, arbitrary: fence },
      ),
      { maxLength: 10 },
    ),
  })
);

Deno.test("a crash leaves exactly the images that plain enumeration of sets of writes permits", () => {
  let most = 0;
  fc.assert(
    fc.property(sequence, ({ shape, instructions }) => {
      const memory = memoryAfter(instructions, shape);
      const found = imageTexts(memory);
      assertEquals([...found].sort(), [...imagesBySubsets(instructions, shape)].sort());
      assertEquals(imageCount(memory), found.length);
      most = Math.max(most, found.length);
    }),
    { seed: 64, numRuns: 5000 },
  );
  assert(most >= 24, `most images of a sequence: ${most}`);
});

Deno.test("a crash leaves exactly what caches and buffers can have written back by themselves", () => {
  fc.assert(
    fc.property(sequence, ({ shape, instructions }) => {
      const short = instructions.slice(0, 6);
      assertEquals(imageTexts(memoryAfter(short, shape)).sort(), [...imagesByMachine(short, shape)].sort());
    }),
    { seed: 65, numRuns: 1000 },
  );
});

Deno.test("with cached stores of distinct values alone, images are the product over lines of stores plus one", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(WORDS - 1), fc.nat(1)), { maxLength: 12 }), (stores) => {
      const memory = memoryAfter(
        stores.map(([line, word, cpu], i) => ({ op: "store", cpu, line, word, value: `v${i}` })),
        { lines: 3, words: WORDS, domain: "adr" },
      );
      const counts = [0, 1, 2].map((line) => stores.filter((store) => store[0] === line).length + 1);
      assertEquals(imageCount(memory), counts[0] * counts[1] * counts[2]);
    }),
    { seed: 66, numRuns: 1000 },
  );
});

Deno.test("under eADR there is one image once non-temporal stores are fenced", () => {
  fc.assert(
    fc.property(sequence, ({ shape, instructions }) => {
      const memory = memoryAfter(
        [...instructions, { op: "sfence", cpu: 0 }, { op: "sfence", cpu: 1 }],
        { ...shape, domain: "eadr" },
      );
      assertEquals(imageCount(memory), 1);
    }),
    { seed: 67, numRuns: 1000 },
  );
});

Deno.test("picks that look at every word make every image once", () => {
  fc.assert(
    fc.property(sequence, ({ shape, instructions }) => {
      const memory = memoryAfter(instructions, shape);
      const picked = everyPick((pick) => {
        const image = new PersistentMemoryImage(memory, pick);
        return Array.from({ length: shape.lines }, (_, line) => image.line(line)).flat().join();
      });
      assertEquals(picked.sort(), imageTexts(memory).sort());
    }),
    { seed: 68, numRuns: 1000 },
  );
});

const store = (cpu: number, line: number, word: number, value: string): Instruction => ({
  op: "store",
  cpu,
  line,
  word,
  value,
});

function imagesOf(...instructions: Instruction[]): string[] {
  return imageTexts(memoryAfter(instructions, { lines: 2, words: WORDS, domain: "adr" })).sort();
}

Deno.test("a flush reaches stores of another CPU, and holds only after a fence of its own", () => {
  const flushed: Instruction[] = [store(0, 0, 0, "a"), { op: "clwb", cpu: 1, line: 0 }];
  assertEquals(imagesOf(...flushed, { op: "sfence", cpu: 0 }), ["0,0,0,0", "a,0,0,0"]);
  assertEquals(imagesOf(...flushed, { op: "sfence", cpu: 1 }), ["a,0,0,0"]);
  const later = [...flushed, store(0, 0, 1, "b"), { op: "sfence" as const, cpu: 1 }];
  assertEquals(imagesOf(...later), ["a,0,0,0", "a,b,0,0"]);
});

Deno.test("clflush is over before its CPU's next store, clflushopt is not", () => {
  const around = (op: "clflush" | "clflushopt") =>
    imagesOf(store(0, 0, 0, "a"), { op, cpu: 0, line: 0 }, store(0, 1, 0, "b"));
  assertEquals(around("clflush"), ["a,0,0,0", "a,0,b,0"]);
  assertEquals(around("clflushopt"), ["0,0,0,0", "0,0,b,0", "a,0,0,0", "a,0,b,0"]);
});

Deno.test("non-temporal stores are kept or lost word by word until their CPU's fence", () => {
  const nt = (cpu: number, word: number, value: string): Instruction => ({ op: "ntstore", cpu, line: 0, word, value });
  const two = [nt(0, 0, "a"), nt(1, 1, "b")];
  assertEquals(imagesOf(...two), ["0,0,0,0", "0,b,0,0", "a,0,0,0", "a,b,0,0"]);
  assertEquals(imagesOf(...two, { op: "clwb", cpu: 0, line: 0 }, { op: "sfence", cpu: 0 }), ["a,0,0,0", "a,b,0,0"]);
});

Deno.test("only lines and words that are looked at tell images apart", () => {
  const memory = memoryAfter(
    [store(0, 0, 0, "a"), store(0, 0, 1, "b"), store(0, 1, 0, "c")],
    { lines: 2, words: WORDS, domain: "adr" },
  );
  assertEquals(imageCount(memory), 6);
  const look = (at: (image: PersistentMemoryImage) => string) =>
    everyPick((pick) => at(new PersistentMemoryImage(memory, pick)));
  assertEquals(look((image) => image.word(0, 1)), ["0", "b"]);
  assertEquals(look((image) => image.sector(0)), ["0", "TORN(a|0)", "TORN(a|b)"]);
  assertEquals(look((image) => image.word(0, 1) === "b" ? image.word(1, 0) : "-"), ["-", "0", "c"]);
});

Deno.test("a sector says when its words come from different writes", () => {
  assertEquals(contentToken(["a", "a"]), "a");
  assertEquals(contentToken(["a", "b"]), "TORN(a|b)");
});

/** Two tasks, each of which makes a line of its own durable. */
function twoFlushers(order: "with crash order" | "without crash order"): Program {
  return {
    name: "two flushers",
    setUp(world) {
      const crashOrder = order === "with crash order" ? new CrashOrder(world) : undefined;
      const memory = new PersistentMemory(world, { sectors: 2, wordsPerLine: 1, crashOrder });
      for (const line of [0, 1]) {
        world.spawn(`T${line + 1}`, function* () {
          yield;
          memory.store(line, 0, "w");
          yield;
          memory.clwb(line);
          yield;
          memory.sfence();
        });
      }
      return {
        crash: {
          durableVersion: () => memory.version,
          recover: (pick) => {
            const image = new PersistentMemoryImage(memory, pick);
            return image.sector(0) + image.sector(1);
          },
        },
      };
    },
  };
}

/** What a crash after any step of a run may leave. */
function* crashesOf({ program, task, outcome, length, identities }: Execution): Iterable<string> {
  const world = new World(identities);
  const { crash } = program.setUp(world)!;
  for (let i = 0; i <= length; i++) {
    yield* everyPick((pick) => crash!.recover(pick, () => {}, () => {}));
    if (i < length) world.step(world.task(task[i]), outcome[i]);
  }
}

Deno.test("the crash order brings up images that lie between independent steps", () => {
  const explored = (program: Program) => {
    const found = new Set<string>();
    const explorer = new Exhaustive(program);
    explorer.onRestart = () => found.clear();
    explorer.run((_end, execution) => {
      for (const image of crashesOf(execution)) found.add(image);
    }, () => false);
    return { classes: explorer.counts.complete, images: [...found].sort() };
  };
  assertEquals(explored(twoFlushers("without crash order")), { classes: 1, images: ["00", "w0", "ww"] });
  // A task's fence comes before the other's store, after it, or neither comes before: both stores, then both fences.
  assertEquals(explored(twoFlushers("with crash order")), { classes: 3, images: ["00", "0w", "w0", "ww"] });
});

Deno.test("flushes and loads of a line commute, stores to one line do not", () => {
  const classes = (first: (memory: PersistentMemory) => void, second: (memory: PersistentMemory) => void) => {
    const explorer = new Exhaustive({
      name: "two accesses",
      setUp(world) {
        const memory = new PersistentMemory(world, { sectors: 2 });
        for (const access of [first, second]) {
          world.spawn("T", function* () {
            yield;
            access(memory);
          });
        }
      },
    });
    explorer.onRestart = () => {};
    explorer.run(() => {}, () => false);
    return explorer.counts.complete;
  };
  const load = (memory: PersistentMemory) => void memory.loadLine(0);
  const flush = (memory: PersistentMemory) => memory.clwb(0);
  const storeHere = (memory: PersistentMemory) => memory.store(0, 1, "w");
  const storeThere = (memory: PersistentMemory) => memory.store(1, 1, "w");
  const fence = (memory: PersistentMemory) => memory.sfence();
  assertEquals(classes(load, flush), 1);
  assertEquals(classes(flush, flush), 1);
  assertEquals(classes(storeHere, fence), 1);
  assertEquals(classes(storeHere, storeThere), 1);
  assertEquals(classes(storeHere, storeHere), 2);
  assertEquals(classes(storeHere, load), 2);
  assertEquals(classes(storeHere, flush), 2);
});
