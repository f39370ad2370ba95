/**
 * What a recording tells a prediction: only what was decided around the file system, and how things were at the
 * beginning. Whoever predicts gets this, the calls, and nothing else of the recording.
 *
 * Times are nanoseconds from the first event on, positions pages and blocks of files.
 *
 * @module
 */

import type { PageWindow } from "../../machine/address_space_operations.ts";
import type { DiskPlaces } from "./disk_places.ts";
import type { PredictedEvent } from "./predicted_log.ts";
import type { SeenFile } from "./recorded_state.ts";
import type { DirectEnd } from "./worker_times.ts";

/** A block of a file at the beginning. */
export interface InitialBlock {
  readonly lblk: number;
  readonly state: "written" | "unwritten";
  /** Of the small device. */
  readonly pblk: number;
}

/** A file as it was when the recording began. */
export interface InitialFile {
  readonly ino: number;
  /** Sectors. */
  readonly size: number;
  readonly blocks: readonly InitialBlock[];
  /** Folios that were cached, and whether they were dirty. */
  readonly cached: readonly (PageWindow & { readonly isDirty: boolean })[];
  /**
   * Whether a write has looked for privileges to strip since the inode came into memory: of ext4 by the first look at its
   * extents, of XFS by what the first write of the recording does. Whether later ones look is predicted.
   */
  readonly nosec: "known" | "unknown";
  /**
   * Whether it had changes that the log of XFS had in memory alone: the first mapping tells, as long as nothing in the
   * recording has changed the inode. Whether later ones are DIRTY is predicted.
   */
  readonly log: "written" | "pinned";
}

/** Something that was read ahead. */
export interface Readahead {
  /** The runs of pages that were missing. */
  readonly runs: readonly PageWindow[];
  /** The page that was marked to begin it (PG_readahead); null: a missing page, or nothing tells. */
  readonly mark: number | null;
}

/** What was decided around one call of the recording. */
export interface CallEnvironment {
  /** What was read ahead meanwhile, in order. */
  readonly windows: readonly Readahead[];
  /** Folios that were added meanwhile, in order: how many pages each has is a matter of memory. */
  readonly folios: readonly PageWindow[];
  /** By allocation and release of blocks of ext4, in order: groups whose bitmaps were loaded for it. Where the allocator looks is its own matter. */
  readonly groups: readonly (readonly number[])[];
  /**
   * Of a submission to a ring: up to when the inode's timestamps were those of an earlier tick of the coarse clock, as the
   * worker tells that updates them behind it; else 0. Updates themselves are left out of the score.
   */
  readonly timesOldUntil: number;
  /** When the task came to where it could be seen, ascending; what it was seen to do is not told. */
  readonly times: readonly number[];
}

/** A pass of the flusher: when it began with a file, and for whom. What it then does is predicted. */
export interface FlusherPass {
  readonly ino: number;
  readonly time: number;
  /** `for_integrity`: on behalf of sync(2). */
  readonly sync: "for_integrity" | "background";
}

/** Something that is done to a file by a call that no event tells of. What it then does is predicted. */
export interface OtherWork {
  readonly ino: number;
  /** When it began. */
  readonly time: number;
  /**
   * `fiemap`: somebody asked for the extents (FIEMAP is an ioctl). `trim`: the last reference to an open file of XFS was
   * dropped, or a worker came by, and what lay behind the end was given back. `inactivate`: a worker freed the blocks of an
   * inode of XFS without a name.
   */
  readonly what: "fiemap" | "trim" | "inactivate";
}

