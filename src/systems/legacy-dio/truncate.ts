/**
 * Truncation of 2.6.20: `do_truncate`, `notify_change`, `vmtruncate` (05 C6).
 *
 * @module
 */

import { truncateSetsize } from "../../machine/page_cache_truncate.ts";
import type { Steps } from "../../machine/task.ts";
import { path } from "../path.ts";
import type { Call } from "../system.ts";
import type { LegacyFile } from "./legacy_file.ts";

/** What a file system does around `vmtruncate`. */
export interface TruncateHooks {
  /** `i_op->setattr` before the size changes (t3); a negative error number ends the truncation. */
  setattr?(size: number, call: Call): Steps<number>;
  /** `i_op->truncate`: frees the blocks behind the size (t7). */
  truncate(size: number, call: Call): Steps<number>;
}

/** `do_truncate`. */
export const doTruncate = path(
  "do_truncate",
  function* (file: LegacyFile, size: number, call: Call, hooks: TruncateHooks): Steps<number> {
    const { inode, flags } = file;
    yield* inode.iMutex.lock();
    call.at("t1");
    if (flags.truncAllocSem) {
      yield* inode.iAllocSem.lockExclusive();
      call.at("t2");
    }
    let error = hooks.setattr === undefined ? 0 : yield* hooks.setattr(size, call);
    if (error === 0) {
      yield* truncateSetsize(inode, size); // t4 to t6
      call.at("t6");
      error = yield* hooks.truncate(size, call);
    }
    if (flags.truncAllocSem) yield* inode.iAllocSem.unlockExclusive();
    yield* inode.iMutex.unlock();
    call.at("t8");
    return error;
  },
);
