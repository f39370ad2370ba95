/**
 * Preallocation, holes, zeroed ranges, and ranges that are taken out or put in: `xfs_file_fallocate`.
 *
 * @module
 */

import { EINVAL, EOPNOTSUPP } from "../../machine/errno.ts";
import type { Steps } from "../../machine/task.ts";
import { fallocateMode } from "../common/range_calls.ts";
import type { Call } from "../system.ts";
import { xfsAllocFileSpace, xfsCollapseFileSpace, xfsFreeFileSpace, xfsInsertFileSpace } from "./file_space.ts";
import { letIn, lockOut, xfsSetSize } from "./set_size.ts";
import type { XfsFile } from "./xfs_file.ts";

const BOTH_LOCKS = "IOLOCK_EXCL|MMAPLOCK_EXCL";

/** `fallocate`: a hole of whole blocks, a range of zeros, or unwritten blocks where there are none. */
export function* xfsFallocate(
  file: XfsFile,
  pos: number,
  len: number,
  flags: readonly string[],
  call: Call,
): Steps<number> {
  const mode = fallocateMode(flags);
  if (mode === null) {
    yield;
    return -EOPNOTSUPP;
  }
  const end = pos + len;
  call.at("t1");
  yield* lockOut(file, call, BOTH_LOCKS);
  if (mode === "collapse" || mode === "insert") {
    const ret = yield* shiftRange(file, mode, pos, len, call);
    yield* letIn(file, BOTH_LOCKS);
    return ret;
  }
  let error = mode === "allocate" ? 0 : yield* xfsFreeFileSpace(file, pos, end, mode, call);
  if (error === 0 && mode !== "punch") error = yield* xfsAllocFileSpace(file, pos, end, call);
  if (error === 0 && mode !== "punch" && !flags.includes("FALLOC_FL_KEEP_SIZE") && end > file.inode.readSize()) {
    error = yield* xfsSetSize(file, end, call);
  }
  yield* letIn(file, BOTH_LOCKS);
  return error;
}

/** `xfs_falloc_collapse_range`, `xfs_falloc_insert_range`. */
function* shiftRange(
  file: XfsFile,
  mode: "collapse" | "insert",
  pos: number,
  len: number,
  call: Call,
): Steps<number> {
  yield;
  const { inode, sectorsPerBlock } = file;
  const size = inode.readSize();
  if (pos % sectorsPerBlock !== 0 || len % sectorsPerBlock !== 0) return -EINVAL;
  if ((mode === "collapse" ? pos + len : pos) >= size) return -EINVAL;
  if (mode === "insert") {
    const error = yield* xfsSetSize(file, size + len, call);
    return error < 0 ? error : yield* xfsInsertFileSpace(file, pos, len, call);
  }
  const error = yield* xfsCollapseFileSpace(file, pos, len, call);
  return error < 0 ? error : yield* xfsSetSize(file, size - len, call);
}
