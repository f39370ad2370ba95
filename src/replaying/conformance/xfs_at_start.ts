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