export interface EnvironmentFacts {
  readonly files: readonly InitialFile[];
  readonly places: DiskPlaces;
  /** Pages that files may have. */
  readonly pagesMax: number;
  readonly sectorsPerBlock: number;
  /** Events that were asked for when the recording was made, as far as there are any of them. */
  readonly names: ReadonlySet<string>;
  readonly device: {
    readonly wcache: "on" | "off";
    readonly fua: "on" | "off";
    readonly disk: "requests" | "bio";
    /**
     * Whether the device asks for pages that stay as they are while they are written (BLK_FEAT_STABLE_WRITES), which no event
     * prints: whether any store of the recording has waited for writeback.
     */
    readonly stableWrites: "on" | "off";
    /**
     * Size of a file, bytes, below which XFS reserves no more than the least ahead of it: the stripe unit that mkfs was
     * given, which no event prints. The first reservation that could have been longer tells whether it is longer than all
     * files or there is none; how long later ones are is predicted.
     */
    readonly leastAheadBelow: number;
    /** Whether commits of the journal flush the device's cache. */
    readonly commits: "flush" | "do_not_flush";
  };
  /** Physical block, of the small device, that a block of a file had at some time from `time` on; null: none is told. */
  placeOf(ino: number, lblk: number, time: number): number | null;
  /**
   * By how many bits XFS shortened what it reserved ahead, the next time from `time` on that it worked a length out: how
   * little of the disk is free, of which events tell nothing else.
   */
  lowSpaceShift(time: number): number;
  /**
   * Whether space could be set aside for a block of a file at some time: of ext4 by what a buffered write returned, of XFS by
   * `xfs_freecounter_enospc` the next time from `time` on that it was asked for.
   */
  canReserve(ino: number, lblk: number, time: number): boolean;
  /** Whether the disk had room for a block of a file the next time from `time` on that one was asked for. */
  hasRoom(ino: number, lblk: number, time: number): boolean;
  /** Whether the allocation that gave a block of a file its place, at some time from `time` on, began with it. */
  beginsAllocation(ino: number, lblk: number, time: number): boolean;
  /** Whether a page that is cached at a time is marked: somebody comes upon the mark before the page comes anew. */
  isMarked(ino: number, page: number, time: number): boolean;
  /** By {@linkcode import("./recorded_events.ts").RecordedCall.id}. */
  around(call: number): CallEnvironment;
  /** In the order of time. */
  readonly passes: readonly FlusherPass[];
  /** In the order of time. */
  readonly otherWork: readonly OtherWork[];
  /**
   * Times at which workers dealt with ends of I/O that were left to them, ascending, one for each piece of work: of ext4 when
   * they began, of XFS when they were done.
   */
  readonly conversions: readonly number[];
  /** When workers of ext4 began with ends of direct I/O, where the recording tells of them, by file. */
  readonly directEnds: readonly DirectEnd[];
  /** When a worker of a ring was next seen; the same: none was. */
  ringWork(time: number): number;
  /**
   * When a bio that is submitted at `time` has ended, by its flags as the kernel prints them; the same: nothing tells.
   *
   * @param until when who submits it was last seen: bios that were queued later are none of his
   */
  bioEnd(sector: number, rwbs: string, time: number, until: number): number;
  /** When the last folio has ended of a bio of which the first has at `time`; the same: nothing tells. */
  foliosEnd(sector: number, rwbs: string, time: number): number;
  /** How a bio that ends at `time` has ended: 0, or a negative error number. */
  bioError(sector: number, rwbs: string, time: number): number;
}

/**
 * What has been: where a call has not gone as predicted, or is none that the model does, the files that it was about are
 * taken from here when it is over. Nothing of a call is told before it is over.
 */
export interface RecordedPast {
  /** Takes what the model has fired of a call that is over, and tells whether it has gone otherwise in the recording. */
  take(call: number, fired: readonly PredictedEvent[], failure: string | undefined): "as predicted" | "differs";
  /** Files that a call that is over was about. */
  filesOf(call: number): readonly LeftBehind[];
  /** What tasks have done to files in no call that is known, such as splice(2) where it is not recorded; by time. */
  readonly strays: readonly (LeftBehind & { readonly time: number })[];
  /** A file at a time, which does not go back, by what calls have done that are over; null: it is not followed. */
  at(time: number, ino: number, isOver: (call: number) => boolean): SeenFile | null;
}

/** A file behind a call. */
export interface LeftBehind {
  readonly ino: number;
  /** Whether the inode has been changed in a transaction. */
  readonly inode: "changed" | "unchanged";
  /** The call has written to it: it has looked for privileges to strip. */
  readonly writes: boolean;
}
