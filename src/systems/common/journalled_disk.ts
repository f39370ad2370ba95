/**
 * The disk of a file system with a journal, as a scenario says that it is: device, blocks, the maps of its files, the
 * journal, and what a crash leaves of them.
 *
 * @module
 */

import type { BlockMap } from "../../machine/block_map.ts";
import type { CrashPick } from "../../machine/program.ts";
import type { Journal, JournalOptions } from "../../machine/journal.ts";
import type { World } from "../../machine/world.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import type { BlockRecord, FileRecord } from "../run_record.ts";
import type { Recovery } from "../system.ts";
import { blockRecords } from "./block_file.ts";
import { type IsPreallocated, recoveryOf } from "./disk_recovery.ts";
import { ScenarioDisk } from "./scenario_disk.ts";
import type { Surroundings } from "./surroundings.ts";

export type { IsPreallocated } from "./disk_recovery.ts";

export interface JournalledDiskOptions extends Pick<JournalOptions, "handlesJoinAt" | "thread"> {
  /** `volatile`: the device has a volatile cache whatever the scenario says. */
  readonly volatileCache: "volatile" | "by_scenario";
  readonly isPreallocated: IsPreallocated;
  /** Missing: blocks are given away in the order of the scenario. */
  readonly surroundings?: Surroundings;
}

export class JournalledDisk extends ScenarioDisk implements Recovery {
  readonly journal: Journal;
  readonly #maps = new Map<string, BlockMap>();
  readonly #isPreallocated: IsPreallocated;
  readonly #recovery: Recovery;

  constructor(world: World, scenario: Scenario, options: JournalledDiskOptions) {
    super(world, scenario, options.volatileCache, options.surroundings);
    const { handlesJoinAt, thread, isPreallocated } = options;
    for (const format of this.layout.formats) this.#maps.set(format.file, this.mapOf(format));
    // Where a recording is followed, its log is somebody else's: what counts is when commits end.
    const unloggedCommit = options.surroundings?.commits === "flush" ? "flushes_it" : "leaves_it";
    const journal = this.journal = this.newJournal({ handlesJoinAt, thread, unloggedCommit });
    this.#isPreallocated = isPreallocated;
    this.#recovery = recoveryOf(this, {
      version: () => journal.durableVersion(),
      metadata: (image) => journal.recover(image),
      isPreallocated,
    });
  }

  map(file: string): BlockMap {
    const map = this.#maps.get(file);
    if (map === undefined) throw new Error(`the disk does not have ${file}`);
    return map;
  }

  /** Blocks of a file as they are now, not looked at by any step. */
  blocks(file: string): BlockRecord[] {
    return blockRecords(this.map(file))
      .map((record) => ({ ...record, preallocated: this.#isPreallocated(file, record.lblk, record.state) }));
  }

  durableVersion(): number {
    return this.#recovery.durableVersion();
  }

  recover(pick: CrashPick): readonly FileRecord[] {
    return this.#recovery.recover(pick);
  }
}
