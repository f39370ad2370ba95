/**
 * ext2 of 2.6.20: no journal. What the disk has of an inode is what it was when it was last written, which may be at any
 * time; freed blocks may be had again at once.
 *
 * @module
 */

import type { Mapping } from "../../machine/block_map.ts";
import type { FileFormat } from "../../machine/disk_metadata.ts";
import { ENOSPC } from "../../machine/errno.ts";
import type { Folio } from "../../machine/folio.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import type { Steps } from "../../machine/task.ts";
import { UnjournalledMetadata } from "../../machine/unjournalled_metadata.ts";
import type { Create } from "../common/block_file.ts";
import { blockTruncatePage } from "../common/block_pages.ts";
import type { Call, MountedSystem, Transfer } from "../system.ts";
import type { LegacyMount } from "./mount.ts";
import { MountedFile } from "./mounted_file.ts";
import { doTruncate } from "./truncate.ts";

class Ext2File extends MountedFile {
  readonly #metadata: UnjournalledMetadata;

  constructor(mount: LegacyMount, metadata: UnjournalledMetadata, format: FileFormat) {
    super(mount, format);
    this.#metadata = metadata;
  }

  /** `ext2_get_block`. */
  *getBlock(lblk: number, max: number, create: Create): Steps<Mapping | number> {
    yield;
    if (create === "lookup") return this.map.getBlock(lblk, max);
    return this.map.getBlockCreate(lblk, max, "written", this.#metadata) ?? -ENOSPC;
  }

  /** `ext2_direct_IO`. */
  directIo(rw: "read" | "write", transfer: Transfer, pos: number): Steps<number> {
    return this.paths.blockdevDirectIo({ file: this, rw, transfer, pos }, "LOCKING");
  }

  sizeGrew(size: number): void {
    setDiskSize(this.inode, size, this.#metadata);
  }

  /** `generic_commit_write`, which marks the inode dirty when the file has grown. */
  protected override *commitWrite(folio: Folio, from: number, to: number, copied: number): Steps<number> {
    const counted = yield* super.commitWrite(folio, from, to, copied);
    if (this.inode.readSize() > this.inode.diskSize.get()) {
      yield;
      this.sizeGrew(this.inode.readSize());
    }
    return counted;
  }

  *syncMetadata(_call: Call): Steps<number> {
    return yield* this.#metadata.writeInode(this.inode.ino);
  }

  truncate(size: number, call: Call): Steps<number> {
    return doTruncate(this, size, call, { truncate: () => this.#truncate(size, call) });
  }

  /** `ext2_truncate`. */
  *#truncate(size: number, call: Call): Steps<number> {
    const error = yield* blockTruncatePage(this, size);
    yield;
    call.at("t7");
    this.map.trim(Math.ceil(size / this.map.sectorsPerBlock), this.#metadata);
    setDiskSize(this.inode, size, this.#metadata);
    return error;
  }
}

/** Mounts all files of a scenario. */
export function mountExt2(mount: LegacyMount): MountedSystem {
  return mountWithoutJournal(mount, (metadata, format) => new Ext2File(mount, metadata, format));
}

/** Mounts files whose metadata is written when it happens to be. */
function mountWithoutJournal(
  mount: LegacyMount,
  make: (metadata: UnjournalledMetadata, format: FileFormat) => MountedFile,
): MountedSystem {
  const { world, device, allocator, layout } = mount;
  const metadata = new UnjournalledMetadata(world, allocator, { files: layout.formats, device });
  return mount.mounted(mount.filesOf((format) => make(metadata, format)), {
    version: () => metadata.durableVersion(),
    metadata: (_image, pick) => metadata.recover(pick),
  });
}
