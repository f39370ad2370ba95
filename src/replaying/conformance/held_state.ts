/**
 * What of a file belongs to calls that are at work on it while the rest is taken from what calls before them have left.
 *
 * @module
 */

import type { HeldState } from "./adopt_state.ts";
import type { AskedCall } from "./calls_at_work.ts";
import { fileName } from "./file_names.ts";
import type { ModelRun } from "./model_run.ts";
import type { RecordedCall } from "./recorded_events.ts";

/** Calls that do not change which blocks a file has. */
const LEAVES_BLOCKS = /^(pread|load|fadvise|mmap|munmap|madvise|open|close)$/;
const CHANGES_SIZE = /^(ftruncate|fallocate)$/;

/** Bytes [from, to) of a file whose blocks a call may change. */
function rangeOf({ kind, offset, bytes }: RecordedCall): readonly [from: number, to: number] | null {
  const plain = kind.replace(/^(aio|uring)_/, "");
  if (LEAVES_BLOCKS.test(plain)) return null;
  if (plain === "ftruncate" || offset === null || bytes === null) {
    return [plain === "ftruncate" ? offset ?? 0 : 0, Infinity];
  }
  return [offset, offset + bytes];
}

/** Who is at work on a file. */
export interface AtWork {
  readonly ino: number;
  readonly atWork: readonly AskedCall[];
  /** Requests of calls that may be over. */
  readonly inFlight: Iterable<RecordedCall>;
  /** Bytes up to which writes change no end of the file. */
  readonly size: number;
}

export function heldBy({ ino, atWork, inFlight, size }: AtWork, run: ModelRun): HeldState {
  const { scenario: { bounds, mount }, log } = run;
  const pageBytes = bounds.SECTORS_PER_PAGE * 512;
  const blockBytes = pageBytes / mount.blocksPerPage;
  const pages = new Set<number>();
  const hold = (from: number, to: number) => {
    for (let page = Math.floor(from / pageBytes); page * pageBytes < to; page++) pages.add(page);
  };
  for (const { call } of atWork) {
    let inWritepages = false;
    for (const { name, fields } of log.byCall.get(call.id) ?? []) {
      const { file, file_offset: at, order, sector, bytes } = fields;
      if (file === fileName(ino) && typeof at === "number") {
        hold(at, at + 1 + pageBytes * (2 ** Number(order ?? 0) - 1));
      }
      if (name.startsWith("ext4_writepages")) inWritepages = name === "ext4_writepages";
      if (!inWritepages || name !== "block_bio_queue" || typeof sector !== "number") continue;
      // What writeback of ext4 has made clean is told by its bios alone.
      const owner = run.ownerOf(Math.floor(sector * 512 / blockBytes));
      if (typeof owner === "string" || owner.file !== fileName(ino)) continue;
      hold(owner.lblk * blockBytes, owner.lblk * blockBytes + Number(bytes));
    }
  }
  const calls = [...atWork.map(({ call }) => call), ...inFlight].filter((call) => call.ino === ino);
  const ranges = calls.map(rangeOf).filter((range) => range !== null);
  const moves = ({ kind, offset, bytes }: RecordedCall) =>
    CHANGES_SIZE.test(kind) || (kind.endsWith("pwrite") && (offset ?? 0) + (bytes ?? 0) > size);
  return {
    pages,
    size: calls.some(moves) ? "held" : "free",
    holdsBlock: (lblk) => ranges.some(([from, to]) => lblk * blockBytes < to && from < (lblk + 1) * blockBytes),
  };
}
