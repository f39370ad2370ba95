/**
 * The file system that DuckDB's WebAssembly module sees: plain positional reads and writes through `node:fs`.
 *
 * It replaces the one that comes with the package (duckdb-wasm 1.32), which answers "no such file" to every open that
 * may answer so (flag 128), also for files that exist, so that nothing can be attached READ_ONLY; which opens
 * everything for writing; and which prints its errors to the terminal. Here an error is kept for the message that the
 * user gets, and a write-ahead log is discarded: a results file is built under a temporary name and renamed in when it
 * is whole, so nobody would ever recover from its log.
 *
 * @module
 */
import * as fs from "node:fs";
import { failureReason } from "../std/file_failure.ts";
import type { DuckDBRuntime } from "@duckdb/duckdb-wasm/blocking";

/** What the package calls DuckDBModule, as far as it is used here. */
interface EngineModule {
  HEAPU8: Uint8Array<ArrayBuffer>;
  HEAPF64: Float64Array;
  _malloc(bytes: number): number;
  ccall(name: string, returns: string | null, types: string[], values: unknown[]): unknown;
}

/** Functions of the package that read what the module answered. */
export interface ModuleCalls {
  callSRet(mod: unknown, name: string, types: string[], values: unknown[]): [number, number, number];
  readString(mod: unknown, begin: number, length: number): string;
  dropResponseBuffers(mod: unknown): void;
}

/** The last operation on a file that failed. */
export interface FileFailure {
  /** `ENOSPC` and the like; `CUTOFF` for a database that ends too early, `DAMAGED` for one with a wrong checksum. */
  code: string;
  operation: "open" | "read" | "write" | "truncate";
  path: string;
}

interface OpenFile {
  path: string;
  database: boolean;
  /** null: a discarded log. */
  descriptor: number | null;
  /** Bytes a discarded log would have. */
  discarded: number;
}

const NODE_FS = 1;
const OPEN_FOR_WRITING = 1 << 1;
const NULL_IF_NOT_EXISTS = 1 << 7;
const FEATURE_BIGINT64 = 1;

/**
 * Which files statements can reach: any that the user can; or none but databases that were attached, so that views of a
 * results file from somebody else read nothing of this machine.
 */
export type Reach = "any file" | "attached files";

/** Files of one engine. */
export class EngineFiles {
  /** Set when an operation failed; whoever reports an engine's error says this instead, and clears it. */
  failure: FileFailure | null = null;
  /** The file that was read from last: the engine does not say which one is damaged. */
  lastRead: string | null = null;

  /** Called before anything is read or written: a statement may run for long without a turn of the event loop. */
  onUse: (() => void) | null = null;

  readonly #calls: ModuleCalls;
  readonly #open = new Map<number, OpenFile>();
  readonly #discarded = new Set<string>();
  readonly #paths = new Map<string, string>();
  readonly #databases = new Set<string>();
  readonly #decoder = new TextDecoder();

  readonly #reach: Reach;

  constructor(calls: ModuleCalls, reach: Reach) {
    this.#calls = calls;
    this.#reach = reach;
  }

