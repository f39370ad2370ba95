/**
 * `mm/filemap_xip.c` of 3.13: reads that take no lock, writes under i_mutex, page by page.
 *
 * @module
 */

import { EFAULT } from "../../machine/errno.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import type { Steps } from "../../machine/task.ts";
import { transferSector } from "../common/pmem_copy.ts";
import { type BufferHead, createBlock, lookupBlock } from "../common/pmem_inode.ts";
import type { Transfer } from "../system.ts";
import { type XipInode, xipUnmap } from "./xip_inode.ts";

/** `do_xip_mapping_read`. */
export function* oldXipRead(inode: XipInode, transfer: Transfer): Steps<number> {
  const { call, pos, len } = transfer;
  const { flags } = inode.mount;
  yield; // o1
  call.at("o1");
  const end = flags.isizeClip ? Math.min(pos + len, inode.readSize()) : pos + len;
  let done = pos;
  while (done < end) {
    const index = inode.pageOf(done);
    const bh = yield* lookupBlock(inode, index, 1); // o2
    call.at("o2");
    const stop = Math.min(end, (index + 1) * inode.bounds.sectorsPerPage);
    for (; done < stop; done++) { // o3
      const result = yield* transferSector(inode, { op: "read", transfer, start: pos, way: flags.store }, bh, done);
      call.at("o3");
      if (result === "fault") {
        call.stopped("fault");
        return done > pos ? done - pos : -EFAULT;
      }
    }
  }
  return Math.max(0, done - pos);
}

/** `xip_file_write`. */
export function* oldXipWrite(inode: XipInode, transfer: Transfer): Steps<number> {
  const { call, len } = transfer;
  const { fs, mount: { flags, sparse } } = inode;
  yield* inode.iMutex.lock(); // w1
  call.at("w1");
  yield;
  const pos = transfer.append ? inode.readSize() : transfer.pos;
  if (transfer.append) call.positioned(pos);
  const end = pos + len;
  let error = 0;
  let done = pos;
  while (done < end && error === 0) {
    const index = inode.pageOf(done);
    let bh: BufferHead | number = yield* lookupBlock(inode, index, 1); // w2
    call.at("w2");
    if (bh.state === "hole") { // w3
      yield* sparse.mutex.lock();
      bh = yield* createBlock(inode, index, 1, "written");
      call.at("w3");
      yield* sparse.mutex.unlock();
      if (typeof bh === "number") {
        error = bh;
        call.stopped("error");
        break;
      }
      yield* xipUnmap(inode, index);
    }
    const stop = Math.min(end, (index + 1) * inode.bounds.sectorsPerPage);
    for (; done < stop; done++) { // w4
      const result = yield* transferSector(inode, { op: "write", transfer, start: pos, way: flags.store }, bh, done);
      call.at("w4");
      if (result === "fault") {
        error = -EFAULT;
        call.stopped("fault");
        break;
      }
    }
    if (flags.store === "nocache") {
      yield;
      fs.volume.memory.sfence();
    }
  }
  if (done > pos) { // w5
    const sink = yield* fs.start();
    yield;
    call.at("w5");
    if (done > inode.readSize()) {
      inode.writeSize(done);
      setDiskSize(inode, done, sink);
    }
    fs.stopNow(sink, inode);
  }
  yield;
  inode.iMutex.release();
  return done > pos ? done - pos : error;
}
