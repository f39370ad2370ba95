/**
 * Files whose steps go by the names of the series: paths of 2.6.20 that it shares name their own.
 *
 * @module
 */

import type { Call, ModelledFile, Transfer } from "../system.ts";
import { RENAMED } from "./steps.ts";

/** The file, with calls that are told the steps by the names of the series. */
export function withRenamedSteps(file: ModelledFile): ModelledFile {
  const renamed = (transfer: Transfer): Transfer => ({ ...transfer, call: renamedCall(transfer.call) });
  return {
    inode: file.inode,
    read: (transfer) => file.read(renamed(transfer)),
    write: (transfer) => file.write(renamed(transfer)),
    truncate: (size, call) => file.truncate(size, renamedCall(call)),
    fsync: (scope, call) => file.fsync(scope, renamedCall(call)),
    blocks: () => file.blocks(),
    media: () => file.media(),
  };
}

function renamedCall(call: Call): Call {
  return {
    task: call.task,
    name: call.name,
    at: (step) => {
      const name = step in RENAMED ? RENAMED[step] : step;
      if (name !== null) call.at(name);
    },
    cost: (metric, count) => call.cost(metric, count),
    stopped: (by) => call.stopped(by),
    positioned: (pos) => call.positioned(pos),
    saw: (sector, token, way, zeroFrom) => call.saw(sector, token, way, zeroFrom),
    wrote: (sector, token, way) => call.wrote(sector, token, way),
    observed: (memory, sector, op) => call.observed(memory, sector, op),
  };
}
