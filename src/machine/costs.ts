/**
 * What is counted while a run goes on, for the run and for each operation: see METRICS of the scenario format.
 *
 * @module
 */

/** Counts of a run or of an operation. */
export class Costs {
  [metric: string]: number;
  /** Steps done, those of the I/O that it has submitted included. */
  steps = 0;
  /** Bios submitted for blocks of files. */
  bios = 0;
  /** Entries of a page tree that were inserted, removed, tagged, or found by a lookup. */
  tree_ops = 0;
  tree_inserts = 0;
  /** Atomic changes of what CPUs share: locks, counts, page bits, page tree. */
  cacheline_writes = 0;
  /** Questions to the block map. */
  get_blocks = 0;
}

export type CountedMetric = "steps" | "bios" | "tree_ops" | "tree_inserts" | "cacheline_writes" | "get_blocks";

/** Counts something. By name and not by key: it is done in every step. */
export function addCost(costs: Costs, metric: CountedMetric, times: number): void {
  switch (metric) {
    case "steps":
      costs.steps += times;
      break;
    case "bios":
      costs.bios += times;
      break;
    case "tree_ops":
      costs.tree_ops += times;
      break;
    case "tree_inserts":
      costs.tree_inserts += times;
      break;
    case "cacheline_writes":
      costs.cacheline_writes += times;
      break;
    case "get_blocks":
      costs.get_blocks += times;
  }
}

/** What a task's steps are done for: an operation, which I/O that it submits goes on for. */
export class Account {
  /** As findings name it: `T1#0`. */
  readonly operation: string;
  readonly costs: Costs = new Costs();
  /** Named steps of the system that it has been through. */
  readonly steps: string[] = [];

  constructor(operation: string) {
    this.operation = operation;
  }
}
