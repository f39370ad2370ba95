/**
 * `wait_on_placeholder_pages_range` (patch 1): returns when no placeholder stands in a range of pages, its end included.
 *
 * @module
 */

import { Placeholder } from "../../machine/page_tree_entry.ts";
import { Retries } from "../../machine/retries.ts";
import type { Steps } from "../../machine/task.ts";
import { reachStep } from "../common/reach_step.ts";
import { path } from "../path.ts";
import type { PlaceholderAddressSpace } from "./placeholder_address_space.ts";

export const waitOnPlaceholderPagesRange = path("wait_on_placeholder_pages_range", function* (
  mapping: PlaceholderAddressSpace,
  start: number,
  end: number,
): Steps {
  if (mapping.flags.form === "v5") yield* waitV5(mapping, start, end);
  else yield* wait2007(mapping, start, end);
});

/** 2007: looks until nothing is left. Behind the largest index it begins anew at 0, which was not meant. */
function* wait2007(mapping: PlaceholderAddressSpace, start: number, end: number): Steps {
  const { world, gang, slotsMax, lastIndex, flags } = mapping;
  const loop = `wait_on_placeholder_pages_range of ${mapping.host.ino}`;
  const retries = new Retries(world, loop, mapping.bounds.retriesMax);
  retries.next();
  again: for (;;) {
    yield;
    reachStep(world, "twait");
    while (start <= end) {
      const found = mapping.gangLookup(start, slotsMax - 1, gang);
      if (found.length === 0) return;
      for (const { index, entry } of found) {
        if (entry instanceof Placeholder && entry.start <= end) {
          yield entry.whenGone;
          continue again;
        }
        start = index + 1;
        if (index > end) return;
        if (index !== lastIndex) continue;
        if (flags.waitWrap === "fixed") return;
        start = 0;
        retries.next();
        // cond_resched: the lock is dropped, so that others may take the entry away.
        yield;
        break;
      }
    }
    return;
  }
}

/**
 * 2006-12: goes on only where the lookup was full, and then takes the read lock again. Where it did not have to make way for
 * another task it has not given it back before, so that it ends with one hold too many.
 */
function* waitV5(mapping: PlaceholderAddressSpace, start: number, end: number): Steps {
  const { world, gang, slotsMax, treeReaders } = mapping;
  let cur = start;
  let highest = start;
  again: for (;;) {
    yield;
    reachStep(world, "twait");
    const found = mapping.gangLookup(cur, slotsMax - 1, gang);
    for (const { index, entry } of found) {
      if (entry instanceof Placeholder) {
        if (entry.start > end) return;
        yield entry.whenGone;
        continue again;
      }
      highest = Math.max(highest, index);
      if (index > end) return;
    }
    if (highest >= end || found.length < gang) return;
    cur = highest;
    const resched = yield { count: 2, what: "need_resched", outcomes: ["no", "yes"] };
    if (resched === 0) treeReaders.increment(world.current!, "waited");
  }
}
