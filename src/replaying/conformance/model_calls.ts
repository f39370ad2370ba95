/**
 * A recorded call as the modelled kernel does it.
 *
 * @module
 */

import { Account } from "../../machine/costs.ts";
import { EIOCBQUEUED, Kiocb } from "../../machine/kiocb.ts";
import { userLoad, userStore } from "../../machine/fault.ts";
import type { Steps, Task } from "../../machine/task.ts";
import {
  COLLAPSE_RANGE,
  INSERT_RANGE,
  KEEP_SIZE,
  PUNCH_HOLE,
  UNSHARE_RANGE,
  ZERO_RANGE,
} from "../../recording/fallocate_mode.ts";
import { fadvise, fadviseDontneed, syncFileRange } from "../../systems/common/range_calls.ts";
import type { Call, ModelledFile, Transfer } from "../../systems/system.ts";
import type { AskedCall } from "./calls_at_work.ts";
import type { ModelRun } from "./model_run.ts";
import type { RecordedCall } from "./recorded_events.ts";

const SECTOR = 512;

// x86-64; include/uapi/asm-generic/fcntl.h, linux/fs.h, linux/fadvise.h, asm/mman-common.h.
const O_APPEND = 0x400;
const O_DSYNC = 0x1000;
const O_SYNC = 0x101000;
const RWF_DSYNC = 0x2;
const RWF_SYNC = 0x4;
const RWF_NOWAIT = 0x8;
const RWF_APPEND = 0x10;
const FALLOC_FLAGS: readonly (readonly [number, string])[] = [
  [KEEP_SIZE, "FALLOC_FL_KEEP_SIZE"],
  [PUNCH_HOLE, "FALLOC_FL_PUNCH_HOLE"],
  [COLLAPSE_RANGE, "FALLOC_FL_COLLAPSE_RANGE"],
  [ZERO_RANGE, "FALLOC_FL_ZERO_RANGE"],
  [INSERT_RANGE, "FALLOC_FL_INSERT_RANGE"],
  [UNSHARE_RANGE, "FALLOC_FL_UNSHARE_RANGE"],
];
/** Holes and zeros: of blocks at their edges a part is left. */
const TAKES_AWAY = PUNCH_HOLE | ZERO_RANGE;
const POSIX_FADV_WILLNEED = 3;
const POSIX_FADV_DONTNEED = 4;
const MADV_DONTNEED = 4;
const MS_SYNC = 4;
const MAP_PRIVATE = 2;
const SYNC_RANGE_FLAGS: readonly (readonly [number, string])[] = [
  [0x1, "SYNC_FILE_RANGE_WAIT_BEFORE"],
  [0x2, "SYNC_FILE_RANGE_WRITE"],
  [0x4, "SYNC_FILE_RANGE_WAIT_AFTER"],
];

function namesOf(bits: number, flags: readonly (readonly [number, string])[]): string[] {
  return flags.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name);
}

/** The sector that stands for a byte: at the edge of a block where the byte is, and else within it. */
function sectorWithin(byte: number, { bounds, mount }: ModelRun["scenario"]): number {
  const size = bounds.SECTORS_PER_PAGE / mount.blocksPerPage;
  const [down, up] = [Math.floor(byte / SECTOR), Math.ceil(byte / SECTOR)];
  return up % size !== 0 || byte % (size * SECTOR) === 0 ? up : down;
}

/** Sectors that a file may have. */
function sectorsMax({ inode: { bounds } }: ModelledFile): number {
  return bounds.pagesMax * bounds.sectorsPerPage;
}

/** What the paths of the model tell of a call, of which nobody here wants to know more than how far a read has come. */
class SilentCall implements Call {
  /** @param onSight told of each sector that a read has copied */
  constructor(
    readonly task: Task,
    readonly name: string,
    private readonly onSight: (sector: number) => void = () => {},
  ) {}
  at(): void {}
  cost(): void {}
  stopped(): void {}
  positioned(): void {}
  saw(sector: number): void {
    this.onSight(sector);
  }
  wrote(): void {}
  observed(memory: Parameters<Call["observed"]>[0]): ReturnType<Call["observed"]> {
    return memory;
  }
}

