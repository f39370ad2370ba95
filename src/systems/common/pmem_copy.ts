/**
 * Copies between persistent memory and the user, line by line; each may fault in between.
 *
 * @module
 */

import { pageFault } from "../../machine/fault.ts";
import { contentToken, type CopyWay } from "../../machine/persistent_memory.ts";
import type { Steps } from "../../machine/task.ts";
import { type Token, ZERO } from "../../machine/tokens.ts";
import type { UserBuffer } from "../../machine/user_buffer.ts";
import type { Covered, PmemVolume, SectorPlace } from "./pmem_volume.ts";

/** How a sector of the user's memory was reached: by a copy, or not at all. */
export type CopyResult = "copied" | "fault";

/** Copies one sector to the user; `saw` is told what, in the step that stores it. */
export function* copySectorToUser(
  volume: PmemVolume,
  place: SectorPlace,
  buffer: UserBuffer,
  bufferSector: number,
  saw: (token: Token) => void,
): Steps<CopyResult> {
  const { linesPerSector } = volume.memory;
  const words: Token[] = [];
  for (let line = 0; line < linesPerSector; line++) {
    for (;;) {
      yield;
      const to = buffer.reach(bufferSector, "store");
      if (to !== null) {
        volume.checkUse(place, "copy");
        words.push(...volume.loadLine(place, line));
        if (line < linesPerSector - 1) break;
        const token = contentToken(words);
        to.store(token);
        saw(token);
        buffer.mm.world.note("copy to user", buffer.mm.name, token);
        break;
      }
      if (!(yield* faultIn(buffer, bufferSector, "store"))) return "fault";
    }
  }
  return "copied";
}

/** Zeroes one sector of the user's. */
export function* clearUserSector(buffer: UserBuffer, bufferSector: number, saw: () => void): Steps<CopyResult> {
  for (;;) {
    yield;
    const to = buffer.reach(bufferSector, "store");
    if (to !== null) {
      to.store(ZERO);
      saw();
      return "copied";
    }
    if (!(yield* faultIn(buffer, bufferSector, "store"))) return "fault";
  }
}

/** Copies one sector from the user; `wrote` is told what, in the first step that stores it. */
export function* copySectorFromUser(
  volume: PmemVolume,
  place: SectorPlace,
  buffer: UserBuffer,
  bufferSector: number,
  way: CopyWay,
  covered: Covered,
  wrote: (token: Token) => void,
): Steps<CopyResult> {
  for (let line = 0; line < volume.memory.linesPerSector; line++) {
    for (;;) {
      yield;
      const from = buffer.reach(bufferSector, "load");
      if (from !== null) {
        volume.checkUse(place, "copy");
        const token = from.load();
        volume.storeLine(place, line, token, way, covered);
        if (line === 0) wrote(token);
        buffer.mm.world.note("copy from user", buffer.mm.name, token);
        break;
      }
      if (!(yield* faultIn(buffer, bufferSector, "load"))) return "fault";
    }
  }
  return "copied";
}

function* faultIn(buffer: UserBuffer, bufferSector: number, access: "load" | "store"): Steps<boolean> {
  const vpn = buffer.vpnOf(bufferSector);
  return vpn >= 0 && (yield* pageFault(buffer.mm, vpn, access)) === "done";
}
