/**
 * What a blktrace record may say: every action and note of the block layer's trace, with the name that the kernel's
 * header gives it and the letters that blkparse prints for it. Binary records, blkparse text and the text of the ftrace
 * tracer `blk` all name their events from this table.
 *
 * Source: include/uapi/linux/blktrace_api.h (Linux 6.19) and the letters of blkparse 1.2 and of its zone patches of 2025.
 *
 * @module
 */

/** What follows a record's head, after the cgroup id. */
export type BlkPayload =
  /** Nothing; the data of a packet command where the record has some. */
  | "command"
  /** Requests that were held back: big-endian, 64 bits. */
  | "depth"
  /** First sector of the second half: big-endian, 64 bits. */
  | "new_sector"
  /** Device and sector that the bio was for before: big-endian, 32 + 32 + 64 bits. */
  | "remap"
  /** Bytes that only the driver understands. */
  | "driver"
  /** Task name, NUL padded. */
  | "comm"
  /** Seconds and nanoseconds of the wall clock, 32 bits each in the byte order of the file. */
  | "wall_clock"
  /** Text without a terminator. */
  | "text";

/** One action or note. */
export interface BlkAction {
  /** Name of the event type: the constant's name in lower case. */
  name: string;
  /**
   * Letters in blkparse's output. `ab` and `d` are never printed by it, `n` (notes other than messages) neither: these
   * are ours.
   */
  letter: string;
  /** Low bits of the action word, without the cgroup bit. */
  code: number;
  kind: "action" | "note";
  payload: BlkPayload;
  /** `request`: has a place and a length on the device. `completion`: a result too. `queue`: is about a queue, or none. */
  subject: "request" | "completion" | "queue";
}

const request = (code: number, name: string, letter: string, payload: BlkPayload = "command"): BlkAction => ({
  name,
  letter,
  code,
  kind: "action",
  payload,
  subject: "request",
});
const completion = (code: number, name: string, letter: string): BlkAction => ({
  ...request(code, name, letter),
  subject: "completion",
});
const queue = (code: number, name: string, letter: string, payload: BlkPayload): BlkAction => ({
  ...request(code, name, letter, payload),
  subject: "queue",
});
const note = (code: number, name: string, letter: string, payload: BlkPayload): BlkAction => ({
  ...queue(code, name, letter, payload),
  kind: "note",
});

/** Every action and note that is known. */
export const BLK_ACTIONS: readonly BlkAction[] = [
  request(1, "blk_ta_queue", "Q"),
  request(2, "blk_ta_backmerge", "M"),
  request(3, "blk_ta_frontmerge", "F"),
  request(4, "blk_ta_getrq", "G"),
  request(5, "blk_ta_sleeprq", "S"),
  completion(6, "blk_ta_requeue", "R"),
  request(7, "blk_ta_issue", "D"),
  completion(8, "blk_ta_complete", "C"),
  queue(9, "blk_ta_plug", "P", "command"),
  queue(10, "blk_ta_unplug_io", "U", "depth"),
  queue(11, "blk_ta_unplug_timer", "UT", "depth"),
  request(12, "blk_ta_insert", "I"),
  request(13, "blk_ta_split", "X", "new_sector"),
  request(14, "blk_ta_bounce", "B"),
  request(15, "blk_ta_remap", "A", "remap"),
  request(16, "blk_ta_abort", "ab"),
  request(17, "blk_ta_drv_data", "d", "driver"),
  request(18, "blk_ta_zone_plug", "ZP"),
  request(19, "blk_ta_zone_unplug", "ZU", "depth"),
  note(0, "blk_tn_process", "n", "comm"),
  note(1, "blk_tn_timestamp", "n", "wall_clock"),
  note(2, "blk_tn_message", "m", "text"),
];

/**
 * The completion of a zone append once its place is known: the kernel gives it the code of a completion and the
 * category {@linkcode Category.ZoneAppend}, but not the category of completions.
 */
export const ZONE_APPEND: BlkAction = completion(8, "blk_ta_zone_append", "ZA");

/** Bit of the action word: a 64-bit cgroup id stands ahead of the payload, counted in its length. */
export const CGROUP_BIT = 1 << 8;