/** Does a call. Returns bytes, or a negative error number; null: the model does nothing of the kind. */
export function* performCall(run: ModelRun, task: Task, asked: AskedCall): Steps<number | null> {
  const { call, registers } = asked;
  const { kind, ino, offset, bytes, result } = call;
  const silent = new SilentCall(task, task.name, (sector) => run.readTo(call.id, sector + 1));
  const tgid = registers.get("tgid") ?? call.pid;
  if (kind === "io_submit" || kind === "io_uring_enter") return yield* submit(run, task, asked);
  if (kind === "munmap") {
    yield* run.memory.unmap(tgid, registers.get("munmap") ?? -1, bytes ?? 0);
    return 0;
  }
  yield* besides(run, registers);
  const file = ino === null ? null : run.file(ino);
  if (file === null || ino === null) return null;
  switch (kind) {
    case "pread":
    case "pwrite":
      return yield* move(run, asked, call, file, silent, null);
    case "fsync":
    case "fdatasync":
      return yield* file.fsync(kind === "fsync" ? "all" : "data", silent);
    case "msync":
      if (((registers.get("flags") ?? MS_SYNC) & MS_SYNC) === 0) return 0;
      if (offset === null || !bytes) return yield* file.fsync("data", silent);
      // vfs_fsync_range: what of the file is mapped there, and no more.
      return yield* run.syncRange(ino, Math.floor(offset / SECTOR), Math.ceil((offset + bytes) / SECTOR) - 1);
    case "sync_file_range":
      return yield* syncFileRange(
        file.inode,
        Math.floor((offset ?? 0) / SECTOR),
        (bytes ? Math.ceil(((offset ?? 0) + bytes) / SECTOR) : sectorsMax(file)) - 1,
        namesOf(registers.get("flags") ?? 0, SYNC_RANGE_FLAGS),
      );
    case "ftruncate":
      run.sized(call.id, ino, offset ?? 0);
      return yield* file.truncate(Math.ceil((offset ?? 0) / SECTOR), silent);
    case "fallocate": {
      const mode = registers.get("mode") ?? 0;
      const flags = namesOf(mode, FALLOC_FLAGS);
      if (file.fallocate === undefined || offset === null || bytes === null) return null;
      const [pos, end] = (mode & TAKES_AWAY) === 0
        ? [Math.floor(offset / SECTOR), Math.ceil((offset + bytes) / SECTOR)]
        : [offset, offset + bytes].map((byte) => sectorWithin(byte, run.scenario));
      return yield* file.fallocate(pos, end - pos, flags, silent);
    }
    case "fadvise":
      if (registers.get("advice") === POSIX_FADV_WILLNEED) {
        const last = bytes ? Math.ceil(((offset ?? 0) + bytes) / SECTOR) : sectorsMax(file);
        return yield* fadvise(file, "POSIX_FADV_WILLNEED", Math.floor((offset ?? 0) / SECTOR), last);
      }
      if (registers.get("advice") !== POSIX_FADV_DONTNEED) return 0;
      return yield* fadviseDontneed(
        file.inode,
        (offset ?? 0) / SECTOR,
        bytes ? ((offset ?? 0) + bytes) / SECTOR : sectorsMax(file),
        (size) => run.log.exactEnd(file.inode.ino, size * SECTOR) / SECTOR,
      );
    case "madvise":
      if (registers.get("advice") !== MADV_DONTNEED || offset === null || bytes === null) return null;
      yield* run.memory.zap(tgid, { ino, offset, length: bytes });
      return 0;
    case "mmap":
      if (result === null || result < 0 || bytes === null) return null;
      yield* run.memory.map(tgid, {
        address: result,
        length: bytes,
        ino,
        offset: offset ?? 0,
        sharing: ((registers.get("mapflags") ?? 1) & MAP_PRIVATE) !== 0 ? "private" : "shared",
      });
      return 0;
    case "load":
    case "store":
      return yield* touch(run, asked, tgid, ino);
    default:
      return null;
  }
}

/** What calls do to files besides reading and writing them: their inodes come and go, and directories are changed. */
function* besides(run: ModelRun, registers: AskedCall["registers"]): Steps {
  const loaded = registers.get("loads");
  if (loaded !== undefined) run.file(loaded)?.comesIntoMemory?.(registers.has("makes") ? "new" : "known");
  for (let left = registers.get("handles") ?? 0; left > 0; left--) yield* run.joinTransaction();
  const evicted = registers.get("evicts");
  const file = evicted === undefined ? null : run.file(evicted);
  if (file?.evict !== undefined) yield* file.evict(registers.has("frees") ? "gone" : "left");
}

