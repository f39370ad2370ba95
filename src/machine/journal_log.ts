/**
 * The log of a journal on its device: each transaction has one sector for its descriptor and blocks of metadata, and one
 * for the commit block.
 *
 * @module
 */

import { ConstantSector } from "./bio.ts";
import type { BlockDevice } from "./block_device.ts";
import type { DiskImage } from "./disk_image.ts";
import type { Steps } from "./task.ts";
import type { Token } from "./tokens.ts";
import type { Transaction } from "./transaction.ts";

/** Whether commit blocks go out with PREFLUSH and FUA. */
export type Barrier = "barrier" | "nobarrier";

const SECTORS_PER_TRANSACTION = 2;

export class JournalLog {
  readonly barrier: Barrier;
  readonly #device: BlockDevice;
  readonly #transactionsMax: number;
  readonly #area: number;

  /** To be made while the program is set up. */
  constructor(device: BlockDevice, barrier: Barrier, transactionsMax: number) {
    this.barrier = barrier;
    this.#device = device;
    this.#transactionsMax = transactionsMax;
    this.#area = device.addArea(transactionsMax * SECTORS_PER_TRANSACTION);
  }

  /**
   * Writes a transaction (j4) and its commit block (j5), each when what is before it has ended. The caller goes on in the
   * step that sees the end.
   *
   * @returns 0 or a negative error number
   * @throws when the log has no room left
   */
  *write(transaction: Transaction): Steps<number> {
    const device = this.#device;
    const sector = this.#sectorOf(transaction);
    const blocks = device.bio({
      op: "write",
      sector,
      memory: [new ConstantSector(blocksToken(transaction))],
      flags: ["SYNC", "META"],
    });
    device.submit(blocks);
    const error = yield* device.wait(blocks);
    if (error !== 0) return error;
    const commitBlock = device.bio({
      op: "write",
      sector: sector + 1,
      memory: [new ConstantSector(commitToken(transaction))],
      flags: this.barrier === "barrier" ? ["SYNC", "META", "PREFLUSH", "FUA"] : ["SYNC", "META"],
    });
    device.submit(commitBlock);
    transaction.commitSubmitted.set(1);
    return yield* device.wait(commitBlock);
  }

  /** Makes what is in its place durable, so that the log need not have it any longer. */
  *flush(): Steps {
    if (this.#device.hasVolatileCache && this.barrier === "barrier") yield* this.#device.submitAndWait({ op: "flush" });
    else yield;
  }

  /** True when replay finds the transaction whole. */
  hasSurvived(transaction: Transaction, image: DiskImage): boolean {
    const sector = this.#sectorOf(transaction);
    return image.read(sector + 1) === commitToken(transaction) && image.read(sector) === blocksToken(transaction);
  }

  #sectorOf({ tid }: Transaction): number {
    if (tid > this.#transactionsMax) {
      throw new Error(
        `the log has room for ${this.#transactionsMax} transactions, and ${tid} commit: raise transactionsMax`,
      );
    }
    return this.#area + (tid - 1) * SECTORS_PER_TRANSACTION;
  }
}

/** The descriptor block and the blocks of metadata behind it. */
function blocksToken({ tid }: Transaction): Token {
  return `JOURNAL(${tid})`;
}

function commitToken({ tid }: Transaction): Token {
  return `COMMIT(${tid})`;
}
