/**
 * A transaction of a journal: the changes that survive a crash together or not at all.
 *
 * @module
 */

import { Access } from "./access.ts";
import { Count } from "./count.ts";
import type { MetadataRecord } from "./disk_metadata.ts";
import { type Holder, Level, type Resource, type Wait } from "./level.ts";
import type { Task } from "./task.ts";
import type { World } from "./world.ts";

/**
 * `running`: handles join. `locked`: waits for its handles. `flush`: ordered data is written. `commit`: its blocks are
 * written to the log. `committed`: whoever waits for it goes on.
 */
export type TransactionState = "running" | "locked" | "flush" | "commit" | "committed";

/** Who commits: a journal with its thread. */
export interface Committer {
  readonly thread: Task | null;
}

const NOBODY: readonly Holder[] = [];

export class Transaction implements Resource {
  readonly tid: number;
  /** Handles that are open: the resource `txn`. */
  readonly handles: Count;
  /** In the order of the changes; between changes of different things it means nothing. */
  readonly records: MetadataRecord[] = [];
  /** Blocks that may be had again once it has committed. */
  readonly freed: number[] = [];
  /** Files whose data goes to the disk before it commits. */
  readonly ordered = new Set<string>();
  /** Open when it has committed or failed to. */
  readonly whenCommitted: Wait;
  /** 1 once its commit block has been submitted, with the barrier that it may have. */
  readonly commitSubmitted: Level;
  state: TransactionState = "running";
  /** 0, or the negative error number of a commit that failed. */
  error = 0;
  /** Log space that its handles have reserved, until it is checkpointed. */
  credits = 0;
  readonly #committed: Level;
  readonly #committer: Committer;

  constructor(world: World, tid: number, committer: Committer) {
    this.tid = tid;
    this.handles = new Count(world, "txn");
    this.commitSubmitted = new Level(world);
    this.#committed = new Level(world);
    this.#committer = committer;
    this.whenCommitted = { level: this.#committed, min: 1, max: 1, access: Access.Read, resource: this };
  }

  /** What deadlock reports call the wait for its end: `commit(3)`. */
  get name(): string {
    return `commit(${this.tid})`;
  }

  holders(): readonly Holder[] {
    const { thread } = this.#committer;
    return this.#committed.peek === 1 || thread === null ? NOBODY : [thread];
  }

  /** Ends the commit, as part of the current step. */
  end(): void {
    this.state = "committed";
    this.#committed.add(1, Access.Write);
  }

  toString(): string {
    return this.name;
  }
}
