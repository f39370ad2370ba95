/**
 * What the files of a mounted file system of 2.6.20 have in common: the disk, the bounds of a run, what has to be given
 * back.
 *
 * @module
 */

import { AddressSpace } from "../../machine/address_space.ts";
import type { AddressSpaceOperations } from "../../machine/address_space_operations.ts";
import type { Inode } from "../../machine/inode.ts";
import type { FileFormat } from "../../machine/disk_metadata.ts";
import type { Journal } from "../../machine/journal.ts";
import type { PageCacheBounds } from "../../machine/page_cache_bounds.ts";
import type { Accountable } from "../../machine/quiescence.ts";
import type { Steps } from "../../machine/task.ts";
import type { World } from "../../machine/world.ts";
import { lengthSectors } from "../../scenarios/place.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { recoveryOf, type RecoveryOptions } from "../common/disk_recovery.ts";
import { ScenarioDisk } from "../common/scenario_disk.ts";
import type { ModelledFile, MountedSystem } from "../system.ts";
import type { BoundaryRule, Dio } from "./dio.ts";
import { blockdevDirectIo } from "./direct_io.ts";
import type { LegacyFlags } from "./flags.ts";
import { genericFileDirectIo } from "./generic_file.ts";
import type { DirectIoPaths } from "./legacy_file.ts";

/** Bounds that a system's flags set in place of the scenario's. */
export interface OwnBounds {
  readonly dioPages?: number;
  readonly pageCache?: Partial<PageCacheBounds>;
}

export class LegacyMount extends ScenarioDisk {
  readonly flags: LegacyFlags;
  readonly paths: DirectIoPaths = { genericFileDirectIo, blockdevDirectIo };
  readonly bounds: PageCacheBounds;
  /** What has to be given back: pages of files, direct I/O. */
  readonly accountables: Accountable[] = [];
  /** Pages that are pinned at once. */
  readonly dioPages: number;
  readonly bioPages: number;
  readonly #scenario: Scenario;

  constructor(world: World, scenario: Scenario, flags: LegacyFlags, own: OwnBounds = {}) {
    super(world, scenario, flags.volatileCache ? "volatile" : "by_scenario");
    this.flags = flags;
    this.#scenario = scenario;
    const { bounds, kernel } = scenario;
    this.dioPages = own.dioPages ?? bounds.DIO_PAGES;
    this.bioPages = bounds.BIO_MAX_VECS;
    this.bounds = {
      sectorsPerPage: this.layout.sectorsPerPage,
      pagesMax: bounds.pages,
      pagevec: bounds.PAGEVEC,
      faultAroundPages: bounds.fault_around,
      readaheadPages: kernel.readahead,
      retriesMax: bounds.retries,
      ...own.pageCache,
    };
  }

  /** Sectors of a file when the program begins. */
  sizeOf(file: string): number {
    return lengthSectors(this.#scenario.files[file].size, this.layout.sectorsPerPage);
  }

  /** The page cache of a file. */
  newAddressSpace(inode: Inode, operations: AddressSpaceOperations): AddressSpace {
    return new AddressSpace(inode, operations);
  }

  get boundaryRule(): BoundaryRule {
    return "2.6.20";
  }

  begun(dio: Dio): void {
    this.accountables.push(dio);
  }

  /** All files of the scenario, as the file system makes them. */
  filesOf<File extends ModelledFile>(make: (format: FileFormat) => File): ReadonlyMap<string, File> {
    return new Map(this.layout.formats.map((format) => [format.file, make(format)]));
  }

  /** The mounted system of these files, which recovers from a crash where the scenario has one. */
  mounted(files: ReadonlyMap<string, ModelledFile>, recovery: RecoveryOptions): MountedSystem {
    return {
      file: (name) => files.get(name)!,
      accountables: this.accountables,
      pseudoHolders: [],
      ...(this.crashOrder === null ? {} : { recovery: recoveryOf(this, recovery) }),
    };
  }

  /** The same with a journal, which a crash leaves up to its last durable transaction. */
  journalled(files: ReadonlyMap<string, ModelledFile>, journal: Journal): MountedSystem {
    return {
      ...this.mounted(files, { version: () => journal.durableVersion(), metadata: (image) => journal.recover(image) }),
      commitJournal: () => commitJournal(journal),
    };
  }
}

function* commitJournal(journal: Journal): Steps {
  yield* journal.forceCommit();
}
