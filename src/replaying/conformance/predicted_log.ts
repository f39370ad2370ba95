/**
 * The events that a model's run fires, by the call that they are fired for.
 *
 * The model's cache knows single pages. Where the recording's had folios of several, which is a matter of memory and not
 * of the file system, what the model says of their pages is told once, as the kernel tells it of the folio.
 *
 * @module
 */

import type { PageWindow } from "../../machine/address_space_operations.ts";
import { type EventFields, type KernelTracepoints, TracepointLog } from "../../machine/tracepoint_log.ts";
import type { TaskContext } from "../../machine/task.ts";
import type { TracepointName, Tracepoints } from "../../machine/tracepoints.ts";
import { BUDDY_CACHE } from "../../systems/ext4-iomap-dio/ext4_events.ts";
import type { World } from "../../machine/world.ts";

/** An event that the model fires. */
export interface PredictedEvent {
  readonly name: string;
  readonly fields: EventFields;
  /** `call`: by the task that makes the call; `later`: by an interrupt or a worker on its behalf. */
  readonly by: "call" | "later";
  /** Task, kernel thread or bio that fired it; empty: none. */
  readonly task: string;
  readonly context: TaskContext;
  /** When, as {@linkcode PredictedLog.timeOf} has it; 0 where nobody asks for it. */
  readonly time: number;
}

/** Looks at the cache of a file without touching it. */
export interface PeekCache {
  isDirty(file: string, page: number): boolean;
}

/** Events with the bytes of a request. */
const OF_REQUEST: ReadonlySet<string> = new Set([
  "ext4_da_write_begin",
  "ext4_da_write_end",
  "iomap_dio_rw_begin",
  "xfs_file_buffered_read",
  "xfs_file_buffered_write",
  "xfs_file_direct_read",
  "xfs_file_direct_write",
]);

/** Events with the request's own bytes, whatever of it the model rounds. */
const WHOLE_REQUEST: ReadonlySet<string> = new Set(["ext4_fallocate_enter", "ext4_punch_hole", "ext4_zero_range"]);

const SECTOR = 512;

/** Ends of a file that are remembered: the last ones. */
const ENDS_KEPT = 4;

export class PredictedLog extends TracepointLog {
  /** By call. What no call is the reason for stands at -1. */
  readonly byCall = new Map<number, PredictedEvent[]>();
  /** Events that the main tasks of calls have fired, of those that are recorded: for those who go on with them. */
  readonly fired = new Map<number, number>();
  /** Folios of several pages, by file: what each of their pages is part of. */
  readonly #folios = new Map<string, Map<number, PageWindow>>();
  /** By call: folios of the recording that have not come yet, and the one whose pages are coming. */
  readonly #coming = new Map<number, { readonly left: PageWindow[]; folio: PageWindow | null; next: number }>();
  /** Bytes at which files have ended, the last first. */
  readonly #ends = new Map<string, readonly number[]>();
  readonly #pageBytes: number;
  readonly #cache: PeekCache;
  readonly #isRecorded: (name: string) => boolean;
  /** Folios that come meanwhile, of the call at hand, in order. */
  foliosOf: (call: number) => readonly PageWindow[] = () => [];

  /** The time at which the event at hand is fired. */
  timeOf: () => number = () => 0;

  /** Bytes that a call is about; null: a range of none. */
  rangeOf: (call: number) => { readonly offset: number; readonly bytes: number } | null = () => null;

  /** @param isRecorded whether events of a name were asked for when the recording was made */
  constructor(world: World, pageBytes: number, cache: PeekCache, isRecorded: (name: string) => boolean) {
    super(world);
    this.#isRecorded = isRecorded;
    this.#pageBytes = pageBytes;
    this.#cache = cache;
  }

