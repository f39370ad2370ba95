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

const NOBODY: readonly Holder[] = [];

export class Transaction implements Resource {
  readonly tid: number;
  /** As deadlock reports call those who wait for its end: `commit(3)`. */
  readonly name: string;
  /** Handles that are open: the resource `txn`. */
  readonly handles: Count;
  readonly records: MetadataRecord[] = [];
  /** Blocks that may be had again once it has committed. */
  readonly freed: number[] = [];
  /** Files whose data goes to the disk before it commits. */
  readonly ordered = new Set<string>();
  /** Open when it has committed or failed to. */
  readonly whenCommitted: Wait;
  state: TransactionState = "running";
  /** 0, or the negative error number of a commit that failed. */
  error = 0;
  /** Log space that its handles have reserved, until it is checkpointed. */
  credits = 0;
  readonly #committed: Level;
  readonly #committer: () => Task | null;

  /** @param committer who commits it */
  constructor(world: World, tid: number, committer: () => Task | null) {
    this.tid = tid;
    this.name = `commit(${tid})`;
    this.handles = new Count(world, "txn");
    this.#committed = new Level(world);
    this.#committer = committer;
    this.whenCommitted = { level: this.#committed, min: 1, max: 1, access: Access.Read, resource: this };
  }

  holders(): readonly Holder[] {
    const task = this.#committer();
    return this.#committed.peek === 1 || task === null ? NOBODY : [task];
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
