/**
 * Events of the block layer: bios that become requests, are merged, plugged, issued and completed.
 *
 * The machine hands every bio to its device at once; when the events have it issued is up to the plug: with the last one
 * of the submitter, or before that when the plug is full, or when the bio ends, since who waits for it lets go of the plug.
 *
 * @module
 */

import type { Bio } from "./bio.ts";
import type { Task } from "./task.ts";
import type { TracepointLog } from "./tracepoint_log.ts";

const SECTOR = 512;

/** BLK_MAX_REQUEST_COUNT, BLK_PLUG_FLUSH_SIZE: so many requests a plug has at most, or one so large. */
const PLUGGED_MAX = 32;
const PLUG_FLUSH_SECTORS = 128 * 1024 / SECTOR;

/** Bios of one operation that lie in a row. */
interface Request {
  readonly first: Bio;
  bios: number;
  sectors: number;
  left: number;
  issued: boolean;
  readonly plug: Plug | null;
}

/** What a task has plugged. */
interface Plug {
  depth: number;
  requests: Request[];
}

export class BlockTracepoints {
  readonly #log: TracepointLog;
  readonly #plugs = new Map<Task, Plug>();
  readonly #requests = new Map<Bio, Request>();

  constructor(log: TracepointLog) {
    this.#log = log;
  }

  startPlug(): void {
    const task = this.#log.world.current!;
    const plug = this.#plugs.get(task);
    if (plug === undefined) this.#plugs.set(task, { depth: 1, requests: [] });
    else plug.depth++;
  }

  finishPlug(): void {
    const task = this.#log.world.current!;
    const plug = this.#plugs.get(task)!;
    if (--plug.depth > 0) return;
    this.#plugs.delete(task);
    this.#unplug(plug);
  }

  submitted(bio: Bio): void {
    const log = this.#log;
    const place = placeOf(bio, bio.sectors);
    log.emit("block_bio_queue", place);
    if (log.kernel!.disk === "bio") {
      // Such a driver, pmem's, has moved the data when submit_bio returns.
      log.emit("block_bio_complete", { ...place, ret: 0 });
      return;
    }
    const plug = isFlush(bio) ? null : this.#plugs.get(log.world.current!) ?? null;
    const last = plug?.requests.at(-1);
    if (last !== undefined && canMerge(last, bio)) {
      log.emit("block_bio_backmerge", place);
      last.bios++;
      last.left++;
      last.sectors += bio.sectors;
      this.#requests.set(bio, last);
      return;
    }
    const request: Request = { first: bio, bios: 1, sectors: bio.sectors, left: 1, issued: false, plug };
    this.#requests.set(bio, request);
    log.emit("block_getrq", place);
    log.emit("block_io_start", place);
    if (plug === null) {
      // A flush goes by a queue of its own, and is issued by somebody else.
      if (isFlush(bio)) return;
      if (log.kernel!.plugs === "each_bio") {
        log.emit("block_plug", {});
        log.emit("block_unplug", { nr_rq: 1 });
      }
      this.#issue(request);
      return;
    }
    // blk_add_rq_to_plug: a full plug is let go of before the next request goes into it.
    const isFull = plug.requests.length >= PLUGGED_MAX || (last !== undefined && last.sectors >= PLUG_FLUSH_SECTORS);
    if (isFull) this.#unplug(plug);
    if (plug.requests.length === 0) log.emit("block_plug", {});
    plug.requests.push(request);
  }

  ended(bio: Bio): void {
    const log = this.#log;
    const request = this.#requests.get(bio);
    if (request === undefined) return;
    if (!request.issued) {
      if (request.plug === null) this.#issue(request);
      else this.#unplug(request.plug);
    }
    if (--request.left > 0) return;
    const place = placeOf(request.first, request.sectors);
    log.emit("block_rq_complete", { ...place, ret: bio.error });
    log.emit("block_io_done", place);
  }

  #unplug(plug: Plug): void {
    const { requests } = plug;
    if (requests.length === 0) return;
    plug.requests = [];
    this.#log.emit("block_unplug", { nr_rq: requests.length });
    for (const request of requests) this.#issue(request);
  }

  #issue(request: Request): void {
    request.issued = true;
    this.#log.emit("block_rq_issue", placeOf(request.first, request.sectors));
  }
}

function isFlush(bio: Bio): boolean {
  return bio.op === "flush" || bio.has("PREFLUSH");
}

function canMerge({ first, sectors }: Request, bio: Bio): boolean {
  return first.op === bio.op && first.sector + sectors === bio.sector && rwbsOf(first) === rwbsOf(bio);
}

function placeOf(bio: Bio, sectors: number): { sector: number; bytes: number; rwbs: string } {
  return { sector: bio.sector, bytes: sectors * SECTOR, rwbs: rwbsOf(bio) };
}

/** `blk_fill_rwbs`: an empty flush is a write with nothing but the flush. */
export function rwbsOf(bio: Bio): string {
  const preflush = bio.op === "flush" || bio.has("PREFLUSH");
  return [
    preflush ? "F" : "",
    bio.op === "read" ? "R" : "W",
    bio.has("FUA") ? "F" : "",
    bio.has("RAHEAD") ? "A" : "",
    bio.has("SYNC") || bio.op === "flush" ? "S" : "",
    bio.has("META") ? "M" : "",
  ].join("");
}
