/**
 * A handle: a task's part in a transaction.
 *
 * @module
 */

import type { MetadataRecord, MetadataSink } from "./disk_metadata.ts";
import type { Task } from "./task.ts";
import type { Transaction } from "./transaction.ts";

/** Decides when freed blocks may be had again. */
export interface FreedBlocks {
  /** @param pending takes those that have to wait for the commit */
  free(pblks: readonly number[], pending: number[]): void;
}

export class Handle implements MetadataSink {
  readonly task: Task;
  /** Log space that it has reserved. */
  readonly credits: number;
  /** Null for a handle that joins when it stops. */
  transaction: Transaction | null = null;
  /** Starts less stops: a task that has a handle and starts another goes on with the one it has. */
  references = 1;
  readonly #journal: FreedBlocks;
  /** What it takes along when it joins at its stop. */
  records: MetadataRecord[] = [];
  freed: number[] = [];
  ordered: string[] = [];

  constructor(journal: FreedBlocks, task: Task, credits: number) {
    this.#journal = journal;
    this.task = task;
    this.credits = credits;
  }

  /** Adds the record of a change to the transaction, in the step that does the change. */
  record(record: MetadataRecord): void {
    (this.transaction ?? this).records.push(record);
  }

  free(pblks: readonly number[]): void {
    this.#journal.free(pblks, (this.transaction ?? this).freed);
  }

  /** Has the file's data written before the transaction commits (`data=ordered`). */
  orderData(file: string): void {
    if (this.transaction !== null) this.transaction.ordered.add(file);
    else this.ordered.push(file);
  }
}
