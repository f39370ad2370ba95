/**
 * Zeros that have erased data: LOST_CONVERT_DATA and BLOCK_ZEROED_BY_PEER.
 *
 * Whoever zeroes a block because it is new, or the rest of a block that it writes a part of, takes it for empty. If
 * something that was written through the file stands there by then, it was not: what the step of the zeroing finds tells.
 *
 * @module
 */

import type { Judgement, RunRecord, Zeroing } from "../systems/run_record.ts";
import type { OperationNames } from "./narrowing.ts";
import { parseToken } from "./origins.ts";

type Finding = Judgement["findings"][number];

/** Findings about zeros, one for each pair of operations. */
export function checkZeroings({ zeroings = [], sectorsPerBlock }: RunRecord, names: OperationNames): Finding[] {
  const found = new Map<string, { anomaly: string; zeroing: Zeroing; victim: string; sectors: Set<number> }>();
  for (const zeroing of zeroings) {
    const { reason, over, file, sector } = zeroing;
    if (reason !== "new_block" && reason !== "sub_block") continue;
    const written = parseToken(over);
    if (written === null) continue;
    const victim = written.kind === "initial" ? "" : names.nameOf(written.of);
    const zeroer = names.nameOf(zeroing.operation);
    // The rest of a block that nobody else has written is what its own writer may zero.
    if (reason === "sub_block" && victim === zeroer) continue;
    const anomaly = reason === "new_block" ? "LOST_CONVERT_DATA" : "BLOCK_ZEROED_BY_PEER";
    const block = Math.floor(sector / sectorsPerBlock);
    const key = JSON.stringify([anomaly, zeroer, victim, file, block]);
    const known = found.get(key);
    if (known === undefined) found.set(key, { anomaly, zeroing, victim, sectors: new Set([sector]) });
    else known.sectors.add(sector);
  }
  return [...found.values()].map(({ anomaly, zeroing, victim, sectors }) => {
    const { file, operation } = zeroing;
    const zeroer = names.nameOf(operation);
    const list = [...sectors].sort((a, b) => a - b);
    const whose = victim === "" ? "what the file held" : `what ${victim} has written`;
    const why = anomaly === "LOST_CONVERT_DATA"
      ? "took the block for new"
      : "filled up a block that it wrote a part of";
    return {
      anomaly,
      text: `${zeroer} ${why} and zeroed ${list.length === 1 ? "sector" : "sectors"} ${
        list.join(", ")
      } of ${file}, over ${whose}`,
      subject: { file, sectors: list, operations: [...(victim === "" ? [] : [victim]), zeroer] },
    };
  });
}
