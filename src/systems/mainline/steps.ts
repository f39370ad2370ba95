/**
 * Named steps of mainline: those of iomap_dio_rw as the spec of the system names them, and around them those of the file
 * system at hand.
 *
 * @module
 */

import type { IomapDioStepNames } from "../common/iomap_dio.ts";
import { EXT4_DIO_STEPS, EXT4_STEPS } from "../ext4-iomap-dio/steps.ts";
import { XFS_DIO_STEPS, XFS_STEPS } from "../xfs-iomap-dio/steps.ts";

const CORE = {
  M2: "allocate the dio, sample i_size",
  M5: "write and wait for dirty pages of the range",
  M6: "invalidate the range; failure: -ENOTBLK before anything is submitted",
  M7: "inode_dio_begin",
  "M8.begin": "iomap_begin",
  "M8.gup": "pin pages of the buffer",
  "M8.bio": "submit a bio",
  "M8.zero": "submit a bio of zeros for the rest of a block",
  M12: "give the reference of the submission back",
  "M12.wait": "all bios have ended",
  "M13.end_io": "->end_io",
  "M13.inval": "invalidate the range again",
  "M13.dio_end": "inode_dio_end",
  "M13.sync": "generic_write_sync",
} as const;

/** What the core's steps are called. */
export const MAINLINE_DIO_STEPS: IomapDioStepNames = {
  enter: "M2",
  flush: "M5",
  invalidate: "M6",
  dioBegin: "M7",
  iomapBegin: "M8.begin",
  gup: "M8.gup",
  bio: "M8.bio",
  zero: "M8.zero",
  drop: "M12",
  wait: "M12.wait",
  endIo: "M13.end_io",
  postInvalidate: "M13.inval",
  dioEnd: "M13.dio_end",
  sync: "M13.sync",
} satisfies Record<string, keyof typeof CORE>;

/** Steps of a file system that are not the core's. */
function own(steps: Readonly<Record<string, string>>, core: IomapDioStepNames): Record<string, string> {
  const renamed = new Set<string>(Object.values(core));
  return Object.fromEntries(Object.entries(steps).filter(([name]) => !renamed.has(name)));
}

export const MAINLINE_STEPS: Readonly<Record<string, string>> = {
  ...CORE,
  ...own(EXT4_STEPS, EXT4_DIO_STEPS),
  ...own(XFS_STEPS, XFS_DIO_STEPS),
};
