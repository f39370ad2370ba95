/**
 * Open files over time: which file descriptor of which process stands for which open file, and which inode that is.
 *
 * No event names the inode that a descriptor stands for: it is learned from what the first operations on it show, and
 * holds for all operations on it, earlier ones too. A thread whose process is not known has descriptors of its own; one
 * that it uses and did not open is taken for the only one of this number that is open anywhere, if there is one.
 *
 * @module
 */

import { NO } from "./operation.ts";

/** Flags of open(2) on x86. On other machines O_DIRECT differs; a recording does not name the machine. */
export const O_APPEND = 0x400;
export const O_DSYNC = 0x1000;
export const O_DIRECT = 0x4000;
export const O_DIRECTORY = 0x10000;

/** What open(2) made: shared by all descriptors that were duplicated or inherited. */
export interface OpenFile {
  /** Row of `store.open_file`. */
  id: number;
  recordingId: number;
  /** Row of `store.file`; -1 until an event shows it. */
  file: number;
  /** Flags as opened or set later; -1 where the opening is not in the recording. */
  flags: number;
  /** Position of read and write; -1 = not known. */
  position: number;
  /** Code of the sink's pool; -1 = not recorded. */
  path: number;
  /** Operation that opened it; -1 = not in the recording. */
  openedBy: number;
  /** File descriptors that stand for it. */
  references: number;
  /** Operations on it that were over before its file was known: where it was their own, and where it was a guess. */
  readonly unsettled: { own: number; guessed: number };
}

/** Descriptors of a process, or of a thread whose process is unknown. */
export class DescriptorTable {
  readonly entries = new Map<number, OpenFile>();

  /** @param parent where a descriptor may have been inherited from */
  constructor(readonly recordingId: number, readonly parent: DescriptorTable | null) {}
}

export class OpenFiles {
  readonly all: OpenFile[] = [];
  /** By recording and descriptor: open files that it stands for in some table. */
  readonly #byNumber = new Map<number, OpenFile[]>();

  make(recordingId: number, flags: number, openedBy: number): OpenFile {
    const made: OpenFile = {
      id: this.all.length,
      recordingId,
      file: NO,
      flags,
      position: openedBy < 0 ? NO : 0,
      path: NO,
      openedBy,
      references: 0,
      unsettled: { own: 0, guessed: 0 },
    };
    this.all.push(made);
    return made;
  }

  #number(table: DescriptorTable, fd: number): number {
    return table.recordingId * 0x100000000 + fd;
  }

  /** The descriptor stands for this open file from now on. */
  set(table: DescriptorTable, fd: number, open: OpenFile): void {
    this.#drop(table, fd);
    table.entries.set(fd, open);
    open.references++;
    const key = this.#number(table, fd);
    const list = this.#byNumber.get(key);
    if (list === undefined) this.#byNumber.set(key, [open]);
    else list.push(open);
  }

  #drop(table: DescriptorTable, fd: number): boolean {
    const open = table.entries.get(fd);
    if (open === undefined) return false;
    table.entries.delete(fd);
    open.references--;
    const list = this.#byNumber.get(this.#number(table, fd));
    const at = list?.indexOf(open) ?? -1;
    if (at >= 0) list!.splice(at, 1);
    return true;
  }

  /** What the process itself is known to have under this number, or has inherited. */
  own(table: DescriptorTable, fd: number): OpenFile | null {
    for (let each: DescriptorTable | null = table; each !== null; each = each.parent) {
      const open = each.entries.get(fd);
      if (open !== undefined) return open;
    }
    return null;
  }

  /** Open files that the process has, or may have inherited; of all processes where it is not known to have any. */
  inReach(table: DescriptorTable): OpenFile[] {
    const found = new Set<OpenFile>();
    for (let each: DescriptorTable | null = table; each !== null; each = each.parent) {
      for (const open of each.entries.values()) found.add(open);
    }
    return [...found];
  }

  /** The only open file that has this number anywhere in the recording, else null. */
  guess(table: DescriptorTable, fd: number): OpenFile | null {
    const list = this.#byNumber.get(this.#number(table, fd));
    return list?.length === 1 ? list[0] : null;
  }

  /** @returns what was closed, if that is known */
  close(table: DescriptorTable, fd: number, tables: Iterable<DescriptorTable>): OpenFile | null {
    const own = this.own(table, fd);
    if (own !== null) {
      for (let each: DescriptorTable | null = table; each !== null; each = each.parent) {
        if (this.#drop(each, fd)) break;
      }
      return own;
    }
    const guess = this.guess(table, fd);
    if (guess !== null) {
      for (const each of tables) if (each.entries.get(fd) === guess && this.#drop(each, fd)) break;
    }
    return guess;
  }
}

/** Files by device and inode number: rows of `store.file`. */
export class Files {
  readonly rows: { recordingId: number; dev: number; ino: number }[] = [];
  readonly #byDevice = new Map<number, Map<number, number>>();
  #lastDevice = NO;
  #lastIno = NO;
  #last = NO;

  /** @param dev code of the sink's pool */
  id(recordingId: number, dev: number, ino: number): number {
    const device = recordingId * 0x100000000 + dev;
    if (device === this.#lastDevice && ino === this.#lastIno) return this.#last;
    let inodes = this.#byDevice.get(device);
    if (inodes === undefined) this.#byDevice.set(device, inodes = new Map());
    let id = inodes.get(ino);
    if (id === undefined) {
      id = this.rows.length;
      inodes.set(ino, id);
      this.rows.push({ recordingId, dev, ino });
    }
    this.#lastDevice = device;
    this.#lastIno = ino;
    return this.#last = id;
  }
}
