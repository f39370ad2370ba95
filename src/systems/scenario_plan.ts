/**
 * What the tasks of a scenario do, in the units of the machine.
 *
 * @module
 */

import type { OrderedPair } from "../machine/history.ts";
import type { OperationKind } from "./run_record.ts";
import type { AreaPart, AreaPlan } from "./scenario_areas.ts";

/** How a task's or an I/O's operation is recorded. */
export interface RecordPlan {
  /** As the scenario names it. */
  readonly name: string;
  readonly kind: OperationKind;
  readonly call: string;
  /** As a report prints it. */
  readonly what: string;
  readonly file: string | null;
  /** Sectors. */
  readonly pos: number;
  readonly len: number;
  readonly direct: boolean;
  readonly flags: readonly string[];
}

export interface TransferPlan {
  readonly record: RecordPlan;
  readonly write: boolean;
  readonly buffer: readonly AreaPart[];
  /** False: begins or ends within a sector. */
  readonly aligned: boolean;
  /** Set then: bytes left out of the first sector, and bytes in all. */
  readonly part: { readonly skip: number; readonly bytes: number } | null;
  readonly append: boolean;
  readonly nowait: boolean;
  readonly sync: "none" | "dsync" | "sync";
}

export interface SyncPlan {
  readonly record: RecordPlan;
  readonly scope: "data" | "all";
}

/** One of what is submitted together. */
export type IocbPlan = { readonly transfer: TransferPlan } | { readonly sync: SyncPlan };

/** A page of memory that is loaded from or stored into, sector by sector. */
export interface TouchPlan {
  readonly area: number;
  readonly page: number;
  /** Sector within the page. */
  readonly within: number;
  /** Sector of the file or, of anonymous memory, of the area. */
  readonly sector: number;
}

export type ActionPlan =
  | { readonly kind: "transfer"; readonly transfer: TransferPlan }
  | { readonly kind: "sync"; readonly sync: SyncPlan }
  | { readonly kind: "submit"; readonly iocbs: readonly IocbPlan[]; readonly single: boolean }
  | { readonly kind: "reap"; readonly count: number | null }
  | { readonly kind: "touch"; readonly access: "load" | "store"; readonly touches: readonly TouchPlan[] }
  | {
    readonly kind: "mmap";
    readonly at: AreaPart;
    readonly maps: Omit<Extract<AreaPlan["maps"], { kind: "file" }>, "kind"> | null;
  }
  | { readonly kind: "munmap"; readonly parts: readonly AreaPart[] }
  | { readonly kind: "msync"; readonly sync: boolean }
  | { readonly kind: "sync_file_range"; readonly flags: readonly string[] }
  | { readonly kind: "syncfs" }
  | { readonly kind: "truncate"; readonly size: number }
  | { readonly kind: "fallocate" }
  | { readonly kind: "fadvise"; readonly advice: string }
  | { readonly kind: "drop_caches"; readonly what: number }
  | { readonly kind: "fstat" }
  | { readonly kind: "close" };

export interface OperationPlan {
  readonly record: RecordPlan;
  readonly action: ActionPlan;
}

export interface TaskPlan {
  readonly name: string;
  readonly mm: string;
  readonly operations: readonly OperationPlan[];
}

export interface ScenarioPlan {
  readonly mms: readonly string[];
  readonly areas: readonly AreaPlan[];
  readonly tasks: readonly TaskPlan[];
  /** Operations that wait for others, by the names that the machine's history gives them. */
  readonly order: readonly OrderedPair[];
}

/** Name of what is submitted as the nth of an operation. */
export function iocbHistoryName(operation: string, nth: number): string {
  return `${operation}.${nth}`;
}
