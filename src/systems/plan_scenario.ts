/**
 * Plans a scenario: places become sectors, buffers parts of areas, names those of the machine's history. Done once for all
 * runs.
 *
 * @module
 */

import { ownEntry } from "../std/own_entry.ts";
import type { OrderedPair } from "../machine/history.ts";
import { lengthSectors, type Place, placeText, sectorsOf } from "../scenarios/place.ts";
import type {
  BufferSegment,
  Iocb,
  Operation,
  Scenario,
  ScenarioFile,
  Transfer as ScenarioTransfer,
} from "../scenarios/scenario.ts";
import type { OperationKind } from "./run_record.ts";
import { type AreaPart, Areas, syncOf } from "./scenario_areas.ts";
import {
  iocbHistoryName,
  type IocbPlan,
  type OperationPlan,
  type RecordPlan,
  type ScenarioPlan,
  type SyncPlan,
  type TaskPlan,
  type TouchPlan,
  type TransferPlan,
} from "./scenario_plan.ts";

const SECTOR_BYTES = 512;

export function planScenario(scenario: Scenario): ScenarioPlan {
  const planner = new Planner(scenario);
  const tasks = Object.entries(scenario.tasks).map(([name, { mm, operations }]): TaskPlan => {
    return { name, mm, operations: operations.map((operation) => planner.operation(operation, mm)) };
  });
  const historyNames = new Map<string, string>();
  for (const [task, { operations }] of Object.entries(scenario.tasks)) {
    operations.forEach((operation, nth) => {
      const own = `${task}#${nth}`;
      historyNames.set(operation.name, own);
      if (!("iocbs" in operation) || isSingle(operation)) return;
      operation.iocbs.forEach(({ name }, at) => historyNames.set(name, iocbHistoryName(own, at)));
    });
  }
  const order = Object.values(scenario.tasks).flatMap(({ operations }) =>
    operations.flatMap(({ name, after }) =>
      [...new Set(after)].map((before): OrderedPair => ({
        before: historyNames.get(before)!,
        after: historyNames.get(name)!,
      }))
    )
  );
  const mms = [...new Set(Object.values(scenario.tasks).map(({ mm }) => mm))];
  return { mms, areas: planner.areas.areas, tasks, order };
}

/** A batch of one that goes by the name of its only I/O. */
function isSingle({ name, iocbs }: { name: string; iocbs: readonly Iocb[] }): boolean {
  return iocbs.length === 1 && iocbs[0].name === name;
}

