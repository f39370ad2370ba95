/**
 * Layouts by event name.
 *
 * @module
 */

import { type Layout, parseLayout } from "./layout.ts";
import { BLOCK_LAYOUTS } from "./layouts/block.ts";
import { DAX_LAYOUTS } from "./layouts/dax.ts";
import { EXT4_LAYOUTS } from "./layouts/ext4.ts";
import { IO_URING_LAYOUTS } from "./layouts/io_uring.ts";
import { IOMAP_LAYOUTS } from "./layouts/iomap.ts";
import { JBD2_LAYOUTS } from "./layouts/jbd2.ts";
import { KERNEL_LAYOUTS } from "./layouts/kernel.ts";
import { PAGE_CACHE_LAYOUTS } from "./layouts/page_cache.ts";
import { SCHED_LAYOUTS } from "./layouts/sched.ts";
import { WRITEBACK_LAYOUTS } from "./layouts/writeback.ts";
import { XFS_LAYOUTS } from "./layouts/xfs.ts";

const TABLES = [
  BLOCK_LAYOUTS,
  PAGE_CACHE_LAYOUTS,
  IOMAP_LAYOUTS,
  EXT4_LAYOUTS,
  JBD2_LAYOUTS,
  XFS_LAYOUTS,
  DAX_LAYOUTS,
  WRITEBACK_LAYOUTS,
  IO_URING_LAYOUTS,
  SCHED_LAYOUTS,
  KERNEL_LAYOUTS,
];

let textsByEvent: Map<string, string[]> | null = null;

/** Reads the tables: event names are indented below their layout. */
function readTables(): Map<string, string[]> {
  const texts = new Map<string, string[]>();
  for (const table of TABLES) {
    let layout = "";
    for (const line of table.split("\n")) {
      if (!line.startsWith(" ")) {
        layout = line;
        continue;
      }
      for (const event of line.trim().split(" ")) {
        const known = texts.get(event);
        if (known === undefined) texts.set(event, [layout]);
        else known.push(layout);
      }
    }
  }
  return texts;
}

/** Layouts of an event in the order in which to try them; none for an event that we have not written down. */
export function layoutsOf(event: string): Layout[] {
  textsByEvent ??= readTables();
  return (textsByEvent.get(event) ?? []).map(parseLayout);
}

/** Names of all events that have a layout. */
export function eventsWithLayout(): string[] {
  textsByEvent ??= readTables();
  return [...textsByEvent.keys()];
}
