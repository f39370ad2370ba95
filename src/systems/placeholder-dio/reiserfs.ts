/**
 * reiserfs of 2.6.20, `data=ordered`, as far as direct I/O goes another way than in ext3: get_block has a transaction of its
 * own and gives one block at a time, nothing of a direct write is on a list for recovery, and an inode has a window of blocks
 * ahead of what it uses, which counts on i_mutex.
 *
 * Which blocks of the device are in the window is not modelled, only how many are left: blocks are given by the allocator.
 *
 * @module
 */

import type { Mapping } from "../../machine/block_map.ts";
import type { Folio } from "../../machine/folio.ts";
import type { FileFormat } from "../../machine/disk_metadata.ts";
import { setDiskSize } from "../../machine/inode_metadata.ts";
import type { Journal } from "../../machine/journal.ts";
import type { Steps } from "../../machine/task.ts";
import { Variable } from "../../machine/variable.ts";
import type { World } from "../../machine/world.ts";
import type { Create } from "../common/block_file.ts";
import { reachStep } from "../common/reach_step.ts";
import { Ext3File, mountWithKjournald } from "../legacy-dio/ext3.ts";
import type { MountedSystem, Transfer } from "../system.ts";
import type { PlaceholderMount } from "./mount.ts";

/** Blocks that are taken ahead at once: PREALLOCATION_SIZE. */
const WINDOW_BLOCKS = 9;

/** Blocks that an inode has ahead: `i_prealloc_block`, `i_prealloc_count`, `i_prealloc_list`. */
class PreallocationWindow {
  readonly #world: World;
  readonly #ino: string;
  readonly #left: Variable<number>;

  constructor(world: World, ino: string) {
    this.#world = world;
    this.#ino = ino;
    this.#left = new Variable(world, `i_prealloc_count(${ino})`, 0);
  }

  /** Takes a block of the window, or fills it first: the scan of the bitmaps sleeps, and lets go of the BKL. */
  *take(): Steps {
    yield;
    reachStep(this.#world, "W10p");
    const left = this.#left.get();
    if (left > 0) {
      this.#left.set(left - 1);
      return;
    }
    yield;
    const others = this.#left.get();
    if (others > 0) {
      const text = `${others} preallocated blocks of ${this.#ino} are overwritten by another window, ` +
        `whose i_prealloc_list is added twice`;
      this.#world.report("LEAK_MEM", text, { resources: [`i_prealloc_list(${this.#ino})`] });
    }
    this.#left.set(WINDOW_BLOCKS - 1);
  }
}

class ReiserfsFile extends Ext3File {
  readonly #window: PreallocationWindow;
  readonly #direct: "through the window" | "past the window";

  constructor(mount: PlaceholderMount, journal: () => Journal, format: FileFormat) {
    super(mount, journal, format);
    this.#window = new PreallocationWindow(mount.world, format.file);
    this.#direct = mount.series.usesPreallocation ? "through the window" : "past the window";
  }

  /** `reiserfs_get_blocks_direct_io`, with patch 6 GET_BLOCK_NO_IMUX. */
  override *getBlockDirect(lblk: number, _max: number, create: Create): Steps<Mapping | number> {
    if (create === "lookup") return yield* this.getBlock(lblk, 1, create);
    const journal = this.journal();
    const handle = yield* journal.start();
    if (this.#direct === "through the window") yield* this.#allocateAhead(lblk);
    const mapping = yield* this.getBlock(lblk, 1, create);
    yield;
    this.stop(handle);
    return mapping;
  }

  /** A buffered write allocates with i_mutex held; writeback, which has it not, goes past the window. */
  protected override *prepareWrite(folio: Folio, from: number, to: number): Steps<number> {
    const { sectorsPerPage } = this.inode.bounds;
    yield* this.#allocateAhead(Math.floor((folio.index * sectorsPerPage + from) / this.map.sectorsPerBlock));
    return yield* super.prepareWrite(folio, from, to);
  }

  *#allocateAhead(lblk: number): Steps {
    yield;
    if (this.map.getBlock(lblk, 1).pblk === null) yield* this.#window.take();
  }

  /** `reiserfs_direct_IO`. */
  override directIo(rw: "read" | "write", transfer: Transfer, pos: number): Steps<number> {
    return this.paths.blockdevDirectIo({ file: this, rw, transfer, pos }, "LOCKING");
  }

  /** `reiserfs_file_write`: a direct write that has made the file longer writes its stat data in the end. */
  override *write(transfer: Transfer): Steps<number> {
    const { inode } = this;
    const written = yield* super.write(transfer);
    if (!transfer.direct || written <= 0) return written;
    yield;
    if (inode.readSize() <= inode.diskSize.get()) return written;
    const handle = yield* this.journal().start();
    yield;
    setDiskSize(inode, inode.readSize(), handle);
    this.stop(handle);
    return written;
  }
}

export function mountReiserfs(mount: PlaceholderMount): MountedSystem {
  return mountWithKjournald(mount, (journal, format) => new ReiserfsFile(mount, journal, format));
}
