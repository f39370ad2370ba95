/**
 * What a system on blocks is after a crash, as records.
 *
 * @module
 */

import { DiskImage } from "../../machine/disk_image.ts";
import type { DiskMetadata } from "../../machine/disk_metadata.ts";
import { RecoveredDisk } from "../../machine/disk_recovery.ts";
import type { CrashPick } from "../../machine/program.ts";
import { type Token, ZERO } from "../../machine/tokens.ts";
import type { BlockRecord, FileRecord } from "../run_record.ts";
import type { Recovery } from "../system.ts";
import type { ScenarioDisk } from "./scenario_disk.ts";

/** Which blocks beyond the end of a file are there on purpose. */
export type IsPreallocated = (file: string, lblk: number, state: BlockRecord["state"]) => boolean;

export interface RecoveryOptions {
  /** Changes when what a crash may leave of the metadata changes. */
  readonly version: () => number;
  /** What the disk has of the files. */
  readonly metadata: (image: DiskImage, pick: CrashPick) => DiskMetadata;
  /** Default: none. */
  readonly isPreallocated?: IsPreallocated;
}

export function recoveryOf({ device, layout }: ScenarioDisk, options: RecoveryOptions): Recovery {
  const { version, metadata, isPreallocated = () => false } = options;
  const { sectorsPerBlock } = layout;
  return {
    durableVersion: () => device.durableVersion() + version(),
    recover(pick) {
      const image = new DiskImage(device, pick);
      const disk = new RecoveredDisk(
        metadata(image, pick),
        sectorsPerBlock,
        ({ pblk, generation }, within) => image.read(pblk * sectorsPerBlock + within, generation),
      );
      return layout.formats.filter(({ file }) => disk.files.has(file)).map(({ file: name }): FileRecord => {
        const file = disk.file(name);
        const blocks = [...file.blocks].sort(([a], [b]) => a - b);
        const last = blocks.at(-1)?.[0] ?? -1;
        const sectors = Math.max(file.size, (last + 1) * sectorsPerBlock);
        const media: Token[] = Array.from({ length: sectors }, (_, sector) => {
          const block = file.blocks.get(Math.floor(sector / sectorsPerBlock));
          if (block?.state !== "written") return ZERO;
          return image.read(block.pblk * sectorsPerBlock + sector % sectorsPerBlock, block.generation);
        });
        return {
          name,
          size: file.size,
          diskSize: file.size,
          // Recovery has worked the list through.
          onOrphanList: false,
          blocks: blocks.map(([lblk, { pblk, state }]): BlockRecord => {
            return { lblk, pblk, state, preallocated: isPreallocated(name, lblk, state), conversionQueued: false };
          }),
          folios: [],
          ptes: [],
          media,
        };
      });
    },
  };
}
