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
import type { Transfer } from "../system.ts";
import { coveredBytes } from "./covered_bytes.ts";
import type { BufferHead, PmemInode } from "./pmem_inode.ts";
import type { Covered, PmemVolume, SectorPlace } from "./pmem_volume.ts";

/** How a sector of the user's memory was reached: by a copy, or not at all. */
export type CopyResult = "copied" | "fault";

/** A transfer in progress. */
export interface Copying {
  readonly op: "read" | "write";
  readonly transfer: Transfer;
  /** Sector of the file at which it began: of an appending write not where the transfer says. */
  readonly start: number;
  /** How it stores into the memory. */
  readonly way: CopyWay;
}

/**
 * Copies one sector by an answer of the map. A read of what is no written block gives zeros.
 *
 * @param sector of the file
 */
export function* transferSector(
  inode: PmemInode,
  { op, transfer, start, way }: Copying,
  bh: BufferHead,
  sector: number,
): Steps<CopyResult> {
  const { call, buffer } = transfer;
  const { volume } = inode.fs;
  const at = sector - start;
  if (op === "write") {
    const covered = coveredBytes(transfer, at);
    const wrote = (token: Token) => call.wrote(sector, token, "direct");
    return yield* copySectorFromUser(volume, inode.placeOf(bh, sector), buffer, at, way, covered, wrote);
  }
  const { state } = bh;
  if (state !== "written") return yield* clearUserSector(buffer, at, () => call.saw(sector, ZERO, "direct", state));
  const saw = (token: Token) => call.saw(sector, token, "direct");
  return yield* copySectorToUser(volume, inode.placeOf(bh, sector), buffer, at, saw);
}

/** Copies one sector to the user; `saw` is told what, in the step that stores it. */
function* copySectorToUser(
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
function* clearUserSector(buffer: UserBuffer, bufferSector: number, saw: () => void): Steps<CopyResult> {
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
function* copySectorFromUser(
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

/** Copies a page for a private store, sector by sector: what the block has, or zeros where it is none that is written. */
export function* copyPage(inode: PmemInode, bh: BufferHead, index: number): Steps<Token[]> {
  const { bounds: { sectorsPerPage }, fs: { volume } } = inode;
  const tokens: Token[] = [];
  for (let sector = index * sectorsPerPage; sector < (index + 1) * sectorsPerPage; sector++) {
    if (bh.state !== "written") {
      tokens.push(ZERO);
      continue;
    }
    yield;
    const place = inode.placeOf(bh, sector);
    volume.checkUse(place, "private copy");
    tokens.push(volume.loadSector(place));
  }
  return tokens;
}
