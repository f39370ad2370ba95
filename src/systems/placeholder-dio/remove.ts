/**
 * `remove_placeholder_pages` (patch 1): takes the placeholders of pages [start, end) away, and unlocks and lets go of the
 * pages there.
 *
 * @module
 */

import { Folio } from "../../machine/folio.ts";
import { Placeholder } from "../../machine/page_tree_entry.ts";
import { Retries } from "../../machine/retries.ts";
import type { Steps } from "../../machine/task.ts";
import { path } from "../path.ts";
import type { PlaceholderAddressSpace } from "./placeholder_address_space.ts";

/** Under one hold of tree_lock; the v5 form may make way for others between two lookups. */
export const removePlaceholderPages = path(
  "remove_placeholder_pages",
  function* (mapping: PlaceholderAddressSpace, start: number, end: number): Steps {
    const { world, gang, flags, slotsMax } = mapping;
    yield mapping.whenWritable;
    if (!world.current!.maySleep && start < end) {
      world.report("BUG_CONTEXT", "remove_placeholder_pages: write_unlock_irq enables interrupts in an interrupt");
    }
    const loop = `remove_placeholder_pages of ${mapping.host.ino}`;
    const retries = new Retries(world, loop, mapping.bounds.retriesMax);
    while (start < end) {
      retries.next();
      for (const { index, entry } of mapping.gangLookup(start, slotsMax - 1, Math.min(gang, end - start))) {
        // 2007 steps on before it looks whether the range is over; v5 does not, and looks the same entry up again.
        if (flags.form === "2007") start = index + 1;
        if (index >= end) break;
        start = index + 1;
        retries.progress();
        if (entry instanceof Placeholder) {
          mapping.remove(index);
          entry.wake();
          world.note("remove", entry.name);
        } else if (entry instanceof Folio) {
          entry.lock.clear();
          entry.put();
        }
      }
      if (flags.form === "v5" && start < end) yield mapping.whenWritable;
    }
  },
);
