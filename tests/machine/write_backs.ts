/**
 * What a crash may leave of persistent memory, twice, by plain enumeration: once as every set of writes that the rules
 * permit, once as everything that caches and write-combining buffers can have done on their own between instructions.
 * Both share nothing with the machine but the list of instructions.
 *
 * @module
 */

export type Instruction =
  | { op: "store" | "ntstore"; cpu: number; line: number; word: number; value: string }
  | { op: "clwb" | "clflushopt" | "clflush"; cpu: number; line: number }
  | { op: "sfence"; cpu: number };

export interface Shape {
  lines: number;
  words: number;
  domain: "adr" | "eadr";
}

type Write = Extract<Instruction, { op: "store" | "ntstore" }>;

function isWrite(instruction: Instruction): instruction is Write {
  return instruction.op === "store" || instruction.op === "ntstore";
}

/** Does something after `from` make sure that a flush begun there has ended? */
function isFlushed(instructions: readonly Instruction[], from: number): boolean {
  const { op, cpu } = instructions[from];
  const waits = op === "clflush" ? ["sfence", "store", "ntstore", "clflush"] : ["sfence"];
  return instructions.slice(from + 1).some((later) => later.cpu === cpu && waits.includes(later.op));
}

/** Images, as text, of every set of writes that may be the ones that are left. */
export function imagesBySubsets(instructions: readonly Instruction[], { lines, words, domain }: Shape): Set<string> {
  const writes = instructions.flatMap((each, at) => isWrite(each) ? [{ ...each, at }] : []);
  const mustBeThere = ({ op, cpu, line, at }: Write & { at: number }): boolean => {
    if (op === "ntstore") return instructions.some((each, i) => i > at && each.op === "sfence" && each.cpu === cpu);
    return domain === "eadr" ||
      instructions.some((each, i) =>
        i > at && !isWrite(each) && each.op !== "sfence" && each.line === line && isFlushed(instructions, i)
      );
  };
  const images = new Set<string>();
  for (let set = 0; set < 1 << writes.length; set++) {
    const isLeft = (i: number) => (set >> i & 1) === 1;
    const isLegal = writes.every((write, i) =>
      isLeft(i)
        ? write.op === "ntstore" ||
          writes.every((other, j) => j > i || other.op === "ntstore" || other.line !== write.line || isLeft(j))
        : !mustBeThere(write)
    );
    if (!isLegal) continue;
    const content = Array.from({ length: lines * words }, () => "0");
    writes.forEach(({ line, word, value }, i) => {
      if (isLeft(i)) content[line * words + word] = value;
    });
    images.add(content.join());
  }
  return images;
}

/** Hardware in the middle of a program: contents as pairs of a value and how many-th write it was. */
interface Hardware {
  memory: [string, number][];
  /** By line: stores that the cache holds and memory does not, oldest first. */
  dirty: { place: number; value: string; nth: number }[][];
  /** Words in write-combining buffers. */
  combining: { cpu: number; place: number; value: string; nth: number }[];
  /** Flushes that their CPU has not waited for: how far into the line's stores they reach. */
  flushes: { cpu: number; line: number; nth: number; strong: boolean }[];
}

function toMemory(memory: [string, number][], place: number, value: string, nth: number): void {
  if (nth > memory[place][1]) memory[place] = [value, nth];
}

/** Everything that can happen by itself in one go: one line written back up to some store, or one word drained. */
function* moves(state: Hardware): Iterable<Hardware> {
  for (let line = 0; line < state.dirty.length; line++) {
    if (state.dirty[line].length === 0) continue;
    const next = structuredClone(state);
    const { place, value, nth } = next.dirty[line].shift()!;
    toMemory(next.memory, place, value, nth);
    yield next;
  }
  for (let i = 0; i < state.combining.length; i++) {
    const next = structuredClone(state);
    const [{ place, value, nth }] = next.combining.splice(i, 1);
    toMemory(next.memory, place, value, nth);
    yield next;
  }
}

function closure(states: Iterable<Hardware>): Map<string, Hardware> {
  const known = new Map<string, Hardware>();
  const open = [...states];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const key = JSON.stringify(state);
    if (known.has(key)) continue;
    known.set(key, state);
    open.push(...moves(state));
  }
  return known;
}

/** Null when the hardware is not yet where the instruction may be done: it waits for write-backs. */
function perform(before: Hardware, instruction: Instruction, nth: number, words: number): Hardware | null {
  const { op, cpu } = instruction;
  const waitsFor = before.flushes.filter((flush) =>
    flush.cpu === cpu && (op === "sfence" || (flush.strong && op !== "clwb" && op !== "clflushopt"))
  );
  if (waitsFor.some((flush) => before.dirty[flush.line].some((store) => store.nth <= flush.nth))) return null;
  if (op === "sfence" && before.combining.some((word) => word.cpu === cpu)) return null;
  const state = structuredClone(before);
  state.flushes = before.flushes.filter((flush) => !waitsFor.includes(flush));
  if (op === "store") {
    const { line, word, value } = instruction;
    state.dirty[line].push({ place: line * words + word, value, nth });
  } else if (op === "ntstore") {
    const { line, word, value } = instruction;
    state.combining.push({ cpu, place: line * words + word, value, nth });
  } else if (op !== "sfence") {
    state.flushes.push({ cpu, line: instruction.line, nth, strong: op === "clflush" });
  }
  return state;
}

/** Images, as text, of everything that memory can have come to hold. */
export function imagesByMachine(instructions: readonly Instruction[], { lines, words, domain }: Shape): Set<string> {
  const start: Hardware = {
    memory: Array.from({ length: lines * words }, () => ["0", 0]),
    dirty: Array.from({ length: lines }, () => []),
    combining: [],
    flushes: [],
  };
  let states = closure([start]);
  instructions.forEach((instruction, i) => {
    const after: Hardware[] = [];
    for (const state of states.values()) {
      const next = perform(state, instruction, i + 1, words);
      if (next !== null) after.push(next);
    }
    states = closure(after);
  });
  const images = new Set<string>();
  for (const { memory, dirty } of states.values()) {
    if (domain === "eadr" && dirty.some((stores) => stores.length > 0)) continue;
    images.add(memory.map(([value]) => value).join());
  }
  return images;
}