/** Categories, as bits of the action word shifted right by 16. The zone ones exist in version 8 only. */
export enum Category {
  Read = 1 << 0,
  Write = 1 << 1,
  Flush = 1 << 2,
  Sync = 1 << 3,
  Queue = 1 << 4,
  Requeue = 1 << 5,
  Issue = 1 << 6,
  Complete = 1 << 7,
  Filesystem = 1 << 8,
  PacketCommand = 1 << 9,
  Notify = 1 << 10,
  Ahead = 1 << 11,
  Meta = 1 << 12,
  Discard = 1 << 13,
  DriverData = 1 << 14,
  Fua = 1 << 15,
  ZoneAppend = 1 << 16,
  ZoneReset = 1 << 17,
  ZoneResetAll = 1 << 18,
  ZoneFinish = 1 << 19,
  ZoneOpen = 1 << 20,
  ZoneClose = 1 << 21,
  WriteZeroes = 1 << 22,
}

/** Operations with letters of their own: they go before reading and writing. */
const OPERATION_LETTERS: readonly [Category, string][] = [
  [Category.Discard, "D"],
  [Category.ZoneAppend, "ZA"],
  [Category.ZoneReset, "ZR"],
  [Category.ZoneResetAll, "ZRA"],
  [Category.ZoneFinish, "ZF"],
  [Category.ZoneOpen, "ZO"],
  [Category.ZoneClose, "ZC"],
  [Category.WriteZeroes, "WZ"],
  [Category.Write, "W"],
];

/** Modifiers that follow the operation, in order. */
const MODIFIER_LETTERS: readonly [Category, string][] = [
  [Category.Fua, "F"],
  [Category.Ahead, "A"],
  [Category.Sync, "S"],
  [Category.Meta, "M"],
];

/**
 * The RWBS text of an action word, as the kernel and blkparse build it.
 *
 * @param categories the action word shifted right by 16
 * @param bytes length of the request: without one, and without another operation, it is none (`N`) and not a read
 */
export function rwbsOf(categories: number, bytes: number): string {
  if (categories & Category.Notify) return "N";
  const operation = OPERATION_LETTERS.find(([bit]) => categories & bit)?.[1] ?? (bytes > 0 ? "R" : "N");
  const modifiers = MODIFIER_LETTERS.map(([bit, letter]) => categories & bit ? letter : "");
  return (categories & Category.Flush ? "F" : "") + operation + modifiers.join("");
}

/**
 * Categories that give this RWBS text: the inverse of {@linkcode rwbsOf}. What is not a write, a discard or a zone
 * operation counts as a read, as in the kernel.
 *
 * @throws {RangeError} when it is no RWBS text
 */
export function categoriesOf(rwbs: string): number {
  const parts = /^(F?)(D|ZRA|ZA|ZR|ZF|ZO|ZC|WZ|W|R|N)(F?A?S?M?)$/.exec(rwbs);
  if (parts === null) throw new RangeError(`${rwbs} is no RWBS text`);
  const [, flush, operation, modifiers] = parts;
  let categories = flush === "" ? 0 : Category.Flush;
  if (operation === "R" || operation === "N") categories |= Category.Read;
  else categories |= Category.Write | OPERATION_LETTERS.find(([, letter]) => letter === operation)![0];
  for (const [bit, letter] of MODIFIER_LETTERS) if (modifiers.includes(letter)) categories |= bit;
  return categories;
}

const BY_LETTER = new Map(
  [...BLK_ACTIONS, ZONE_APPEND].filter((a) => a.letter !== "n").map((a) => [a.letter, a]),
);
const BY_CODE = new Map(BLK_ACTIONS.map((a) => [`${a.kind} ${a.code}`, a]));

const BY_NAME = new Map([...BLK_ACTIONS, ZONE_APPEND].map((a) => [a.name, a]));

/** The action of this name; null when there is none. */
export function blkActionByName(name: string): BlkAction | null {
  return BY_NAME.get(name) ?? null;
}

/** The action that blkparse (or the tracer `blk`) prints with these letters; null when there is none. */
export function blkEventByLetter(letter: string): BlkAction | null {
  return BY_LETTER.get(letter) ?? null;
}

/**
 * The action of an action word's low 16 bits and categories; one that is not known is an event all the same, named for
 * its number.
 *
 * @param code low 16 bits without the cgroup bit
 * @param categories the action word shifted right by 16
 */
export function blkActionOf(code: number, categories: number): BlkAction {
  if (categories & Category.Notify) {
    return BY_CODE.get(`note ${code}`) ?? note(code, `blk_tn_unknown_${code}`, "n", "driver");
  }
  if (code === ZONE_APPEND.code && categories & Category.ZoneAppend && !(categories & Category.Complete)) {
    return ZONE_APPEND;
  }
  return BY_CODE.get(`action ${code}`) ?? request(code, `blk_ta_unknown_${code}`, "?", "driver");
}

/** True when the table has this action. */
export function isKnownAction(action: BlkAction): boolean {
  return action === ZONE_APPEND || BY_CODE.get(`${action.kind} ${action.code}`) === action;
}
