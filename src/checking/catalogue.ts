/**
 * The catalogue of anomalies: what each is, how bad it is, and what a kernel developer would say of it.
 *
 * @module
 */

import type { FindingSubject } from "../machine/world.ts";
import { ANOMALIES } from "../scenarios/words.ts";

/** How bad something is, the least first; `data_loss`: data is gone, or is not what it should be. */
export type Severity = "info" | "warning" | "error" | "data_loss";

/**
 * `anomaly`: something is wrong. `quality`: slower than it need be. `report_only`: allowed by what the kernel promises, and
 * an anomaly only where a table says so.
 */
export type Standing = "anomaly" | "quality" | "report_only";

/** What there is to know of an anomaly. */
export interface AnomalyInfo {
  /** How bad it is. */
  readonly severity: Severity;
  /** Whether any kernel may show it. */
  readonly standing: Standing;
  /** A line. */
  readonly definition: string;
  /** Why it matters, as a sentence behind the one that says what happened. */
  readonly meaning: string;
}

type AnomalyId = (typeof ANOMALIES)[number] | "ASSERTION" | "EXCEPTION";

const CATALOGUE: Readonly<Record<AnomalyId, AnomalyInfo>> = {
  DEADLOCK: {
    severity: "error",
    standing: "anomaly",
    definition: "tasks wait for each other in a circle, or one for what nobody will give back",
    meaning: "None of them can ever go on, and whoever comes for the same locks hangs behind them.",
  },
  LOCK_INVERSION: {
    severity: "warning",
    standing: "anomaly",
    definition: "locks are taken in orders that together go round in a circle",
    meaning: "Nothing need have hung here, but two tasks that do this at the same moment wait for each other.",
  },
  LIVELOCK: {
    severity: "error",
    standing: "anomaly",
    definition: "a loop begins again and again without getting anywhere",
    meaning: "The operation can be kept from ending for as long as the others go on as they do.",
  },
  STARVATION: {
    severity: "warning",
    standing: "anomaly",
    definition: "a task waits while others that came later get what it waits for, as many as the bound says",
    meaning: "Nothing makes the others wait for it, so a steady stream of them keeps it out for ever.",
  },
  STALE_DATA: {
    severity: "data_loss",
    standing: "anomaly",
    definition: "a read gives content that no write of this sector of this file has left",
    meaning: "Whoever reads gets what a former owner left in the block, which may be another user's secret.",
  },
  STALE_CACHE: {
    severity: "data_loss",
    standing: "anomaly",
    definition: "a cached page keeps older content than the block when the direct write is over",
    meaning: "Buffered readers go on seeing the old data until something drops the page.",
  },
  STALE_WINDOW: {
    severity: "info",
    standing: "report_only",
    definition: "a cached read is older than a direct one while the direct write is in flight",
    meaning: "The invalidation behind the write has not come yet, and the kernel promises nothing before it.",
  },
  STALE_MAPPING: {
    severity: "data_loss",
    standing: "anomaly",
    definition: "a page table still maps what the file no longer has there",
    meaning: "Loads and stores of that mapping miss the file from now on.",
  },
  LOST_UPDATE: {
    severity: "data_loss",
    standing: "anomaly",
    definition: "a write that has returned is overwritten by something older than it",
    meaning: "The data is gone for good, although the write has reported success.",
  },
  TORN_SECTOR: {
    severity: "error",
    standing: "anomaly",
    definition: "one sector is read with parts of several writes",
    meaning: "Applications that rely on a sector being written as one piece get a mixture.",
  },
  TORN_READ: {
    severity: "warning",
    standing: "report_only",
    definition: "a read sees one part of a write and misses another",
    meaning: "POSIX would have it see all of the write or nothing; direct I/O promises that per sector only.",
  },
  OVERLAP_MIX: {
    severity: "warning",
    standing: "report_only",
    definition: "where two concurrent writes overlap, sectors of both are left",
    meaning: "No order of the two writes gives this content; direct I/O does not promise one.",
  },
  MIXED_RACE: {
    severity: "info",
    standing: "report_only",
    definition: "direct I/O and stores through a mapping race for one page",
    meaning: "What comes of it is undefined by contract, as open(2) says.",
  },
  BEYOND_EOF: {
    severity: "error",
    standing: "anomaly",
    definition: "blocks are allocated behind the end of the file, and nobody will trim them",
    meaning: "The space is lost until the file is truncated, and growing the file shows what is in the blocks.",
  },
  WRONG_SIZE: {
    severity: "data_loss",
    standing: "anomaly",
    definition: "the file is longer or shorter than any order of what was done to it explains",
    meaning: "Data behind the end is lost to readers, or there is an end that nobody has written up to.",
  },
  PERSIST_LOST: {
    severity: "data_loss",
    standing: "anomaly",
    definition: "data that was promised to be durable is not there after a crash",
    meaning: "The caller was told that it is on stable storage.",
  },
  WRONG_DISKSIZE: {
    severity: "data_loss",
    standing: "anomaly",
    definition: "the size on disk is less than the data that should be there needs",
    meaning: "The data has reached its blocks, but after the next mount the file ends before it.",
  },
  USE_AFTER_FREE_BLOCK: {
    severity: "data_loss",
    standing: "anomaly",
    definition: "an I/O or a copy goes to a block that is free or somebody else's",
    meaning: "A write of that kind destroys another file, a read shows its content.",
  },
  UNCONVERTED: {
    severity: "data_loss",
    standing: "anomaly",
    definition: "an extent is still unwritten although its write has reported success",
    meaning: "Reads give zeros in place of the data until somebody converts the extent.",
  },
  LOST_CONVERT_DATA: {
    severity: "data_loss",
    standing: "anomaly",
    definition: "a new or unwritten block is zeroed after data was put into it",
    meaning: "The data is gone although its write has succeeded: the block no longer was what the zeroing took it for.",
  },
  BLOCK_ZEROED_BY_PEER: {
    severity: "data_loss",
    standing: "anomaly",
    definition: "the zeros around a write of part of a block erase what another write has put there",
    meaning: "Both writes have succeeded, and the data of one of them is gone.",
  },
  LEAK_LOCK: {
    severity: "error",
    standing: "anomaly",
    definition: "an operation returns to its caller with a lock that nobody else releases",
    meaning: "The next one who wants that lock waits for ever.",
  },
  LEAK_MEM: {
    severity: "warning",
    standing: "anomaly",
    definition: "a reference or a placeholder is left over when all is done",
    meaning: "The memory is never given back, and what it stands for cannot be freed.",
  },
  BUG_CONTEXT: {
    severity: "error",
    standing: "anomaly",
    definition: "something is done where it must not be: sleeping in an interrupt, a lock released that is not held",
    meaning: "On a real machine this is a BUG or a lockup.",
  },
  DOUBLE_COMPLETE: {
    severity: "error",
    standing: "anomaly",
    definition: "an asynchronous operation is completed twice",
    meaning: "The second completion works on memory that may already be somebody else's.",
  },
  SPURIOUS_ERROR: {
    severity: "error",
    standing: "anomaly",
    definition: "an error reaches the caller that has nothing to do with the range it asked for",
    meaning: "The caller takes its own data for lost, while nothing has gone wrong with it.",
  },
  LOST_DMA: {
    severity: "data_loss",
    standing: "anomaly",
    definition: "a device stores into a page that is no longer the file's",
    meaning: "The data has been read, and nobody will ever see it in the file.",
  },
  PRIVATE_LOST: {
    severity: "data_loss",
    standing: "anomaly",
    definition: "a process's private copy of a page is dropped while its mapping lives",
    meaning: "Its next load shows the file in place of what it has stored.",
  },
  SHORT_ON_SUCCESS: {
    severity: "error",
    standing: "anomaly",
    definition: "a file system that writes all or nothing has written a part",
    meaning: "Callers above it do not expect that and take the rest for written.",
  },
  OVERWAIT: {
    severity: "info",
    standing: "quality",
    definition: "an operation waits for I/O or a lock that is wholly outside its range",
    meaning: "It is right, but slower than it need be.",
  },
  FALSE_SERIAL: {
    severity: "info",
    standing: "quality",
    definition: "two operations that have nothing to do with each other never do I/O at the same time",
    meaning: "They could go on side by side, and the lock between them costs throughput.",
  },
  ASSERTION: {
    severity: "error",
    standing: "anomaly",
    definition: "a condition that kernel code states does not hold",
    meaning: "On a real machine this is a BUG or a warning.",
  },
  EXCEPTION: {
    severity: "error",
    standing: "anomaly",
    definition: "the model itself has failed",
    meaning: "Whatever else was seen, this run says nothing of the kernel.",
  },
};