  override emit<Name extends TracepointName>(name: Name, fields: Tracepoints[Name]): void {
    const kernel: KernelTracepoints | null = this.kernel;
    const named = kernel?.nameOf(name) ?? null;
    if (named === null) return;
    const { current } = this.world;
    const call = Number(current?.account?.operation ?? -1);
    const told = this.#ofFolio(call, name, fields as EventFields);
    if (told === null) return;
    const by = current !== null && current.name === `call ${call}` ? "call" : "later";
    let list = this.byCall.get(call);
    if (list === undefined) this.byCall.set(call, list = []);
    if (name === "ext4_da_write_end" && told.folio !== undefined && growWriteEnd(list, named, told)) return;
    const at = { task: current?.name ?? "", context: current?.context ?? "process", time: this.timeOf() } as const;
    list.push({ name: named, fields: kernel?.fieldsOf?.(name, told) ?? told, by, ...at });
    if (by === "call" && this.#isRecorded(named)) this.fired.set(call, (this.fired.get(call) ?? 0) + 1);
  }

  /** Lets go of what the task of a call has fired that is over; what others do on its behalf may still come. */
  forget(call: number): void {
    const later = (this.byCall.get(call) ?? []).filter(({ by }) => by === "later");
    if (later.length > 0) this.byCall.set(call, later);
    else this.byCall.delete(call);
  }

  /** The folio of several pages that a page is of. */
  folioOf(file: string, page: number): PageWindow | null {
    return this.#folios.get(file)?.get(page) ?? null;
  }

  /** Says that pages were one folio at the beginning. */
  addFolio(file: string, folio: PageWindow): void {
    let own = this.#folios.get(file);
    if (own === undefined) this.#folios.set(file, own = new Map());
    for (let page = folio.first; page < folio.first + folio.pages; page++) own.set(page, folio);
  }

  /** Says which pages of a file are folios of several now; those of `kept` stay what they are. */
  setFolios(file: string, folios: Iterable<PageWindow>, kept: ReadonlySet<number>): void {
    const before = this.#folios.get(file);
    this.#folios.delete(file);
    for (const folio of folios) if (folio.pages > 1) this.addFolio(file, folio);
    const own = this.#folios.get(file) ?? new Map<number, PageWindow>();
    for (const page of kept) {
      const folio = before?.get(page);
      if (folio === undefined) own.delete(page);
      else own.set(page, folio);
    }
    this.#folios.set(file, own);
  }

  /** The event as it is told of the folio; null: it has been told of another page of it. */
  #ofFolio(call: number, name: string, given: EventFields): EventFields | null {
    const fields = this.#withinSectors(call, name, given);
    const { file, file_offset } = fields;
    if (file === BUDDY_CACHE) return fields;
    if (typeof file !== "string" || typeof file_offset !== "number") return fields;
    const page = Math.floor(file_offset / this.#pageBytes);
    if (name === "mm_filemap_add_to_page_cache") {
      const { folio, age } = this.#comingFolio(call, page);
      if (folio === null) {
        this.#folios.get(file)?.delete(page);
        return fields;
      }
      this.addFolio(file, folio);
      return age === "known" ? null : this.#atFolio(fields, folio);
    }
    const folio = this.#folios.get(file)?.get(page);
    if (folio === undefined) return fields;
    switch (name) {
      case "mm_filemap_delete_from_page_cache":
        this.#folios.get(file)!.delete(page);
        return page === folio.first ? this.#atFolio(fields, folio) : null;
      case "writeback_dirty_folio": {
        for (let other = folio.first; other < folio.first + folio.pages; other++) {
          if (other !== page && this.#cache.isDirty(file, other)) return null;
        }
        return this.#atFolio(fields, folio);
      }
      case "folio_wait_writeback": {
        const last = this.byCall.get(call)?.at(-1);
        const place = this.#atFolio(fields, folio);
        return last?.name === name && last.fields.file_offset === place.file_offset ? null : place;
      }
      case "iomap_writeback_folio": {
        const last = this.byCall.get(call)?.findLast((each) => each.fields.folio_of === "writeback");
        const isTold = last !== undefined && last.fields.folio === folio.first && Number(last.fields.page) < page;
        return isTold ? null : { ...this.#atFolio(fields, folio), folio: folio.first, folio_of: "writeback", page };
      }
      case "iomap_add_to_ioend": {
        const list = this.byCall.get(call) ?? [];
        // The bio of the ioend before may have been submitted since.
        const at = list.findLastIndex((each) => each.fields.folio_of !== undefined);
        const last = list.at(at);
        const goesOn = at >= 0 && last!.fields.folio_of === "ioend" && last!.fields.folio === folio.first &&
          Number(last!.fields.behind) === file_offset;
        const told = { ...fields, folio: folio.first, folio_of: "ioend", behind: file_offset + Number(fields.bytes) };
        if (!goesOn) return told;
        const bytes = Number(last!.fields.bytes) + Number(fields.bytes);
        list[at] = { ...last!, fields: { ...told, file_offset: last!.fields.file_offset, bytes } };
        return null;
      }
      case "ext4_da_write_begin": {
        const list = this.byCall.get(call) ?? [];
        const last = list.findLast((each) => each.name === "ext4_da_write_end");
        const goesOn = last !== undefined && last.fields.folio === folio.first &&
          Number(last.fields.file_offset) + Number(last.fields.bytes) === file_offset;
        return goesOn ? null : fields;
      }
      case "ext4_da_write_end":
        return { ...fields, folio: folio.first };
      default:
        return fields;
    }
  }

  /** The folio that a page comes with; null: a page of its own. `known`: an earlier page of it has come just before. */
  #comingFolio(call: number, page: number): { readonly folio: PageWindow | null; readonly age: "new" | "known" } {
    let own = this.#coming.get(call);
    if (own === undefined) this.#coming.set(call, own = { left: [...this.foliosOf(call)], folio: null, next: 0 });
    if (own.folio !== null && own.next === page && page < own.folio.first + own.folio.pages) {
      own.next++;
      return { folio: own.folio, age: "known" };
    }
    const at = own.left.findIndex(({ first, pages }) => first <= page && page < first + pages);
    const [folio] = at < 0 ? [] : own.left.splice(at, 1);
    own.folio = folio === undefined || folio.pages === 1 ? null : folio;
    own.next = page + 1;
    return { folio: own.folio, age: "new" };
  }

  /** Says that a file ends, or is about to end, at a byte: the model knows of sectors alone. */
  endsAt(file: string, bytes: number): void {
    const others = (this.#ends.get(file) ?? []).filter((each) => sectorEnd(each) !== sectorEnd(bytes));
    this.#ends.set(file, [bytes, ...others].slice(0, ENDS_KEPT));
  }

  /** Where the end of a file is meant that lies within a sector, its byte. */
  exactEnd(file: string, bytes: number): number {
    return this.#ends.get(file)?.find((end) => sectorEnd(end) === bytes) ?? bytes;
  }

  /** Bytes by which a position is beyond the end of a file that lies within the sector before it; else 0. */
  #beyondEnd(file: string, at: number): number {
    const end = this.#ends.get(file)?.at(0) ?? at;
    return sectorEnd(end) === at ? at - end : 0;
  }

  /** The model counts sectors; where a request begins or ends within one, events about it tell of its bytes. */
  #withinSectors(call: number, name: string, fields: EventFields): EventFields {
    const asked = this.rangeOf(call);
    const { file, file_offset: at } = fields;
    if (typeof file === "string" && typeof at === "number") {
      if (name === "iomap_dio_complete") {
        const ret = Number(fields.ret);
        // Behind an error the position stands where it stood.
        if (ret < 0) return asked === null ? fields : { ...fields, file_offset: asked.offset };
        // What is short has met an end, perhaps an earlier one: it was looked at when the request began.
        const isShort = asked !== null && at < asked.offset + asked.bytes;
        const over = isShort ? at - this.exactEnd(file, at) : this.#beyondEnd(file, at);
        return ret > over ? { ...fields, file_offset: at - over, ret: ret - over } : fields;
      }
      if (name === "xfs_zero_eof") return { ...fields, file_offset: this.exactEnd(file, at) };
      if (name === "xfs_iomap_found" || name === "xfs_iomap_alloc") {
        const from = asked?.offset ?? 0;
        return { ...fields, file_offset: Math.abs(at - from) < SECTOR ? from : this.exactEnd(file, at) };
      }
    }
    if (WHOLE_REQUEST.has(name) && asked !== null) return { ...fields, file_offset: asked.offset, bytes: asked.bytes };
    if (!OF_REQUEST.has(name)) return fields;
    if (asked === null || typeof fields.file_offset !== "number" || typeof fields.bytes !== "number") return fields;
    // O_APPEND has gone to the end of the file, which is counted in sectors.
    const isAtStart = Math.abs(fields.file_offset - asked.offset) < SECTOR;
    const from = isAtStart ? asked.offset : Math.max(fields.file_offset, asked.offset);
    const to = Math.min(fields.file_offset + fields.bytes, asked.offset + asked.bytes);
    return { ...fields, file_offset: from, bytes: to - from };
  }

  #atFolio(fields: EventFields, { first, pages }: PageWindow): EventFields {
    return { ...fields, file_offset: first * this.#pageBytes, order: Math.log2(pages) };
  }
}

/** Byte behind the sector in which a byte is the last one. */
function sectorEnd(bytes: number): number {
  return Math.ceil(bytes / SECTOR) * SECTOR;
}

/**
 * A folio that is written into in pieces is told of once: the end of the piece before is found, grows, and stands behind
 * what has been fired since, but for what is fired of the folio when it is done.
 *
 * @returns false when there is none
 */
function growWriteEnd(list: PredictedEvent[], name: string, told: EventFields): boolean {
  const at = list.findLastIndex((each) => each.name === name);
  const { fields } = list[at] ?? { fields: {} };
  if (fields.folio !== told.folio) return false;
  if (Number(fields.file_offset) + Number(fields.bytes) !== told.file_offset) return false;
  const [end, ...since] = list.splice(at);
  const isDone = ({ name }: PredictedEvent) => name === "writeback_dirty_folio";
  const grown = { ...end, fields: { ...fields, bytes: Number(fields.bytes) + Number(told.bytes) } };
  list.push(...since.filter((each) => !isDone(each)), grown, ...since.filter(isDone));
  return true;
}
