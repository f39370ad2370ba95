/**
 * The page cache of four times, where it differs in a line; where it differs in structure there are two functions.
 *
 * A kernel model takes the era it belongs to and replaces what its own flags change.
 *
 * @module
 */

import { EBUSY, EIO } from "./errno.ts";

export interface Era {
  readonly name: "G20" | "G40" | "G50" | "G6";
  /** The lock of an inode that the VFS takes: a mutex until 4.6. */
  readonly inodeLock: "i_mutex" | "i_rwsem";
  /** What a fault does with the page it found: until 2.6.22 it took no page lock and looked at `truncate_count` only. */
  readonly faultInstalls: "without_page_lock" | "with_folio_lock";
  /**
   * Where the lock that keeps truncation from those who fill the cache is held shared, if the mapping has one: around the
   * file system's whole fault handler (MMAPLOCK, i_mmap_sem), or by whoever fills the cache (invalidate_lock, 5.15).
   * `around_nothing`: planted defect, only truncation takes it.
   */
  readonly fillLock: "none" | "around_fault" | "while_filling" | "around_nothing";
  /** A read fault first maps what is cached, up to date and unlocked around it (3.15). */
  readonly faultAround: "none" | "cached_neighbours";
  /** How a fault adds a missing page: it reads it at once, or gives its lock back and takes it again to read it (5.1). */
  readonly faultAdds: "reads_at_once" | "locks_again";
  /** A fault lets go of mmap_sem while it waits for I/O, and is done again. Flag `fault_drop_mmap`. */
  readonly faultWaits: "with_mmap_sem" | "without_mmap_sem";
  /** How `page_mkwrite` returns the page. */
  readonly mkwriteReturns: "unlocked" | "locked";
  /** `folio_wait_stable` of a store: waits for writeback only where the device asks for pages that stay as they are. */
  readonly stableWrites: "waited_for" | "not_asked_for";
  /** What invalidate_inode_pages2_range returns when a page could not be removed. */
  readonly invalidateError: number;
  readonly invalidateFailure: "stops" | "goes_on";
  /** Lookups may find pages behind the range: 2.6.20 locks such a page before it looks. */
  readonly invalidateBeyond: "locks_the_page" | "leaves_the_page";
  /** Where invalidation unmaps the rest of the range: 5.13 moved it before the page lock. */
  readonly invalidateUnmaps: "under_page_lock" | "before_folio_lock";
  /** Who takes pages out of the cache that nobody uses locks each when its turn comes, or a batch of them first (5.12). */
  readonly evictionLocks: "one_by_one" | "batches";
  /** What POSIX_FADV_DONTNEED begins to write before it drops pages: all of the file, or the range (3.11). */
  readonly dontneedWrites: "file" | "range";
  /** When it looks for pages a second time: never, where fewer went than the range has (3.9), where one had to stay (5.10). */
  readonly dontneedAgain: "never" | "fewer_went" | "one_stayed";
  /** A page that the range ends in: it goes as well, or stays unless the file ends there, too (4.7, 4.18). */
  readonly dontneedLastPage: "goes" | "goes_at_end_of_file";
  /** When truncation has nothing to do. */
  readonly truncateStopsWithout: "folios" | "entries";
  readonly truncateForm: "2.6.20" | "6.1";
  /** Truncation unmaps once more behind the removal of pages: private copies made meanwhile. */
  readonly truncateUnmaps: "once" | "twice";
  /** Pages removed from the cache are no longer up to date for those who still have them. */
  readonly removedPages: "not_uptodate" | "stay_uptodate";
  /**
   * What unmapping takes, and nothing but fault handlers of persistent memory asks for: a mutex until 3.18, then a
   * semaphore, which such handlers take shared.
   */
  readonly unmapLock: "not_modelled" | "i_mmap_mutex" | "i_mmap_rwsem";
  /** What unmapping spares that is not asked to take private copies: until 5.17 all that is not a page of the mapping. */
  readonly unmapSpares: "pages_of_no_mapping" | "private_copies";
  /** What a buffered write does when the user's page has gone between fault-in and copy. */
  readonly copyFault: "fault_with_page_locked" | "short_copy";
  /** When a buffered read looks at i_size: 2.6.20 at its beginning and after it has read a page in. */
  readonly readLooksAtSize: "once_and_after_reading" | "after_page" | "before_and_after_page";
}

const G20: Era = {
  name: "G20",
  inodeLock: "i_mutex",
  faultInstalls: "without_page_lock",
  fillLock: "none",
  faultAround: "none",
  faultAdds: "reads_at_once",
  faultWaits: "with_mmap_sem",
  mkwriteReturns: "unlocked",
  stableWrites: "waited_for",
  invalidateError: -EIO,
  invalidateFailure: "stops",
  invalidateBeyond: "locks_the_page",
  invalidateUnmaps: "under_page_lock",
  evictionLocks: "one_by_one",
  dontneedWrites: "file",
  dontneedAgain: "never",
  dontneedLastPage: "goes",
  truncateStopsWithout: "folios",
  truncateForm: "2.6.20",
  truncateUnmaps: "once",
  removedPages: "not_uptodate",
  unmapLock: "not_modelled",
  unmapSpares: "pages_of_no_mapping",
  copyFault: "fault_with_page_locked",
  readLooksAtSize: "once_and_after_reading",
};

const G40: Era = {
  ...G20,
  name: "G40",
  faultInstalls: "with_folio_lock",
  faultAround: "cached_neighbours",
  mkwriteReturns: "locked",
  invalidateError: -EBUSY,
  invalidateFailure: "goes_on",
  invalidateBeyond: "leaves_the_page",
  dontneedWrites: "range",
  dontneedAgain: "fewer_went",
  truncateStopsWithout: "entries",
  truncateForm: "6.1",
  truncateUnmaps: "twice",
  removedPages: "stay_uptodate",
  copyFault: "short_copy",
  readLooksAtSize: "after_page",
};

const G50: Era = {
  ...G40,
  name: "G50",
  inodeLock: "i_rwsem",
  fillLock: "around_fault",
  dontneedLastPage: "goes_at_end_of_file",
};

const G6: Era = {
  ...G50,
  name: "G6",
  fillLock: "while_filling",
  faultAdds: "locks_again",
  faultWaits: "without_mmap_sem",
  invalidateUnmaps: "before_folio_lock",
  evictionLocks: "batches",
  dontneedAgain: "one_stayed",
  unmapSpares: "private_copies",
  readLooksAtSize: "before_and_after_page",
};

/** 2.6.20; 3.13 and 4.0; 5.0 to 5.5; 6.1 and 6.18. */
export const ERAS: Readonly<Record<Era["name"], Era>> = { G20, G40, G50, G6 };
