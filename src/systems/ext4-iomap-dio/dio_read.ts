/**
 * Direct reads of ext4.
 *
 * @module
 */

import type { Steps } from "../../machine/task.ts";
import { iomapDioRw } from "../common/iomap_dio.ts";
import { path } from "../path.ts";
import type { Transfer } from "../system.ts";
import type { Ext4File } from "./ext4_file.ts";
import { ext4IomapOps } from "./iomap_ops.ts";

/** `ext4_dio_read_iter`: the lock is held shared until the I/O has been submitted, of a synchronous one until its end. */
export const ext4DioReadIter = path(
  "ext4_dio_read_iter",
  function* (file: Ext4File, transfer: Transfer): Steps<number> {
    const { inode, volume } = file;
    transfer.call.at("E1");
    yield* inode.iRwsem.lockShared();
    const ret = yield* iomapDioRw(file, volume.dios, transfer, transfer.pos, {
      op: "read",
      ops: ext4IomapOps(file),
      dioOps: {},
      wait: "sync_only",
    });
    yield* inode.iRwsem.unlockShared();
    return ret;
  },
);
