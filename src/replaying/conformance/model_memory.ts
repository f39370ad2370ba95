/**
 * Memory of the recorded processes: buffers that are nobody's, and mappings of files where the recording shows them.
 *
 * @module
 */

import type { AddressSpace } from "../../machine/address_space.ts";
import { Mm, type Segment } from "../../machine/page_table.ts";
import type { Steps } from "../../machine/task.ts";
import { type Token, ZERO } from "../../machine/tokens.ts";
import { UserBuffer } from "../../machine/user_buffer.ts";
import type { World } from "../../machine/world.ts";

const PAGE = 4096;
const SECTOR = 512;
/** Pages that a read fault maps, aligned to as many: `fault_around_bytes`. */
export const FAULT_AROUND = 16;

interface Area {
  /** Bytes. */
  readonly address: number;
  readonly length: number;
  readonly ino: number;
  readonly pgoff: number;
  readonly segment: Segment;
}

interface Process {
  readonly mm: Mm;
  readonly areas: Area[];
}

export class ModelMemory {
  readonly #world: World;
  readonly #sectorsPerPage: number;
  readonly #mappingOf: (ino: number) => AddressSpace | null;
  readonly #scratch: Mm;
  #pages = 0;
  #buffer: Segment | null = null;
  readonly #processes = new Map<number, Process>();

  constructor(world: World, sectorsPerPage: number, mappingOf: (ino: number) => AddressSpace | null) {
    this.#world = world;
    this.#sectorsPerPage = sectorsPerPage;
    this.#mappingOf = mappingOf;
    this.#scratch = new Mm(world, "buffers", sectorsPerPage);
  }

