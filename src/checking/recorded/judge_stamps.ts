/**
 * What reads returned, by their stamps, judged by the rules of coherence; and what the recording shows behind it.
 *
 * @module
 */

import type { HistoryOperation } from "../../recording/history/history_line.ts";
import { anomalyInfo } from "../catalogue.ts";
import { type CoherenceFinding, judgeHistory } from "../coherence/judge_history.ts";
import type { DirectWrite } from "./direct_writes.ts";
import type { Evidence, EvidenceFinder } from "./evidence.ts";
import { matchHistory } from "./match_history.ts";
import type { RecordedFinding, RecordedOperation, RecordedRun } from "./recorded_run.ts";
import { type StampedFile, stampedHistories } from "./stamped_histories.ts";

export interface StampVerdict {
  readonly findings: readonly RecordedFinding[];
  readonly notes: readonly string[];
  readonly history: HistoryShare;
}

/** How much of a history a recording shows. */
export interface HistoryShare {
  /** Lines of the history. */
  readonly operations: number;
  /** Those that were found among the lifted operations. */
  readonly matched: number;
  /** Not found, and over before the first event. */
  readonly before: number;
  /** Not found, and accesses of a mapping: without a page fault nothing shows them. */
  readonly unseen: number;
}

const SECTOR = 512;
const OLDER: ReadonlySet<string> = new Set(["STALE_CACHE", "LOST_UPDATE", "STALE_CACHE|LOST_UPDATE"]);

export function judgeStamps(
  run: RecordedRun,
  history: readonly HistoryOperation[],
  writes: readonly DirectWrite[],
  finder: EvidenceFinder,
): StampVerdict {
  const matched = matchHistory(history, run.operations, run.originNs);
  const { originNs, pageSize } = run;
  const findings: RecordedFinding[] = [];
  const notes: string[] = [];
  const explainer = new Explainer(run, writes, finder, matched);
  for (const file of stampedHistories(history, { matched, originNs, pageSize, operations: run.operations })) {
    // XFS reads take the lock of the inode, those of ext4 do not.
    const verdict = judgeHistory(file.history, { cached: isXfs(run) ? "posix" : "page", view: null, finalSize: null });
    notes.push(...file.notes, ...verdict.notes);
    for (const finding of verdict.findings) findings.push(explainer.explained(finding, file));
  }
  const others = history.filter((line) => !matched.has(line));
  const before = others.filter(({ endNs }) => endNs < originNs);
  const unseen = others.filter(({ endNs, family, op }) =>
    endNs >= originNs && (family === "load" || family === "store" || /^mmap-/.test(op))
  );
  return {
    findings,
    notes: gathered(notes),
    history: { operations: history.length, matched: matched.size, before: before.length, unseen: unseen.length },
  };
}

function isXfs({ eventNames }: RecordedRun): boolean {
  return [...eventNames].some((name) => name.startsWith("xfs_"));
}

/** Notes about single sectors are one. */
function gathered(notes: readonly string[]): string[] {
  const many = /: sector \d+ has more reads that contradict others than were told$/;
  const files = Map.groupBy(notes.filter((note) => many.test(note)), (note) => note.split(":")[0]);
  return [
    ...notes.filter((note) => !many.test(note)),
    ...[...files].map(([file, { length }]) =>
      `${file}: ${length} sectors have more reads that contradict others than were told`
    ),
  ];
}

class Explainer {
  readonly #run: RecordedRun;
  readonly #finder: EvidenceFinder;
  readonly #writes: ReadonlyMap<number, DirectWrite>;
  readonly #matched: ReadonlyMap<HistoryOperation, readonly RecordedOperation[]>;
  readonly #operations: ReadonlyMap<number, RecordedOperation>;
  readonly #isXfs: boolean;

  constructor(
    run: RecordedRun,
    writes: readonly DirectWrite[],
    finder: EvidenceFinder,
    matched: ReadonlyMap<HistoryOperation, readonly RecordedOperation[]>,
  ) {
    this.#run = run;
    this.#finder = finder;
    this.#matched = matched;
    this.#writes = new Map(writes.map((write) => [write.operation.id, write]));
    this.#isXfs = isXfs(run);
    this.#operations = new Map(run.operations.map((operation) => [operation.id, operation]));
  }