  /** Whether there is a file of that name for the module. */
  #isWithinReach(name: string): boolean {
    return this.#reach === "any file" || this.#paths.has(name);
  }

  /** From now on the module means the file at `path` when it says `name`. */
  name(name: string, path: string): void {
    this.#paths.set(name, path);
  }

  /** The file that the module calls `name` is a database: a read beyond its end means that it was cut off. */
  database(name: string): void {
    this.#databases.add(name);
  }

  /** From now on what is written to the file that the module calls `name` goes nowhere. */
  discard(name: string): void {
    this.#discarded.add(name);
  }

  /** The object whose functions the module calls. */
  runtime(): DuckDBRuntime {
    // The package declares its module's type in a file that it does not export.
    // A name that is out of reach is that of a file that is not there.
    const path = (mod: unknown, at: number, length: number) => {
      const name = this.#decoder.decode((mod as EngineModule).HEAPU8.subarray(at, at + length));
      return this.#isWithinReach(name) ? this.#paths.get(name) ?? name : "";
    };
    return {
      _udfFunctions: new Map(),
      testPlatformFeature: (_mod, feature) => feature === FEATURE_BIGINT64,
      getDefaultDataProtocol: () => NODE_FS,
      openFile: (mod, fileId, flags) => this.#openFile(mod as unknown as EngineModule, fileId, flags),
      // One fsync before the rename is enough.
      syncFile: () => {},
      closeFile: (_mod, fileId) => this.#closeFile(fileId),
      dropFile: () => {},
      getLastFileModificationTime: (_mod, fileId) => this.#modificationTime(fileId),
      truncateFile: (mod, fileId, size) =>
        this.#attempt(mod as unknown as EngineModule, "truncate", fileId, (fd) => fs.ftruncateSync(fd, size)),
      readFile: (mod, fileId, buffer, bytes, location) =>
        this.#read(mod as unknown as EngineModule, fileId, buffer, bytes, location),
      writeFile: (mod, fileId, buffer, bytes, location) =>
        this.#write(mod as unknown as EngineModule, fileId, buffer, bytes, location),
      checkFile: (mod, at, length) => isFile(path(mod, at, length)),
      checkDirectory: (mod, at, length) => isDirectory(path(mod, at, length)),
      glob: (mod, at, length) => this.#glob(mod as unknown as EngineModule, path(mod, at, length)),
      removeFile: (mod, at, length) => {
        const file = path(mod, at, length);
        try {
          if (file !== "") fs.rmSync(file, { force: true });
        } catch (error) {
          this.#fail(mod as unknown as EngineModule, `cannot remove ${file}: ${errorCode(error)}`);
        }
      },
      // Spilling to a temporary directory is not set up, and nothing else makes or lists directories or moves files.
      createDirectory: (mod) => this.#fail(mod as unknown as EngineModule, "directories cannot be made"),
      removeDirectory: (mod) => this.#fail(mod as unknown as EngineModule, "directories cannot be removed"),
      listDirectoryEntries: () => false,
      moveFile: (mod) => this.#fail(mod as unknown as EngineModule, "files cannot be moved"),
      progressUpdate: () => {},
      callScalarUDF: (mod) => this.#fail(mod as unknown as EngineModule, "no function is registered"),
    };
  }

  #openFile(mod: EngineModule, fileId: number, flags: number): number {
    const name = this.#name(mod, fileId);
    if (name === null) return 0;
    if (!this.#isWithinReach(name)) {
      this.#fail(mod, `cannot open ${name}: results files read no other files here`);
      return 0;
    }
    const path = this.#paths.get(name) ?? name;
    if (this.#discarded.has(name)) {
      if (flags & NULL_IF_NOT_EXISTS && !(flags & OPEN_FOR_WRITING)) return 0;
      this.#open.set(fileId, { path, database: false, descriptor: null, discarded: 0 });
      return openResult(mod, 0);
    }
    let descriptor: number;
    try {
      const mode = flags & OPEN_FOR_WRITING ? fs.constants.O_RDWR | fs.constants.O_CREAT : fs.constants.O_RDONLY;
      descriptor = fs.openSync(path, mode, 0o666);
    } catch (error) {
      if (errorCode(error) === "ENOENT" && flags & NULL_IF_NOT_EXISTS) return 0;
      this.#failed(mod, "open", path, error);
      return 0;
    }
    this.#open.set(fileId, { path, database: this.#databases.has(name), descriptor, discarded: 0 });
    return openResult(mod, fs.fstatSync(descriptor).size);
  }

  /** The name behind a file id; the module only hands ids out. */
  #name(mod: EngineModule, fileId: number): string | null {
    const [status, at, length] = this.#calls.callSRet(mod, "duckdb_web_fs_get_file_info_by_id", ["number", "number"], [
      fileId,
      0,
    ]);
    const text = status === 0 && length > 0 ? this.#calls.readString(mod, at, length) : "null";
    this.#calls.dropResponseBuffers(mod);
    return (JSON.parse(text) as { dataUrl?: string } | null)?.dataUrl ?? null;
  }

  #closeFile(fileId: number): void {
    const file = this.#open.get(fileId);
    this.#open.delete(fileId);
    if (file && file.descriptor !== null) fs.closeSync(file.descriptor);
  }

  #modificationTime(fileId: number): number {
    const descriptor = this.#open.get(fileId)?.descriptor ?? null;
    return descriptor === null ? 0 : fs.fstatSync(descriptor).mtimeMs / 1000;
  }

  #read(mod: EngineModule, fileId: number, buffer: number, bytes: number, location: number): number {
    return this.#attempt(
      mod,
      "read",
      fileId,
      (fd, file) => {
        this.lastRead = file.path;
        const read = fs.readSync(fd, mod.HEAPU8, buffer, bytes, location);
        // The module would try again for ever.
        if (read === 0 && bytes > 0 && file.database) throw new CutOff();
        return read;
      },
      () => {
        mod.HEAPU8.fill(0, buffer, buffer + bytes);
        return bytes;
      },
    );
  }

  #write(mod: EngineModule, fileId: number, buffer: number, bytes: number, location: number): number {
    return this.#attempt(
      mod,
      "write",
      fileId,
      (fd) => {
        // A full disk may take a part; the next try then tells why.
        for (let done = 0; done < bytes;) {
          done += fs.writeSync(fd, mod.HEAPU8, buffer + done, bytes - done, location + done);
        }
        return bytes;
      },
      (file) => {
        file.discarded = Math.max(file.discarded, location + bytes);
        return bytes;
      },
    );
  }

  #attempt(
    mod: EngineModule,
    operation: FileFailure["operation"],
    fileId: number,
    action: (descriptor: number, file: OpenFile) => number | void,
    discarded: (file: OpenFile) => number = () => 0,
  ): number {
    const file = this.#open.get(fileId);
    if (file === undefined) {
      this.#fail(mod, `file ${fileId} is not open`);
      return 0;
    }
    if (file.descriptor === null) return discarded(file);
    this.onUse?.();
    let result: number | void;
    try {
      result = action(file.descriptor, file);
    } catch (error) {
      this.#failed(mod, operation, file.path, error);
      return 0;
    }
    return result ?? 0;
  }

  #glob(mod: EngineModule, pattern: string): void {
    // A file's own name only; patterns match nothing, and DuckDB says so.
    if (isFile(pattern)) mod.ccall("duckdb_web_fs_glob_add_path", null, ["string"], [pattern]);
  }

  #failed(mod: EngineModule, operation: FileFailure["operation"], path: string, error: unknown): void {
    const code = errorCode(error);
    this.failure ??= { code, operation, path };
    this.#fail(mod, `cannot ${operation} ${path}: ${code}`);
  }

  /** Throws a C++ exception inside the module, which must not be caught on its way through here. */
  #fail(mod: EngineModule, message: string): void {
    mod.ccall("duckdb_web_fail_with", null, ["string"], [message]);
  }
}

/** A read found nothing where there should be something. */
class CutOff extends Error {
  readonly code = "CUTOFF";
}

/** The module takes a file's size and a buffer as two doubles in its own memory. */
function openResult(mod: EngineModule, size: number): number {
  const result = mod._malloc(16);
  mod.HEAPF64[result >> 3] = size;
  mod.HEAPF64[(result >> 3) + 1] = 0;
  return result;
}

function errorCode(error: unknown): string {
  return (error as { code?: string }).code ?? failureReason(error);
}

/**
 * What is at a path; null: nothing that can be reached. An exception of ours must not go through the module, which does
 * not come to rights after that: Deno has one for an empty path, and for what it keeps from programs.
 */
function statOf(path: string): fs.Stats | null {
  try {
    return fs.statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

function isFile(path: string): boolean {
  return statOf(path)?.isFile() ?? false;
}

function isDirectory(path: string): boolean {
  return statOf(path)?.isDirectory() ?? false;
}
