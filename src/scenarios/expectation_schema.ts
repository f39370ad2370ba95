/**
 * What is expected of a scenario, as YAML says it: six kinds, each with why and where it comes from.
 *
 * @module
 */

import * as z from "zod";
import { OPERATION_NAME, operationName } from "./operation_schema.ts";
import { LENGTH_PATTERN } from "./place.ts";
import { ANOMALIES, ATTRIBUTES, INVARIANT, METRICS } from "./words.ts";
import { form, length, name, oneOrMore, onOff, place, range } from "./world_schema.ts";

const word = form(/^[A-Za-z0-9_.+-]+$/, "a word");
const flagValue = z.union([z.string(), z.number()]);

/** Which runs: systems, presets of their flags, single flags; several values are each taken with each of the others. */
export const selection = {
  system: oneOrMore(word).optional().describe("name of a system, several, or all"),
  preset: oneOrMore(word).optional()
    .describe("presets of the system, such as p4, p3+, v50; any: all values of the flags that the steps read; all"),
  flags: z.record(word, oneOrMore(flagValue)).optional()
    .describe("single flags beside the preset; a list: each value; any: every value of this flag"),
};

const selectionSchema = z.strictObject(selection);

const kept = z.array(z.strictObject({
  run: z.string().describe("system and flags that do not have their defaults"),
  token: z.string().optional().describe("replays the smallest counterexample"),
  classes: z.int().min(1).optional().describe("classes of the closed search"),
  shown: z.string().optional().describe("what was shown, in a line"),
})).optional().describe("written by explore --keep: what the last exploration showed");

const common = {
  why: z.string().min(1),
  source: z.string().min(1).describe("row and evidence, such as 20-17 [D]; or recording ..., or ours"),
  ...selection,
  again: oneOrMore(selectionSchema).optional().describe(
    "the same must hold with these in place of or beside the above",
  ),
  kept,
};

const anomaly = z.union([
  z.enum(ANOMALIES),
  form(INVARIANT, "an anomaly of the catalogue, or an invariant of the system such as I1"),
]);

/** Narrows what counts as the anomaly; all that is given must be so. */
const narrowing = {
  attributes: oneOrMore(z.enum(ATTRIBUTES)).optional(),
  tasks: oneOrMore(name).optional().describe("tasks that take part"),
  resources: oneOrMore(z.string()).optional().describe("held or waited for: placeholder, mmap_sem, page(F,2)"),
  at: place.optional(),
  op: operationName.optional().describe("operation that shows it"),
};

const inRuns = z.enum(["every", "some"]).optional().describe(
  "in every complete run, or in at least one; default every",
);

const returned = z.union([
  z.int().min(0),
  form(
    new RegExp(`${LENGTH_PATTERN.source}|^(?:all|short|-E[A-Z0-9]+)$`),
    "pages such as 2 or 1:1, all, short, or an error such as -EFAULT",
  ),
]);

/** Where the content of a sector came from: a write, or what was there before. */
const origin = form(OPERATION_NAME, "the name of a write, initial, zeros, stale, torn or other_file");

const contents = z.record(range, oneOrMore(origin));
const steps = oneOrMore(word);
const party = form(OPERATION_NAME, "an operation, a task or a kernel task");

const finalFile = z.strictObject({
  size: oneOrMore(length).optional(),
  disksize: oneOrMore(length).optional(),
  blocks: z.record(range, oneOrMore(z.enum(["hole", "delalloc", "unwritten", "written"]))).optional(),
  cache: z.record(range, oneOrMore(z.enum(["absent", "clean", "dirty"]))).optional(),
  content: contents.optional().describe("by range: each sector came from one of these writes; torn: from several"),
  orphan: onOff.optional().describe("on the orphan list"),
});

const metricRun = z.union([
  z.number(),
  z.strictObject({ of: party.optional(), ...selection }),
]).describe("a number, or another run of the scenario");

/** The six kinds, by the key that says which one it is. */
export const EXPECTATIONS = {
  reachable: z.strictObject({ reachable: anomaly, ...narrowing, ...common }),
  absent: z.strictObject({
    absent: oneOrMore(anomaly),
    sibling: oneOrMore(z.string()).describe(
      "row or file of a scenario that shows what is absent here; own row: in this file",
    ),
    ...narrowing,
    ...common,
  }),
  result: z.strictObject({
    result: operationName,
    in: inRuns,
    returns: oneOrMore(returned).optional().describe("one of these"),
    never_returns: oneOrMore(returned).optional(),
    submit_returns: oneOrMore(returned).optional()
      .describe("what io_submit got for an asynchronous one: -EIOCBQUEUED, or a result at once"),
    reads: contents.optional().describe("by range: each sector came from one of these writes"),
    never_reads: contents.optional(),
    through: steps.optional().describe("steps of the system that it goes through"),
    not_through: steps.optional(),
    ...common,
  }),
  final: z.strictObject({
    final: z.enum(["done", "recovered"]).describe("when all is done, or after a crash and recovery"),
    in: inRuns,
    files: z.record(name, finalFile),
    ...common,
  }),
  cost: z.strictObject({
    cost: z.enum(METRICS),
    of: party.optional().describe("default: the whole run"),
    resource: z.string().optional().describe("of lock_hold_steps"),
    over: z.enum(["every", "most", "least"]).optional()
      .describe("each run compared, or the largest or smallest of all runs; default every"),
    equals: metricRun.optional(),
    less_than: metricRun.optional(),
    at_most: metricRun.optional(),
    more_than: metricRun.optional(),
    at_least: metricRun.optional(),
    ...common,
  }),
  order: z.strictObject({
    order: party,
    in: inRuns,
    waits_for: party.optional().describe("operation, or task, that it waits for"),
    never_waits_for: party.optional(),
    on: z.string().optional().describe("resource that it waits on"),
    until: z.string().optional().describe("step of the other one, or returned, that ends the wait"),
    holds: oneOrMore(z.string()).optional().describe("resources held, such as IOLOCK(F) excl"),
    not_holds: oneOrMore(z.string()).optional(),
    at: word.optional().describe("step at which it holds them; default: as long as it waits"),
    sequence: z.array(z.strictObject({
      step: word,
      holds: oneOrMore(z.string()).optional(),
      not_holds: oneOrMore(z.string()).optional(),
    })).min(1).optional().describe("steps in this order, others between them"),
    ...common,
  }),
  not_executable: z.strictObject({ not_executable: z.string().min(1).describe("reason"), ...common }),
} as const;

export type ExpectationKey = keyof typeof EXPECTATIONS;

/** Keys of a cost that say how it compares. */
export const RELATIONS = ["equals", "less_than", "at_most", "more_than", "at_least"] as const;

type Members = { [Key in ExpectationKey]: (typeof EXPECTATIONS)[Key] };

export const expectationSchema = z.union(
  Object.values(EXPECTATIONS) as unknown as [Members[ExpectationKey], ...Members[ExpectationKey][]],
);