function* touch(run: ModelRun, { call, registers }: AskedCall, tgid: number, ino: number): Steps<number | null> {
  const { kind, offset } = call;
  if (offset === null) return null;
  const sectors = run.scenario.bounds.SECTORS_PER_PAGE;
  const page = run.memory.pageOf(tgid, ino, Math.floor(offset / (sectors * SECTOR)), registers.get("address"));
  if (page === null) return null;
  const sector = Math.floor(offset / SECTOR) % sectors;
  if (kind === "load") yield* userLoad(page.mm, page.vpn, sector);
  else yield* userStore(page.mm, page.vpn, sector, `S(${call.id})`);
  return 0;
}

/** Where a vector points into a mapping of a file; undefined: nowhere. */
function vectorAddress({ memory }: ModelRun, registers: AskedCall["registers"], pid: number): number | undefined {
  const [ino, at] = [registers.get("vector_ino"), registers.get("vector_at")];
  return ino === undefined || at === undefined ? undefined : memory.addressOf(registers.get("tgid") ?? pid, ino, at);
}

function* move(
  run: ModelRun,
  asked: AskedCall,
  call: RecordedCall,
  file: ModelledFile,
  silent: SilentCall,
  kiocb: Kiocb | null,
): Steps<number | null> {
  const { registers } = asked;
  const { kind, bytes, openFlags, direct } = call;
  if (call.offset === null || bytes === null) return null;
  if (bytes === 0) return 0;
  const open = openFlags ?? 0;
  const rwf = registers.get("rwf") ?? 0;
  const isWrite = kind.endsWith("pwrite");
  const append = isWrite && ((open & O_APPEND) !== 0 || (rwf & RWF_APPEND) !== 0);
  // The end is looked for under the lock; where it lies within a sector it is taken as it is now.
  const end = append && call.ino !== null ? run.sizeOf(call.ino) : 0;
  const offset = append ? end : call.offset;
  const pos = Math.floor(offset / SECTOR);
  const skip = offset - pos * SECTOR;
  const len = Math.ceil((skip + bytes) / SECTOR);
  if (append) run.appendsAt(call.id, offset, bytes);
  if (isWrite && call.ino !== null) run.writtenTo(asked.call.id, call.ino, offset + bytes);
  const transfer: Transfer = {
    pos,
    len,
    ...(skip === 0 && bytes % SECTOR === 0 ? {} : { part: { skip, bytes } }),
    buffer: run.memory.buffer(
      registers.get("tgid") ?? call.pid,
      len,
      kiocb === null ? registers.get("buf") ?? vectorAddress(run, registers, call.pid) : undefined,
      direct ? "pinned" : "copied",
    ),
    direct,
    aligned: skip === 0 && bytes % SECTOR === 0,
    append: append && skip === 0,
    nowait: (rwf & RWF_NOWAIT) !== 0,
    sync: (open & O_SYNC) === O_SYNC || (rwf & RWF_SYNC) !== 0
      ? "sync"
      : (open & O_DSYNC) !== 0 || (rwf & RWF_DSYNC) !== 0
      ? "dsync"
      : "none",
    submitter: kiocb === null ? "task" : kind.startsWith("uring") ? "io_uring" : "io_submit",
    kiocb,
    flags: [],
    call: silent,
  };
  const ret = isWrite ? yield* file.write(transfer) : yield* file.read(transfer);
  return ret > 0 ? Math.min(bytes, ret * SECTOR - (ret === len ? len * SECTOR - skip - bytes + skip : skip)) : ret;
}

/** AIO_PLUG_THRESHOLD, IO_PLUG_THRESHOLD: of so many requests each goes by itself. */
const PLUG_THRESHOLD = 2;

/** io_submit: its requests one after the other, each until it is queued. */
function* submit(run: ModelRun, task: Task, asked: AskedCall): Steps<number> {
  const { requests } = asked;
  const { tracepoints } = run.world;
  const own = task.account;
  const isPlugged = requests.length > PLUG_THRESHOLD;
  if (isPlugged) tracepoints?.startPlug();
  for (const request of requests) {
    const file = request.ino === null ? null : run.file(request.ino);
    if (file === null) continue;
    const kiocb = new Kiocb(run.world, `request ${request.id}`);
    task.account = own ?? new Account(String(asked.call.id));
    const silent = new SilentCall(task, task.name);
    const ret = yield* move(run, asked, request, file, silent, kiocb);
    if (ret !== null && ret !== -EIOCBQUEUED) kiocb.returned(ret);
    yield;
  }
  if (isPlugged) tracepoints?.finishPlug();
  return requests.length;
}
