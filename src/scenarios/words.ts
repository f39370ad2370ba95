/**
 * The words of scenarios: anomalies, systems, flags of system calls, metrics; and what a misspelt one probably meant.
 *
 * @module
 */

/** Anomalies of the catalogue; a system's own invariants have names such as `I1`, `P1`, `E-a`. */
export const ANOMALIES = [
  "DEADLOCK",
  "LOCK_INVERSION",
  "LIVELOCK",
  "STARVATION",
  "STALE_DATA",
  "STALE_CACHE",
  "STALE_WINDOW",
  "STALE_MAPPING",
  "LOST_UPDATE",
  "TORN_SECTOR",
  "TORN_READ",
  "OVERLAP_MIX",
  "MIXED_RACE",
  "BEYOND_EOF",
  "WRONG_SIZE",
  "PERSIST_LOST",
  "WRONG_DISKSIZE",
  "USE_AFTER_FREE_BLOCK",
  "UNCONVERTED",
  "LOST_CONVERT_DATA",
  "BLOCK_ZEROED_BY_PEER",
  "LEAK_LOCK",
  "LEAK_MEM",
  "BUG_CONTEXT",
  "DOUBLE_COMPLETE",
  "SPURIOUS_ERROR",
  "LOST_DMA",
  "PRIVATE_LOST",
  "SHORT_ON_SUCCESS",
  "OVERWAIT",
  "FALSE_SERIAL",
] as const;

/** The name of an invariant that a system states for itself. */
export const INVARIANT = /^[A-Z]-?[a-z0-9]{1,2}$/;

/** What an anomaly may be, more precisely: src/checking/finding_forms.ts says what each means. */
export const ATTRIBUTES = [
  "self",
  "AB-BA",
  "edges_only",
  "window",
  "permanent",
  "mixed",
  "written_state",
  "state_form",
  "after_crash",
  "other_file",
] as const;

export const SYSTEMS = [
  "legacy-dio",
  "placeholder-dio",
  "xip-io",
  "dax",
  "page-cache-dio",
  "ext4-iomap-dio",
  "xfs-iomap-dio",
  "dax-iomap",
  "mainline",
] as const;

export const EVIDENCE_TAGS = ["S", "K", "D", "M", "M18", "M61"] as const;

/** What is counted for a run or for one operation of it. `runs` compares all runs, step for step. */
export const METRICS = [
  "tree_ops",
  "tree_inserts",
  "cacheline_writes",
  "bios",
  "get_blocks",
  "lock_hold_steps",
  "max_parallel",
  "steps",
  "runs",
] as const;

export const BLOCK_STATES = ["hole", "delalloc", "unwritten", "written"] as const;

/** States of a cached page; the first two exclude each other, the others stand beside them. */
export const CACHE_WORDS = ["clean", "dirty", "locked", "writeback", "busy_buffers", "not_uptodate"] as const;

/** Of open(2), as far as they change what a read or write does. */
export const OPEN_FLAGS = ["O_DIRECT", "O_SYNC", "O_DSYNC", "O_APPEND", "O_NONBLOCK"] as const;

/** Of preadv2(2) and pwritev2(2). */
export const RWF_FLAGS = [
  "RWF_NOWAIT",
  "RWF_DSYNC",
  "RWF_SYNC",
  "RWF_HIPRI",
  "RWF_APPEND",
  "RWF_DONTCACHE",
  "RWF_ATOMIC",
] as const;

export const MAP_FLAGS = ["MAP_SHARED", "MAP_PRIVATE", "MAP_SYNC", "MAP_POPULATE"] as const;

export const MSYNC_FLAGS = ["MS_SYNC", "MS_ASYNC", "MS_INVALIDATE"] as const;

export const SYNC_RANGE_FLAGS = [
  "SYNC_FILE_RANGE_WAIT_BEFORE",
  "SYNC_FILE_RANGE_WRITE",
  "SYNC_FILE_RANGE_WAIT_AFTER",
] as const;

export const FALLOCATE_FLAGS = [
  "FALLOC_FL_KEEP_SIZE",
  "FALLOC_FL_PUNCH_HOLE",
  "FALLOC_FL_COLLAPSE_RANGE",
  "FALLOC_FL_ZERO_RANGE",
  "FALLOC_FL_INSERT_RANGE",
  "FALLOC_FL_UNSHARE_RANGE",
] as const;

export const FADVISE_ADVICE = [
  "POSIX_FADV_NORMAL",
  "POSIX_FADV_RANDOM",
  "POSIX_FADV_SEQUENTIAL",
  "POSIX_FADV_WILLNEED",
  "POSIX_FADV_NOREUSE",
  "POSIX_FADV_DONTNEED",
] as const;

/** Edits that turn one word into the other: inserted, dropped, changed or swapped letters. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      let best = Math.min(
        rows[i - 1][j] + 1,
        row[j - 1] + 1,
        rows[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, rows[i - 2][j - 2] + 1);
      }
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

/** The word that was probably meant, null when none is near: at most two fifths of the letters may differ. */
export function nearestWord(word: string, known: Iterable<string>): string | null {
  let nearest: string | null = null;
  let least = Math.min(Math.max(1, Math.round(word.length * 0.4)) + 1, word.length);
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}
