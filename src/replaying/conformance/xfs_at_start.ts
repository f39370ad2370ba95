/**
 * What of XFS was in memory alone at the beginning of a recording: changes that its log had not written, and whether inodes
 * were known to have no privileges to strip.
 *
 * @module
 */

import type { InitialFile } from "./environment.ts";
import { words } from "./event_keys.ts";
import type { RecordedEvent } from "./recorded_events.ts";
import type { Unit } from "./units.ts";

/** What changes an inode in the log, timestamps apart. */
const CHANGES = /^xfs_(setattr|map_blocks_alloc|unwritten_convert|setfilesize|itruncate_extents_start)$/;

/**
 * XFS marks mappings of a file with changes that are not in its log: the first sight of one, as long as nothing in the
 * recording has changed the inode. Those of direct writes may be marked for other reasons (`xfs_direct_write_iomap_begin`
 * marks what goes beyond i_size).
 */
export function logAtStart(events: readonly RecordedEvent[], ino: number): InitialFile["log"] {
  const directWrites = new Set<number>();
  for (const { name, ino: own, pid, detail, more } of events) {
    if (name === "iomap_iter") {
      const flags = words(detail).split("|");
      if (flags.includes("DIRECT") && flags.includes("WRITE")) directWrites.add(pid);
      else directWrites.delete(pid);
    } else if (own === ino && (CHANGES.test(name) || (name === "xfs_iomap_alloc" && directWrites.has(pid)))) {
      return "written";
    } else if (name === "iomap_iter_dstmap" && own === ino && !directWrites.has(pid)) {
      return words(more).split("|").includes("DIRTY") ? "pinned" : "written";
    }
  }
  return "written";
}

/** What a write of XFS does when it has looked for privileges, or found that it need not. */
const BEHIND_PRIVILEGES = /^(xfs_update_time|xfs_zero_eof|xfs_file_(buffered|direct)_write)$/;

/** The first write of a file alone: whether it looks for privileges to strip: of XFS events show it, by a lock that nothing else is for. */
export function nosecAtStart(units: readonly Unit[], ino: number): InitialFile["nosec"] {
  const first = units.find((unit) =>
    unit.ino === ino && [unit.call, ...unit.requests].some(({ kind }) => kind.endsWith("pwrite")) &&
    unit.events.some(({ name }) => BEHIND_PRIVILEGES.test(name))
  );
  if (first === undefined) return "known";
  const before = first.events.slice(0, first.events.findIndex(({ name }) => BEHIND_PRIVILEGES.test(name)));
  const looks = before.some(({ name, detail }) =>
    /^xfs_(ilock|iunlock)$/.test(name) && words(detail) === "ILOCK_SHARED"
  );
  return looks ? "unknown" : "known";
}

/** Bytes that XFS reserves ahead at least, where nobody has mounted with `allocsize`. */
const ALLOCSIZE = 64 * 1024;
/** Pages that a buffered write maps at once, in bytes. */
const MAPPED_MAX = 1024 * 4096;

/**
 * Size of a file below which the least is reserved ahead. A reservation behind the end tells where it could have been longer:
 * twice of what lies before it is more than the least. Those of files that are too small to have any reserved ahead, or whose
 * reservation ends where the write does, tell nothing.
 *
 * @returns bytes: 0, or more than any file has
 */
export function leastAheadBelow(events: readonly RecordedEvent[]): number {
  // Bytes that lie in a row, by file: the last row that was seen.
  const rows = new Map<number, { first: number; end: number }>();
  const asked = new Map<number, number>();
  // Tasks that have told of a length that was worked out, as is done where it may be longer than the least.
  const works = new Set<number>();
  for (const { name, ino, pid, offset, bytes, detail, more } of events) {
    if (name === "xfs_iomap_prealloc_size") works.add(pid);
    if (name === "iomap_iter") works.delete(pid);
    if (ino === null || offset === null || bytes === null) continue;
    if (name === "xfs_iomap_alloc") asked.set(pid, offset + Math.min(bytes, MAPPED_MAX));
    if (name !== "iomap_iter_dstmap" || detail === "HOLE") continue;
    const row = rows.get(ino);
    const end = offset + bytes;
    const isReserved = detail === "DELALLOC" && words(more).split("|").includes("NEW");
    const last = asked.get(pid) ?? end;
    if (
      isReserved && row !== undefined && row.end === offset && offset - row.first >= ALLOCSIZE && end - last >= 4096
    ) {
      const least = Math.floor((last - 1) / ALLOCSIZE) * ALLOCSIZE + ALLOCSIZE;
      return end === least && !works.has(pid) ? Infinity : 0;
    }
    if (row !== undefined && row.first <= offset && offset <= row.end) row.end = Math.max(row.end, end);
    else rows.set(ino, { first: offset, end });
  }
  return 0;
}
