/**
 * The table that the results file of a shard has besides.
 *
 * @module
 */

import type { Relation } from "./relation.ts";

/** Table of a shard's file, which no other file has. */
export const SHARD_TABLE: Relation = {
  schema: "main",
  name: "shard_part",
  description: "what a shard has found: deno task merge joins it with the others",
  columns: [
    { name: "kind", type: "VARCHAR", description: "what kind of work it was: explore, slice, counterexample, ..." },
    { name: "question", type: "VARCHAR", description: "hash of what was to be found out" },
    { name: "answer", type: "VARCHAR", description: "what was found, as the program keeps it" },
  ],
};