class Planner {
  readonly areas: Areas;
  readonly #scenario: Scenario;
  readonly #sectorsPerPage: number;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#sectorsPerPage = scenario.bounds.SECTORS_PER_PAGE;
    this.areas = new Areas(scenario);
    for (const { mm, operations } of Object.values(scenario.tasks)) {
      for (const operation of operations) this.#declare(operation, mm);
    }
  }

  /** Tells of the mappings of files that an operation goes through. */
  #declare(operation: Operation | Iocb, mm: string): void {
    if ("iocbs" in operation) { for (const iocb of operation.iocbs) this.#declare(iocb, mm); }
    if ("buffer" in operation) {
      for (const segment of operation.buffer) {
        if (segment.kind === "shared" || segment.kind === "private") {
          this.areas.declareImplicit(mm, segment.place, segment.kind);
        }
      }
    }
    if ((operation.kind === "load" || operation.kind === "store") && operation.mode !== null) {
      this.areas.declareImplicit(mm, operation.place, operation.mode);
    }
  }

  /** Sectors of a place in a file. */
  #sectors({ name, range }: Place): { from: number; to: number } {
    if (range !== null) return sectorsOf(range, this.#sectorsPerPage);
    const file: ScenarioFile | undefined = ownEntry(this.#scenario.files, name);
    return { from: 0, to: file === undefined ? 0 : lengthSectors(file.size, this.#sectorsPerPage) };
  }

  operation(operation: Operation, mm: string): OperationPlan {
    const { name } = operation;
    const plain = (kind: OperationKind, what: string, more: Partial<RecordPlan> = {}): RecordPlan => ({
      name,
      kind,
      call: kind,
      what,
      file: null,
      pos: 0,
      len: 0,
      direct: false,
      flags: [],
      ...more,
    });
    const placed = (kind: OperationKind, place: Place, more: Partial<RecordPlan> = {}): RecordPlan => {
      const { from, to } = this.#sectors(place);
      const file = Object.hasOwn(this.#scenario.files, place.name) ? place.name : null;
      return plain(kind, `${kind} ${placeText(place)}`, { file, pos: from, len: to - from, ...more });
    };
    switch (operation.kind) {
      case "pread":
      case "preadv":
      case "pwrite":
      case "pwritev": {
        const transfer = this.#transfer(operation, mm, operation.kind);
        return { record: transfer.record, action: { kind: "transfer", transfer } };
      }
      case "fsync":
      case "fdatasync": {
        const sync = syncPlan(operation.name, operation.kind, operation.file, operation.kind);
        return { record: sync.record, action: { kind: "sync", sync } };
      }
      case "io_submit":
      case "uring_submit": {
        const prefix = operation.kind === "io_submit" ? "aio" : "uring";
        const iocbs = operation.iocbs.map((iocb): IocbPlan => {
          const call = `${prefix}_${iocb.kind}`;
          return "file" in iocb
            ? { sync: syncPlan(iocb.name, iocb.kind, iocb.file, call) }
            : { transfer: this.#transfer(iocb, mm, call) };
        });
        const single = isSingle(operation);
        const record = single
          ? recordOf(iocbs[0])
          : plain("io_submit", `${operation.kind} of ${iocbs.length}`, { call: operation.kind });
        return { record, action: { kind: "submit", iocbs, single } };
      }
      case "io_getevents":
      case "uring_wait":
        return {
          record: plain("io_getevents", operation.kind, { call: operation.kind }),
          action: { kind: "reap", count: operation.count },
        };
      case "load":
      case "store": {
        const { place, mode } = operation;
        const touches = this.#touches(place, mode, mm);
        const file = mode === null ? this.#mappedFile(place.name) : null;
        const seen = file === null ? {} : { file, pos: touches[0].sector, len: touches.length };
        const record = placed(operation.kind, place, seen);
        return { record, action: { kind: "touch", access: operation.kind, touches } };
      }
      case "mmap": {
        const { mapped, as, over } = operation;
        const maps = mapped.kind === "anon" ? null : {
          file: mapped.place.name,
          pgoff: this.areas.pagesOf(mapped.place).first,
          mode: mapped.mode,
          sync: syncOf(mapped),
        };
        const wanted = mapped.kind === "anon" ? mapped.pages : this.areas.pagesOf(mapped.place).npages;
        const whole = over === null ? null : this.areas.namedPart(over, { name: over, range: null });
        const at = whole === null
          ? this.areas.reserve(mm, mapped, as)
          : { ...whole, npages: Math.min(whole.npages, wanted) };
        const what = `mmap ${mapped.kind === "anon" ? `anon ${mapped.pages}` : placeText(mapped.place)}`;
        return {
          record: plain("mmap", over === null ? what : `${what} over ${over}`, { file: maps?.file ?? null }),
          action: { kind: "mmap", at, maps },
        };
      }
      case "munmap": {
        const { place } = operation;
        const parts = this.areas.isNamed(place.name)
          ? [this.areas.namedPart(place.name, place)]
          : this.areas.implicitParts(mm, place);
        return { record: placed("munmap", place), action: { kind: "munmap", parts } };
      }
      case "msync": {
        const { place, flags } = operation;
        const map = this.#scenario.maps[place.name];
        const file = map === undefined ? place.name : map.mapped.kind === "file" ? map.mapped.place.name : null;
        const record = placed("msync", place, { flags, ...(map === undefined ? {} : this.#mappedRange(place)), file });
        return { record, action: { kind: "msync", sync: flags.includes("MS_SYNC") } };
      }
      case "sync_file_range":
        return {
          record: placed("sync_file_range", operation.place, { flags: operation.flags }),
          action: { kind: "sync_file_range", flags: operation.flags },
        };
      case "syncfs":
        return {
          record: plain("syncfs", `syncfs ${operation.file}`, { file: operation.file }),
          action: { kind: "syncfs" },
        };
      case "close":
      case "fstat":
        return {
          record: plain(operation.kind, `${operation.kind} ${operation.file}`, { file: operation.file }),
          action: { kind: operation.kind },
        };
      case "ftruncate": {
        const size = lengthSectors(operation.size, this.#sectorsPerPage);
        const record = plain("ftruncate", `ftruncate ${operation.file} to ${sizeText(operation.size)}`, {
          file: operation.file,
          pos: size,
        });
        return { record, action: { kind: "truncate", size } };
      }
      case "fallocate":
        return {
          record: placed("fallocate", operation.place, { flags: operation.flags }),
          action: { kind: "fallocate" },
        };
      case "fadvise":
        return {
          record: placed("fadvise", operation.place, { flags: [operation.advice] }),
          action: { kind: "fadvise", advice: operation.advice },
        };
      case "ficlone":
        throw new Error(`${name}: ficlone is not modelled`);
      case "drop_caches":
        return {
          record: plain("drop_caches", `drop_caches ${operation.what}`),
          action: { kind: "drop_caches", what: operation.what },
        };
    }
  }

  /** Sectors of the file that part of a named area shows. */
  #mappedRange(place: Place): Partial<RecordPlan> {
    const { mapped } = this.#scenario.maps[place.name];
    if (mapped.kind !== "file") return {};
    const { first } = this.areas.pagesOf(mapped.place);
    const part = this.areas.namedPart(place.name, place);
    return {
      pos: (first + part.page) * this.#sectorsPerPage,
      len: part.npages * this.#sectorsPerPage,
    };
  }

  /** The file that a named area maps all the time; null: none, or another mapping comes over it. */
  #mappedFile(name: string): string | null {
    const mapped = ownEntry(this.#scenario.maps, name)?.mapped;
    const over = Object.values(this.#scenario.tasks).some(({ operations }) =>
      operations.some((operation) => operation.kind === "mmap" && operation.over === name)
    );
    return mapped?.kind === "file" && !over ? mapped.place.name : null;
  }

  #touches(place: Place, mode: "shared" | "private" | null, mm: string): TouchPlan[] {
    const { from, to } = this.#sectors(place);
    const perPage = this.#sectorsPerPage;
    const part = mode === null ? this.areas.namedPart(place.name, place) : this.areas.implicit(mm, place, mode);
    const { maps } = this.areas.areas[part.area];
    const firstPage = Math.floor(from / perPage);
    // Sectors of a named area that maps a file are sectors of the file.
    const shift = mode === null && maps?.kind === "file" ? maps.pgoff * perPage : 0;
    const touches: TouchPlan[] = [];
    for (let sector = from; sector < to; sector++) {
      const page = part.page + Math.floor(sector / perPage) - firstPage;
      touches.push({ area: part.area, page, within: sector % perPage, sector: sector + shift });
    }
    return touches;
  }

  #transfer(transfer: ScenarioTransfer, mm: string, call: string): TransferPlan {
    const { kind, name, place, open, rwf, skip, bytes } = transfer;
    const { from, to } = this.#sectors(place);
    const rangeBytes = (to - from) * SECTOR_BYTES;
    const last = skip + (bytes ?? rangeBytes - skip);
    const len = Math.ceil(last / SECTOR_BYTES);
    const write = kind === "pwrite" || kind === "pwritev";
    const flags = [...open, ...rwf];
    const direct = open.includes("O_DIRECT");
    const has = (...words: string[]) => words.some((word) => flags.includes(word as never));
    const record: RecordPlan = {
      name,
      kind: write ? "pwrite" : "pread",
      call,
      what: `${call} ${direct ? "dio " : ""}${placeText(place)}`,
      file: place.name,
      pos: from,
      len,
      direct,
      flags,
    };
    const tokens = write ? Array.from({ length: len }, (_, nth) => `W(${name},${from + nth})`) : [];
    return {
      record,
      write,
      buffer: this.#buffer(transfer.buffer, mm, tokens),
      aligned: skip % SECTOR_BYTES === 0 && last % SECTOR_BYTES === 0,
      part: skip === 0 && last === rangeBytes ? null : { skip, bytes: last - skip },
      append: has("O_APPEND", "RWF_APPEND"),
      nowait: has("RWF_NOWAIT"),
      sync: has("O_SYNC", "RWF_SYNC") ? "sync" : has("O_DSYNC", "RWF_DSYNC") ? "dsync" : "none",
    };
  }

  #buffer(segments: readonly BufferSegment[], mm: string, tokens: readonly string[]): AreaPart[] {
    let at = 0;
    return segments.map((segment): AreaPart => {
      let part: AreaPart;
      if (segment.kind === "anon") {
        const end = at + segment.pages * this.#sectorsPerPage;
        part = this.areas.anonymous(mm, segment.pages, tokens.slice(at, end));
      } else if (segment.kind === "efault") part = this.areas.unreachable(mm, segment.pages);
      else if (segment.kind === "map") {
        part = this.areas.namedPart(segment.place.name, segment.place);
        if (part.page === 0) {
          this.areas.fillNamed(part.area, tokens.slice(at, at + part.npages * this.#sectorsPerPage));
        }
      } else {
        const { place, kind } = segment as Extract<BufferSegment, { kind: "shared" | "private" }>;
        part = this.areas.implicit(mm, place, kind);
      }
      at += part.npages * this.#sectorsPerPage;
      return part;
    });
  }
}

function recordOf(plan: IocbPlan): RecordPlan {
  return "transfer" in plan ? plan.transfer.record : plan.sync.record;
}

function syncPlan(name: string, kind: "fsync" | "fdatasync", file: string, call: string): SyncPlan {
  const record: RecordPlan = {
    name,
    kind,
    call,
    what: `${call} ${file}`,
    file,
    pos: 0,
    len: 0,
    direct: false,
    flags: [],
  };
  return { record, scope: kind === "fsync" ? "all" : "data" };
}

function sizeText({ pages, sectors }: { pages: number; sectors: number }): string {
  return sectors === 0 ? `${pages}` : `${pages}:${sectors}`;
}
