/**
 * Inodes that recovery has to look after (ext3, ext4): deleted while open, or with blocks beyond their size for a while.
 *
 * @module
 */

import type { MetadataSink } from "./disk_metadata.ts";
import { Variable } from "./variable.ts";
import type { World } from "./world.ts";

export class OrphanList {
  readonly #listed = new Map<string, Variable<boolean>>();

  constructor(world: World, files: readonly string[]) {
    for (const file of files) this.#listed.set(file, new Variable(world, `orphan(${file})`, false));
  }

  /** Puts an inode on the list, as part of the current step; one that is there stays there. */
  add(file: string, sink: MetadataSink): void {
    const listed = this.#of(file);
    if (listed.get()) return;
    listed.set(true);
    sink.record({ kind: "orphan", file, change: "add" });
  }

  /**
   * Takes an inode off the list, as part of the current step.
   *
   * @param sink null: in memory only, as when no transaction can be started; the disk still has it listed
   */
  delete(file: string, sink: MetadataSink | null): void {
    const listed = this.#of(file);
    if (!listed.get()) return;
    listed.set(false);
    sink?.record({ kind: "orphan", file, change: "delete" });
  }

  /** Looks, as part of the current step. */
  has(file: string): boolean {
    return this.#of(file).get();
  }

  /** Not looked at by any step. */
  peek(file: string): boolean {
    return this.#of(file).peek;
  }

  #of(file: string): Variable<boolean> {
    const listed = this.#listed.get(file);
    if (listed === undefined) throw new Error(`the orphan list does not know ${file}`);
    return listed;
  }
}