  explained(finding: CoherenceFinding, file: StampedFile): RecordedFinding {
    const lifted = finding.operations.flatMap((name) => this.#liftedOf(file.lines.get(name)));
    const evidence = OLDER.has(finding.anomaly) ? this.#evidenceOf(finding, file) : null;
    const anomaly = evidence?.anomaly ?? finding.anomaly;
    const [first] = finding.text.split(/(?<=\.) /);
    const key = lifted.find(({ file }) => file !== null)?.file ?? null;
    const line = file.lines.get(finding.operations[0]);
    return {
      anomaly,
      severity: finding.allowed || this.#isAllowed(finding, line)
        ? "info"
        : anomalyInfo(anomaly.split("|")[0]).severity,
      attributes: [...finding.attributes, "stamps"],
      operations: finding.operations,
      file: key,
      fileName: file.history.file,
      sectors: finding.sectors,
      time: line === undefined ? null : Number(line.startNs - this.#run.originNs),
      seqs: [...lifted.flatMap(({ firstSeq, lastSeq }) => [firstSeq, lastSeq]), ...evidence?.seqs ?? []],
      text: evidence === null ? finding.text : `${first} ${evidence.text}`,
    };
  }

  /**
   * What recordings show and no kernel promises otherwise: loads see single words of what is being copied, and where reads
   * take no lock, as on all but XFS, buffered ones see what a buffered write has copied so far.
   */
  #isAllowed({ anomaly }: CoherenceFinding, line: HistoryOperation | undefined): boolean {
    if (anomaly !== "TORN_SECTOR" && anomaly !== "TORN_READ") return false;
    if (line?.family === "load") return true;
    const isBuffered = this.#liftedOf(line)[0]?.execution === "buffered" || line?.direct === false;
    return isBuffered && !this.#isXfs;
  }

  #liftedOf(line: HistoryOperation | undefined): readonly RecordedOperation[] {
    return line === undefined ? [] : this.#matched.get(line) ?? [];
  }

  /** The read comes first among a finding's operations, then the newest write that it should have seen. */
  #evidenceOf({ operations: [read, newest], sectors }: CoherenceFinding, file: StampedFile): Evidence | null {
    const line = file.lines.get(read);
    const write = this.#liftedOf(file.lines.get(newest ?? read)).map(({ id }) => this.#writes.get(id)).find((each) =>
      each !== undefined
    );
    if (line === undefined) return null;
    const time = Number(line.endNs - this.#run.originNs);
    if (write === undefined) return this.#mapped(line, file.lines.get(newest ?? read), sectors);
    const pages = [...new Set(sectors.map((sector) => Math.floor(sector * SECTOR / this.#run.pageSize)))];
    for (const page of pages) {
      const evidence = this.#finder.of(write, page, time);
      if (evidence !== null) return evidence;
    }
    return null;
  }

  /** A load from persistent memory: an entry of the page table older than the write still maps the old block. */
  #mapped(
    line: HistoryOperation,
    newest: HistoryOperation | undefined,
    sectors: readonly number[],
  ): Evidence | null {
    const [write] = this.#liftedOf(newest);
    if (line.family !== "load" || write?.execution !== "dax") return null;
    const pageSize = this.#run.pageSize;
    const page = Math.floor(sectors[0] * SECTOR / pageSize);
    const faults = [...this.#operations.values()].filter(({ kind, file, offset, start }) =>
      (kind === "load" || kind === "store") && file === write.file && offset !== null &&
      Math.floor(offset / pageSize) === page && start < write.start
    );
    const fault = faults.at(-1);
    const shared = this.#run.sharedMappings.find(({ seq }) => seq >= write.firstSeq && seq <= write.lastSeq);
    const how = fault === undefined
      ? `Page ${page} was mapped before the write`
      : `Page ${page} had been mapped by operation ${fault.id} (event ${fault.firstSeq}) before the write`;
    const why = shared === undefined
      ? "the write put other blocks there"
      : `the write went to a new block, as the mapping it was given was shared (event ${shared.seq})`;
    return {
      anomaly: "STALE_MAPPING",
      seqs: [...fault === undefined ? [] : [fault.firstSeq], ...shared === undefined ? [] : [shared.seq]],
      text: `${how}, ${why}, and no fault came between: the page table still maps the old block.`,
    };
  }
}
