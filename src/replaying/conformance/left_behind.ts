/**
 * What calls have left behind in a recording, for those who go on from there.
 *
 * @module
 */

import type { EnvironmentFacts, LeftBehind, RecordedPast } from "./environment.ts";
import { MODELLED_CALLS } from "./modelled_calls.ts";
import type { RecordedEvent, RecordedTrace } from "./recorded_events.ts";
import { RecordedState } from "./recorded_state.ts";
import type { Scoring } from "./score.ts";
import type { SortedEvents } from "./units.ts";

/** Tasks that the model has itself. */
const KERNEL_THREADS = /^(kworker|jbd2|xfsaild|iou-wrk)/;

const WRITES = /^(ext4_da_write_begin|ext4_write_begin|xfs_file_(buffered|direct)_write)$/;

/** What changes of an inode, in a transaction, what its data cannot be found without: timestamps do not count. */
const CHANGES_INODE =
  /^(ext4_(allocate_(inode|blocks)|ext_remove_space|ext_handle_unwritten_extents|collapse_range|insert_range)|xfs_(setattr|iomap_alloc|map_blocks_alloc|unwritten_convert|setfilesize|itruncate_extents_start))$/;

/** @param scoring takes the calls that are over */
export function pastOf(
  trace: RecordedTrace,
  { units, others }: SortedEvents,
  environment: EnvironmentFacts,
  scoring: Scoring,
): RecordedPast {
  const { files, pagesMax, sectorsPerBlock } = environment;
  const state = new RecordedState(trace, units, files, pagesMax, sectorsPerBlock * 512);
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  return {
    take: (call, fired, failure) => scoring.take(call, fired, failure),
    filesOf(call) {
      const unit = byId.get(call);
      if (unit === undefined) return [];
      const inos = new Set([unit.ino, ...unit.requests.map(({ ino }) => ino), ...unit.events.map(({ ino }) => ino)]);
      return [...inos].filter((ino) => ino !== null).map((ino) => ({
        ino,
        ...leftBy(unit.events.filter((event) => event.ino === ino), MODELLED_CALLS.test(unit.call.kind)),
      }));
    },
    strays: others.flatMap(({ event }) =>
      event.ino !== null && !KERNEL_THREADS.test(event.comm)
        ? [{ ino: event.ino, time: event.time, ...leftBy([event], false) }]
        : []
    ),
    at: (time, ino, isOver) => state.at(time, ino, isOver),
  };
}

/** Transactions of a call that the model does are its own. */
function leftBy(events: readonly RecordedEvent[], isModelled: boolean): Omit<LeftBehind, "ino"> {
  const isChanged = !isModelled && events.some(({ name }) => CHANGES_INODE.test(name));
  return {
    inode: isChanged ? "changed" : "unchanged",
    writes: events.some(({ name }) => WRITES.test(name)),
  };
}
