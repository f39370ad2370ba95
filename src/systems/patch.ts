/**
 * A patch: a shipped system with paths, and flags, of somebody else's own.
 *
 * @module
 */

import type { Steps } from "../machine/task.ts";
import type { iomapDioComplete, iomapDioRw, kiocbInvalidatePostDirectWrite } from "./common/iomap_dio.ts";
import type { iomapDioIter } from "./common/iomap_dio_iter.ts";
import type { daxFaultHandler } from "./dax/dax_fault.ts";
import type { daxDoIo } from "./dax/dax_io.ts";
import type { ext4BufferedWriteIter } from "./ext4-iomap-dio/buffered_write.ts";
import type { ext4DioReadIter } from "./ext4-iomap-dio/dio_read.ts";
import type { ext4DioWriteIter } from "./ext4-iomap-dio/dio_write.ts";
import type { ext4HandleInodeExtension } from "./ext4-iomap-dio/inode_extension.ts";
import type { blockdevDirectIo } from "./legacy-dio/direct_io.ts";
import type { genericFileBufferedWrite, genericFileDirectWrite } from "./legacy-dio/generic_file.ts";
import type { doTruncate } from "./legacy-dio/truncate.ts";
import type { trackedDirectIo } from "./page-cache-dio/direct_io.ts";
import { type Override, overrideOf, overridePaths, PatchError } from "./path.ts";
import type { findOrInsertPlaceholders } from "./placeholder-dio/find_or_insert.ts";
import type { removePlaceholderPages } from "./placeholder-dio/remove.ts";
import type { waitOnPlaceholderPagesRange } from "./placeholder-dio/wait_range.ts";
import type { Call, FlagValues, ModelledFile, MountedSystem, System, SystemFlag, Transfer } from "./system.ts";
import type { xfsFileDioWrite } from "./xfs-iomap-dio/dio_write.ts";
import type { xfsFileWriteChecks } from "./xfs-iomap-dio/write_checks.ts";

export { PatchError } from "./path.ts";

/** System calls of a file: every system has them. */
interface FilePaths {
  read(file: ModelledFile, transfer: Transfer): Steps<number>;
  write(file: ModelledFile, transfer: Transfer): Steps<number>;
  truncate(file: ModelledFile, size: number, call: Call): Steps<number>;
  fsync(file: ModelledFile, scope: "data" | "all", call: Call): Steps<number>;
  fallocate(file: ModelledFile, pos: number, len: number, flags: readonly string[], call: Call): Steps<number>;
}

const FILE_PATHS = ["read", "write", "truncate", "fsync", "fallocate"] as const satisfies (keyof FilePaths)[];

/** All paths that may be overridden, by the names of the kernel's functions. */
export interface Paths extends FilePaths {
  /** Direct I/O over iomap: `iomap_dio_rw` (fs/iomap/direct-io.c). */
  iomap_dio_rw: typeof iomapDioRw;
  /** One mapped piece of it: `iomap_dio_iter`, `iomap_dio_actor` before 5.15. */
  iomap_dio_iter: typeof iomapDioIter;
  /** Its end: `iomap_dio_complete`. */
  iomap_dio_complete: typeof iomapDioComplete;
  /** What a direct write takes out of the page cache behind itself (mm/filemap.c). */
  kiocb_invalidate_post_direct_write: typeof kiocbInvalidatePostDirectWrite;
  /** Direct reads of ext4 (fs/ext4/file.c). */
  ext4_dio_read_iter: typeof ext4DioReadIter;
  /** Direct writes of ext4 (fs/ext4/file.c). */
  ext4_dio_write_iter: typeof ext4DioWriteIter;
  /** Buffered writes of ext4 (fs/ext4/file.c). */
  ext4_buffered_write_iter: typeof ext4BufferedWriteIter;
  /** What ext4 does behind a direct write that extends the file (fs/ext4/file.c). */
  ext4_handle_inode_extension: typeof ext4HandleInodeExtension;
  /** Direct writes of XFS (fs/xfs/xfs_file.c). */
  xfs_file_dio_write: typeof xfsFileDioWrite;
  /** What XFS looks at before it writes (fs/xfs/xfs_file.c). */
  xfs_file_write_checks: typeof xfsFileWriteChecks;
  /** Direct I/O that the page tree records, of January 2019. */
  tracked_direct_io: typeof trackedDirectIo;
  /** Who locks what around the worker of 2.6.20 (fs/direct-io.c). */
  __blockdev_direct_IO: typeof blockdevDirectIo;
  /** Direct writes of 2.6.20 (mm/filemap.c). */
  generic_file_direct_write: typeof genericFileDirectWrite;
  /** Buffered writes of 2.6.20 (mm/filemap.c). */
  generic_file_buffered_write: typeof genericFileBufferedWrite;
  /** Truncation of 2.6.20 (fs/open.c). */
  do_truncate: typeof doTruncate;
  /** Makes a range of pages one's own: patch 1 of the placeholder series. */
  find_or_insert_placeholders: typeof findOrInsertPlaceholders;
  /** Takes placeholders away: patch 1. */
  remove_placeholder_pages: typeof removePlaceholderPages;
  /** Waits for those of others: patch 1. */
  wait_on_placeholder_pages_range: typeof waitOnPlaceholderPagesRange;
  /** Reads and writes on DAX, of 4.0 (fs/dax.c). */
  dax_do_io: typeof daxDoIo;
  /** Faults on DAX, of 4.0 (fs/dax.c). */
  dax_fault: typeof daxFaultHandler;
}

