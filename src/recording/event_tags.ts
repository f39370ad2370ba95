/**
 * What many events have in common, as codes: the kind (type, device, rwbs), the context (task, CPU, flags), and the tag,
 * which stands for both.
 *
 * @module
 */

import { type EventType, INODES_NEAR, NONE } from "./event_type.ts";

/** A row of `store.kind`: what events of one type, device, rwbs and, as long as there are few, inode share. */
export interface KindRow {
  type: EventType;
  dev: number;
  rwbs: number;
  /** Inode number; -1: the events have none, or each its own. */
  ino: number;
}

/** A row of `store.context`: what the records of one task on one CPU share. */
export interface ContextRow {
  recordingId: number;
  cpu: number;
  pid: number;
  tgid: number;
  comm: number;
  flags: number;
}

/** A row of `store.tag`: a kind and a context that occur together, so that an event has one code for both. */
export interface TagRow {
  kind: number;
  context: number;
}

/** Contexts are looked up by CPU, task and flags here first; the size is a power of two. */
const CONTEXTS_NEAR = 1024;
const CONTEXT_INTS = 8;

/** Tags are looked up by kind and context here first; the size is a power of two. */
const TAGS_NEAR = 4096;
const TAG_INTS = 4;

/** Kinds that have an inode, at most: in a recording of many files every event has its inode to itself. */
const INODE_KINDS_MAX = 2048;
/** High half of the largest inode number that a double holds exactly. */
const INO_HI_MAX = 0x1fffff;

/** What tells an event's kind and context: codes of the sink's pool, and {@linkcode NONE}. */
export interface TaggedEvent {
  readonly type: EventType;
  readonly cpu: number;
  readonly pid: number;
  readonly tgid: number;
  readonly comm: number;
  readonly flags: number;
  readonly dev: number;
  readonly rwbs: number;
  readonly hasIno: boolean;
  readonly inoLo: number;
  readonly inoHi: number;
}

/** Gives out the codes; a row is made when its event first comes. */
export class EventTags {
  readonly kinds: KindRow[] = [];
  readonly contexts: ContextRow[] = [];
  readonly tags: TagRow[] = [];
  /** Of the event that {@linkcode find} was last asked for. */
  kind = 0;
  context = 0;
  #inodeKinds = 0;
  readonly #contextByCpuPid = new Map<number, number[]>();
  /** Each a row of context, and its code. */
  readonly #contextsNear = new Int32Array(CONTEXTS_NEAR * CONTEXT_INTS).fill(NONE);
  readonly #tagByKindContext = new Map<number, number>();
  /** Each a kind, a context, and the tag of both. */
  readonly #tagsNear = new Int32Array(TAGS_NEAR * TAG_INTS).fill(NONE);

  /** The event's tag. */
  find(event: TaggedEvent): number {
    const kind = this.kind = event.hasIno ? this.#kindOfInode(event) : kindOf(this.kinds, event);
    const context = this.context = this.#contextOf(event);
    const near = this.#tagsNear;
    const at = ((context * 61 + kind) & (TAGS_NEAR - 1)) * TAG_INTS;
    if (near[at] === kind && near[at + 1] === context) return near[at + 2];
    near[at] = kind;
    near[at + 1] = context;
    return near[at + 2] = this.#findTag(kind, context);
  }

  #contextOf(event: TaggedEvent): number {
    const near = this.#contextsNear;
    const { cpu, pid, tgid, comm, flags } = event;
    const { recordingId } = event.type.key;
    const at = ((cpu + 31 * pid + 7 * flags) & (CONTEXTS_NEAR - 1)) * CONTEXT_INTS;
    // Recordings are numbered from 1 on: no event is like an entry that nobody has filled.
    if (
      near[at] === recordingId && near[at + 1] === cpu && near[at + 2] === pid && near[at + 3] === tgid &&
      near[at + 4] === comm && near[at + 5] === flags
    ) return near[at + 6];
    near[at] = recordingId;
    near[at + 1] = cpu;
    near[at + 2] = pid;
    near[at + 3] = tgid;
    near[at + 4] = comm;
    near[at + 5] = flags;
    return near[at + 6] = this.#findContext(event);
  }

  /** A kind with the event's inode; without it, where there are too many. */
  #kindOfInode(event: TaggedEvent): number {
    const { type, inoHi } = event;
    if (inoHi < 0 || inoHi > INO_HI_MAX) return kindOf(this.kinds, event);
    const ino = inoHi * 4294967296 + (event.inoLo >>> 0);
    const at = (event.inoLo + event.dev) & (INODES_NEAR - 1);
    const near = type.inodesNear[at];
    if (near !== NONE) {
      const last = this.kinds[near];
      if (last.ino === ino && last.dev === event.dev && last.rwbs === event.rwbs) return near;
    }
    const key = codesKey(event);
    let kinds = type.inodeKinds.get(key);
    let kind = kinds?.get(ino);
    if (kind === undefined) {
      if (this.#inodeKinds === INODE_KINDS_MAX) return kindOf(this.kinds, event);
      this.#inodeKinds++;
      if (kinds === undefined) type.inodeKinds.set(key, kinds = new Map());
      kind = addKind(this.kinds, event, ino);
      kinds.set(ino, kind);
    }
    return type.inodesNear[at] = kind;
  }

  #findContext({ type, cpu, pid, tgid, comm, flags }: TaggedEvent): number {
    const { recordingId } = type.key;
    const key = pid * 4096 + (cpu & 4095);
    let ids = this.#contextByCpuPid.get(key);
    if (ids === undefined) this.#contextByCpuPid.set(key, ids = []);
    for (const id of ids) {
      const c = this.contexts[id];
      if (
        c.comm === comm && c.flags === flags && c.tgid === tgid && c.recordingId === recordingId && c.cpu === cpu
      ) {
        return id;
      }
    }
    const made = this.contexts.length;
    ids.push(made);
    this.contexts.push({ recordingId, cpu, pid, tgid, comm, flags });
    return made;
  }

  #findTag(kind: number, context: number): number {
    // Both stay far below 2^26.
    const key = context * 0x4000000 + kind;
    let tag = this.#tagByKindContext.get(key);
    if (tag === undefined) {
      tag = this.tags.length;
      this.tags.push({ kind, context });
      this.#tagByKindContext.set(key, tag);
    }
    return tag;
  }
}

/** Device and rwbs as one number: codes stay far below 2^26, as what they stand for is in memory. */
function codesKey({ dev, rwbs }: TaggedEvent): number {
  return (dev + 1) * 0x4000000 + rwbs + 1;
}

function addKind(kinds: KindRow[], { type, dev, rwbs }: TaggedEvent, ino: number): number {
  kinds.push({ type, dev, rwbs, ino });
  return kinds.length - 1;
}

/** The event's kind without an inode, which becomes the last one of its type. */
function kindOf(kinds: KindRow[], event: TaggedEvent): number {
  const { type, dev, rwbs } = event;
  if (type.lastKind >= 0 && type.lastDev === dev && type.lastRwbs === rwbs) return type.lastKind;
  const key = codesKey(event);
  let kind = type.kinds.get(key);
  if (kind === undefined) {
    kind = addKind(kinds, event, NONE);
    type.kinds.set(key, kind);
  }
  type.lastDev = dev;
  type.lastRwbs = rwbs;
  return type.lastKind = kind;
}
