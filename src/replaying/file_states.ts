/**
 * What is known of the files of a recording at a time: their sizes, what is cached of them, their blocks.
 *
 * @module
 */

import type { PageHistory } from "../checking/recorded/page_history.ts";
import type { RecordedRun } from "../checking/recorded/recorded_run.ts";
import { FileSizes } from "./file_sizes.ts";
import { partitionPoint } from "../std/partition_point.ts";
import type { Touched } from "./windows.ts";

export class FileStates {
  readonly #run: RecordedRun;
  readonly #pages: PageHistory;
  readonly #sizes: FileSizes;

  constructor(run: RecordedRun, pages: PageHistory) {
    this.#run = run;
    this.#pages = pages;
    this.#sizes = new FileSizes(run);
  }

  /** Bytes; null: not known. */
  sizeAt(file: string, time: number): number | null {
    return this.#sizes.at(file, time);
  }

  cacheAt(file: string, page: number, time: number): "absent" | "clean" | "dirty" {
    const stay = this.#pages.at(file, page, time);
    if (stay === null) return "absent";
    const dirtied = stay.dirtied.findLast((event) => event.time <= time);
    if (dirtied === undefined) return "clean";
    return this.#pages.writebacks(file, page, dirtied.time, time).length > 0 ? "clean" : "dirty";
  }

  /** What the operation was told of the blocks of its range. */
  blocksOf({ operation }: Touched): "hole" | "unwritten" | "written" {
    const { firstSeq, lastSeq, pid } = operation;
    const mappings = this.#run.unwrittenMappings;
    for (let at = partitionPoint(mappings, ({ seq }) => seq < firstSeq); mappings[at]?.seq <= lastSeq; at++) {
      if (mappings[at].pid === pid) return mappings[at].state;
    }
    return "written";
  }

  get pageSize(): number {
    return this.#run.pageSize;
  }
}