const IOMAP: readonly (keyof Paths)[] = [
  "iomap_dio_rw",
  "iomap_dio_iter",
  "iomap_dio_complete",
  "kiocb_invalidate_post_direct_write",
];
const EXT4: readonly (keyof Paths)[] = [
  "ext4_dio_read_iter",
  "ext4_dio_write_iter",
  "ext4_buffered_write_iter",
  "ext4_handle_inode_extension",
];
const XFS: readonly (keyof Paths)[] = ["xfs_file_dio_write", "xfs_file_write_checks"];
const LEGACY: readonly (keyof Paths)[] = [
  "__blockdev_direct_IO",
  "generic_file_direct_write",
  "generic_file_buffered_write",
  "do_truncate",
];
const PLACEHOLDER: readonly (keyof Paths)[] = [
  "find_or_insert_placeholders",
  "remove_placeholder_pages",
  "wait_on_placeholder_pages_range",
];

/** Paths that each system goes through, besides the system calls. */
const PATHS_OF: Readonly<Record<string, readonly (keyof Paths)[]>> = {
  "legacy-dio": LEGACY,
  "placeholder-dio": [...LEGACY, ...PLACEHOLDER],
  "dax": ["dax_do_io", "dax_fault"],
  "page-cache-dio": ["tracked_direct_io", ...IOMAP],
  "ext4-iomap-dio": [...IOMAP, ...EXT4],
  "xfs-iomap-dio": [...IOMAP, ...XFS],
  "mainline": [...IOMAP, ...EXT4, ...XFS],
};

/** Names of the paths of a system that a patch may override. */
export function pathsOf(system: string): readonly (keyof Paths)[] {
  return [...FILE_PATHS, ...PATHS_OF[system] ?? []];
}

/** Puts a generator in the place of a path; `original` is the path itself, which it may go as well. */
export type OverrideOf<Path extends (...args: never[]) => unknown> = (
  original: Path,
  ...args: Parameters<Path>
) => ReturnType<Path>;

/** Some of the paths, each with what goes in its place. */
export type Overrides = { readonly [Name in keyof Paths]?: OverrideOf<Paths[Name]> };

/** A patch, as its author describes it. */
export interface PatchSpec {
  /** As `--systems` and reports name it. */
  readonly name: string;
  /** A line. */
  readonly title: string;
  /** System that it is a patch of. */
  readonly of: string;
  /** What it was made from: messages and versions, in a sentence. */
  readonly sources?: string;
  /** Flags of its own, beside those of its system. */
  readonly flags?: readonly SystemFlag[];
  /** Flags of its system that have another default here. */
  readonly defaults?: FlagValues;
  /** Steps of its own: what `call.at` may name, with what each does. */
  readonly steps?: Readonly<Record<string, string>>;
  /** What it overrides, for the values of the flags of one run. */
  paths(flags: FlagValues): Overrides;
}

/** A patch, to be exported as the default of its module. */
export interface Patch extends PatchSpec {
  /** Tells it from a whole system. */
  readonly kind: "patch";
}

