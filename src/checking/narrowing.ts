/**
 * Which findings an expectation means: those of its anomaly with all that it says of them.
 *
 * @module
 */

import type { FindingSubject } from "../machine/world.ts";
import { sectorsOf } from "../scenarios/place.ts";
import type { AbsentExpectation, Operation, ReachableExpectation, Scenario } from "../scenarios/scenario.ts";
import { meansResource } from "./waits.ts";

/** Anomalies in which nobody suffers more than the others: any of the operations may be the one that is asked for. */
const SYMMETRIC: readonly string[] = ["DEADLOCK", "LOCK_INVERSION", "OVERLAP_MIX", "MIXED_RACE"];

/** Names of operations: as the scenario gives them, and by task and place. */
export class OperationNames {
  static readonly #known = new WeakMap<Scenario, OperationNames>();
  readonly #names = new Map<string, string>();
  readonly #tasks = new Map<string, string>();

  private constructor({ tasks }: Scenario) {
    for (const [task, { operations }] of Object.entries(tasks)) {
      operations.forEach((operation, nth) => {
        this.#add(operation, task, `${task}#${nth}`);
        iocbsOf(operation).forEach((iocb, each) => this.#add(iocb, task, `${task}#${nth}.${each}`));
      });
    }
  }

  /** Those of a scenario, made once. */
  static of(scenario: Scenario): OperationNames {
    const known = OperationNames.#known.get(scenario) ?? new OperationNames(scenario);
    OperationNames.#known.set(scenario, known);
    return known;
  }

  #add({ name }: Operation, task: string, place: string): void {
    this.#names.set(place, name);
    this.#names.set(name, name);
    this.#tasks.set(name, task);
  }

  /** As the scenario names it; what is no operation of the scenario stays as it is. */
  nameOf(name: string): string {
    return this.#names.get(name) ?? name;
  }

  /** Task of an operation, or the task that it is. */
  taskOf(name: string): string {
    return this.#tasks.get(this.nameOf(name)) ?? name;
  }
}

function iocbsOf(operation: Operation): readonly Operation[] {
  return operation.kind === "io_submit" || operation.kind === "uring_submit" ? operation.iocbs : [];
}

/** True when a finding has all that an expectation says of it. What a finding does not tell, it has not. */
export function isMeant(
  anomaly: string,
  subject: FindingSubject,
  expectation: ReachableExpectation | AbsentExpectation,
  scenario: Scenario,
): boolean {
  const { attributes, tasks, resources, at, op } = expectation;
  const names = OperationNames.of(scenario);
  const operations = (subject.operations ?? []).map((name) => names.nameOf(name));
  if (!attributes.every((attribute) => (subject.attributes ?? []).includes(attribute))) return false;
  const involved = [...subject.tasks ?? [], ...operations.map((name) => names.taskOf(name))];
  if (!tasks.every((task) => involved.includes(task))) return false;
  const having = subject.resources ?? [];
  if (!resources.every((word) => having.some((resource) => meansResource(word, resource)))) return false;
  if (op !== null) {
    const among = SYMMETRIC.includes(anomaly) ? operations : operations.slice(0, 1);
    if (!among.includes(op)) return false;
  }
  if (at === null) return true;
  if (subject.file !== at.name) return false;
  if (at.range === null) return true;
  const { from, to } = sectorsOf(at.range, scenario.bounds.SECTORS_PER_PAGE);
  return (subject.sectors ?? []).some((sector) => sector >= from && sector < to);
}