const INVARIANT_INFO: AnomalyInfo = {
  severity: "error",
  standing: "anomaly",
  definition: "an invariant that the system states for itself does not hold",
  meaning: "The design rests on it, so that what follows is not covered by its argument.",
};

/** Ids of all anomalies of the catalogue. */
export const ANOMALY_IDS: readonly string[] = ANOMALIES;

/**
 * What an anomaly is; of a name that is not in the catalogue, what an invariant of a system is.
 *
 * @param anomaly where it could only be told to be one of two, both: `STALE_CACHE|LOST_UPDATE`
 */
export function anomalyInfo(anomaly: string): AnomalyInfo {
  return cataloguedAnomaly(anomaly.split("|")[0]) ?? INVARIANT_INFO;
}

/** What an anomaly is, by its id, `ASSERTION` or `EXCEPTION`; null for a name that is not in the catalogue. */
export function cataloguedAnomaly(id: string): AnomalyInfo | null {
  return Object.hasOwn(CATALOGUE, id) ? CATALOGUE[id as AnomalyId] : null;
}

/** A finding in two sentences: what has happened, and what that means. */
export function explain(
  { anomaly, text, subject }: { readonly anomaly: string; readonly text: string; readonly subject: FindingSubject },
): readonly string[] {
  const { meaning } = anomalyInfo(anomaly);
  const happened = anomaly === "DEADLOCK" ? deadlockSentence(text, subject) ?? text : text;
  if (/[.!] [A-Z]/.test(happened)) return [happened];
  return [`${happened.replace(/\.$/, "")}.`, meaning];
}

/** Null: the report itself has to do. */
function deadlockSentence(
  text: string,
  { attributes = [], tasks = [], resources = [] }: FindingSubject,
): string | null {
  if (tasks.length === 0 || resources.length === 0) return null;
  const things = listed(resources);
  if (attributes.includes("self")) return `${tasks[0]} waits for ${things}, which it holds itself`;
  if (tasks.length > 1 && !/\((?:no owner|owners? [^)]*, which has ended)\)/.test(text)) {
    return tasks.length === 2
      ? `${listed(tasks)} wait for each other, each for what the other one holds: ${things}`
      : `${listed(tasks)} wait for each other in a circle over ${things}`;
  }
  return `${listed(tasks)} ${tasks.length === 1 ? "waits" : "wait"} for ${things}, and nobody will ever let ${
    tasks.length === 1 ? "it" : "them"
  } go on`;
}

function listed(words: readonly string[]): string {
  return words.length === 1 ? words[0] : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}