  #process(tgid: number): Process {
    let process = this.#processes.get(tgid);
    if (process === undefined) {
      this.#processes.set(tgid, process = { mm: new Mm(this.#world, `mm${tgid}`, this.#sectorsPerPage), areas: [] });
    }
    return process;
  }

  /** A buffer of so many sectors; where its address is in a mapping of a file, that part of the mapping. */
  buffer(tgid: number, sectors: number, address: number | undefined, use: "copied" | "pinned"): UserBuffer {
    const mapped = address === undefined ? null : this.#mappedBuffer(tgid, sectors, address, use);
    if (mapped !== null) return mapped;
    const npages = Math.max(1, Math.ceil(sectors / this.#sectorsPerPage));
    if (this.#buffer === null || this.#pages < npages) {
      this.#pages = Math.max(npages, 2 * this.#pages);
      this.#buffer = this.#scratch.anonymous(this.#pages, Array(this.#pages * this.#sectorsPerPage).fill(ZERO));
    }
    return new UserBuffer(this.#scratch, [{ vpn: this.#buffer.vpn, npages }]);
  }

  /** Null: nothing is mapped there, or not all of it, or a buffer to be pinned begins within a page. */
  #mappedBuffer(tgid: number, sectors: number, address: number, use: "copied" | "pinned"): UserBuffer | null {
    const process = this.#processes.get(tgid);
    const area = process?.areas.find((each) => each.address <= address && address < each.address + each.length);
    if (process === undefined || area === undefined) return null;
    const first = Math.floor((address - area.address) / PAGE);
    const skip = Math.floor(address % PAGE / SECTOR);
    const npages = Math.max(1, Math.ceil((skip + sectors) / this.#sectorsPerPage));
    if (first + npages > area.segment.npages || (use === "pinned" && address % PAGE !== 0)) return null;
    return new UserBuffer(process.mm, [{ vpn: area.segment.vpn + first, npages }], skip);
  }

  /** Has all of the next buffer that is nobody's hold one content; what a read leaves there is in its tokens. */
  fill(token: Token, sectors: number): UserBuffer {
    this.#pages = Math.ceil(sectors / this.#sectorsPerPage);
    this.#buffer = this.#scratch.anonymous(this.#pages, Array(this.#pages * this.#sectorsPerPage).fill(token));
    return new UserBuffer(this.#scratch, [{ vpn: this.#buffer.vpn, npages: this.#pages }]);
  }

  /** Maps a part of a file at an address. */
  *map(
    tgid: number,
    { address, length, ino, offset, sharing }: {
      readonly address: number;
      readonly length: number;
      readonly ino: number;
      readonly offset: number;
      readonly sharing: "shared" | "private";
    },
  ): Steps {
    const mapping = this.#mappingOf(ino);
    if (mapping === null) return;
    const { mm, areas } = this.#process(tgid);
    // Faults map pages around by their addresses: the page numbers here are like the real ones in that.
    const before = mm.reserve(0).vpn;
    mm.reserve(((address / PAGE - before) % FAULT_AROUND + FAULT_AROUND) % FAULT_AROUND);
    const segment = mm.reserve(Math.ceil(length / PAGE));
    areas.push({ address, length, ino, pgoff: Math.floor(offset / PAGE), segment });
    yield* mm.mmap(segment, mapping, Math.floor(offset / PAGE), sharing);
  }

  /** Takes away the areas that lie in a range of addresses wholly. */
  *unmap(tgid: number, address: number, length: number): Steps {
    const { mm, areas } = this.#process(tgid);
    for (let at = areas.length - 1; at >= 0; at--) {
      const area = areas[at];
      if (area.address < address || area.address + area.length > address + length) continue;
      areas.splice(at, 1);
      yield* mm.munmap(area.segment);
    }
  }

  /** MADV_DONTNEED: the pages of a part of a file that a process has mapped are mapped no more, until they are touched. */
  *zap(
    tgid: number,
    { ino, offset, length }: { readonly ino: number; readonly offset: number; readonly length: number },
  ): Steps {
    const process = this.#processes.get(tgid);
    if (process === undefined) return;
    const { mm, areas } = process;
    const [first, end] = [Math.floor(offset / PAGE), Math.ceil((offset + length) / PAGE)];
    yield* mm.mmapSem.lockShared();
    yield;
    for (const area of areas) {
      if (area.ino !== ino) continue;
      const to = Math.min(end - area.pgoff, area.segment.npages);
      for (let page = Math.max(0, first - area.pgoff); page < to; page++) mm.pte(area.segment.vpn + page).zap();
    }
    yield* mm.mmapSem.unlockShared();
  }

  /** Where a process has a byte of a file mapped; undefined: nowhere. */
  addressOf(tgid: number, ino: number, offset: number): number | undefined {
    const area = this.#processes.get(tgid)?.areas.findLast((each) =>
      each.ino === ino && each.pgoff * PAGE <= offset && offset < each.pgoff * PAGE + each.length
    );
    return area === undefined ? undefined : area.address + offset - area.pgoff * PAGE;
  }

  /** A page of a file is mapped by nobody any more. */
  forget(ino: number, index: number): void {
    for (const { mm, areas } of this.#processes.values()) {
      for (const { ino: own, pgoff, segment } of areas) {
        if (own !== ino || index < pgoff || index >= pgoff + segment.npages) continue;
        mm.pte(segment.vpn + index - pgoff).zap();
      }
    }
  }

  /** The virtual page where a process has a page of a file mapped; null: nowhere. */
  pageOf(tgid: number, ino: number, index: number, address: number | undefined): { mm: Mm; vpn: number } | null {
    const process = this.#processes.get(tgid);
    if (process === undefined) return null;
    const holds = (area: Area) => area.ino === ino && area.pgoff <= index && index < area.pgoff + area.segment.npages;
    const area =
      process.areas.findLast((each) =>
        holds(each) && (address === undefined || (each.address <= address && address < each.address + each.length))
      ) ?? process.areas.findLast(holds);
    return area === undefined ? null : { mm: process.mm, vpn: area.segment.vpn + index - area.pgoff };
  }
}