/**
 * Describes a patch.
 *
 * @example The invalidation behind a direct write left out
 * ```ts
 * import { patch } from "./mod.ts";
 *
 * export default patch({
 *   name: "no-post-invalidation",
 *   title: "mainline without the invalidation behind a direct write",
 *   of: "mainline",
 *   paths: () => ({ *kiocb_invalidate_post_direct_write() {} }),
 * });
 * ```
 */
export function patch(spec: PatchSpec): Patch {
  return { ...spec, kind: "patch" };
}

/**
 * The system that a patch makes of its base.
 *
 * @throws {PatchError} when it names a path or flag that its base does not have; at a run, when a call goes through a step
 * that neither of them has
 */
export function patchedSystem(own: Patch, base: System): System {
  const flags = [...withDefaults(own, base), ...own.flags ?? []];
  const doubled = own.flags?.find(({ name }) => base.flags.some((flag) => flag.name === name));
  if (doubled !== undefined) throw new PatchError(`${own.name}: ${base.name} has a flag ${doubled.name} already`);
  const pathsFor = (values: FlagValues) => own.paths(knownFlags(own, values));
  checkPaths(own, base, pathsFor(Object.fromEntries(flags.map((flag) => [flag.name, flag.default]))));
  const steps = { ...base.steps, ...own.steps };
  const known = new Set(Object.keys(steps));
  return {
    ...base,
    name: own.name,
    title: own.title,
    sources: own.sources,
    patchOf: base.name,
    overrides: (values) => Object.keys(pathsFor(values)),
    flags,
    steps,
    mount: (world, scenario, values) => {
      const table = new Map(Object.entries(pathsFor(values)) as [string, Override][]);
      overridePaths(world, { patch: own.name, table, steps: known });
      return withFilePaths(base.mount(world, scenario, values), table);
    },
  };
}

function withDefaults({ name, defaults = {} }: Patch, base: System): SystemFlag[] {
  for (const [flag, value] of Object.entries(defaults)) {
    const known = base.flags.find((each) => each.name === flag);
    if (known === undefined) throw new PatchError(`${name}: ${base.name} has no flag ${flag}`);
    if (known.values !== null && !known.values.includes(value)) {
      throw new PatchError(`${name}: ${flag}=${value}: it may be ${known.values.join(", ")}`);
    }
  }
  return base.flags.map((flag) => flag.name in defaults ? { ...flag, default: defaults[flag.name] } : flag);
}

/** The flags, where asking for one that there is not is an error, and not a value that nothing equals. */
function knownFlags({ name: patch }: Patch, values: FlagValues): FlagValues {
  return new Proxy(values, {
    get(target, flag) {
      if (typeof flag === "string" && !(flag in target)) {
        throw new PatchError(
          `${patch}: its paths ask for flag ${flag}, which there is not: ${Object.keys(target).join(", ")}`,
        );
      }
      return Reflect.get(target, flag);
    },
  });
}

function checkPaths(own: Patch, base: System, overrides: Overrides): void {
  const known: readonly string[] = pathsOf(base.name);
  for (const [name, override] of Object.entries(overrides)) {
    if (!known.includes(name)) {
      throw new PatchError(`${own.name}: ${base.name} has no path ${name}: it has ${known.join(", ")}`);
    }
    if (typeof override !== "function") throw new PatchError(`${own.name}: ${name} is no generator function`);
  }
}

/** System calls are methods of files. */
function withFilePaths(mounted: MountedSystem, table: ReadonlyMap<string, Override>): MountedSystem {
  const names = FILE_PATHS.filter((name) => table.has(name));
  if (names.length === 0) return mounted;
  const patched = new Set<ModelledFile>();
  const fileOf = mounted.file.bind(mounted);
  const patchedFile = (name: string) => {
    const file = fileOf(name);
    if (patched.has(file)) return file;
    patched.add(file);
    for (const path of names) overrideMethod(file, path);
    return file;
  };
  // Not a function that is written down here: V8 has those live long, with all of the run that they see.
  mounted.file = patchedFile;
  return mounted;
}

function overrideMethod(file: ModelledFile, name: keyof FilePaths): void {
  const method = file[name] as ((...args: unknown[]) => Steps<number>) | undefined;
  if (method === undefined) return;
  const original = (_file: ModelledFile, ...args: unknown[]) => method.apply(file, args);
  const own = () => overrideOf(file.inode.world, name) as unknown as (...args: unknown[]) => Steps<number>;
  Object.defineProperty(file, name, { value: (...args: unknown[]) => own()(original, file, ...args) });
}
