/**
 * Operations of a scenario file, with their defaults, and with every name in them checked.
 *
 * @module
 */

import { ownEntry } from "../std/own_entry.ts";
import { defaultIocbName, defaultOperationName } from "./defaults.ts";
import type { Names } from "./names.ts";
import { IOCB_KEYS, type OperationKey, OPERATIONS, PLACE_FLAGS } from "./operation_schema.ts";
import { parseLength, type Place, placeText, sectorsOf } from "./place.ts";
import type { KeyPath } from "./problems.ts";
import { didYouMean, listed, type Reader } from "./reader.ts";
import { checkLength } from "./read_world.ts";
import type {
  Bounds,
  BufferSegment,
  Iocb,
  Mapped,
  OpenFlag,
  Operation,
  RwfFlag,
  ScenarioFile,
  Transfer,
} from "./scenario.ts";

const SECTOR_BYTES = 512;

export interface OperationContext {
  readonly reader: Reader;
  readonly names: Names;
  readonly bounds: Bounds;
  /** Size of a buffer segment that maps all of a file is known only once files are read. */
  readonly files: Readonly<Record<string, ScenarioFile>>;
}

/** Keys of any operation, as checked; which of them are there depends on the operation. */
type Input = Record<string, unknown> & { name?: string; after?: string | string[] };

/** Reads all operations of a task, and adds the wait for what it has submitted. */
export function readOperations(
  context: OperationContext,
  values: readonly unknown[],
  task: string,
  path: KeyPath,
): Operation[] {
  const operations = values.map((value, nth) =>
    readOperation(context, value, defaultOperationName(task, nth), [...path, nth])
  ).filter((operation) => operation !== undefined);
  const name = defaultOperationName(task, values.length);
  const does = (kind: Operation["kind"]) => operations.some((operation) => operation.kind === kind);
  if (does("io_submit") && !does("io_getevents")) {
    operations.push({ kind: "io_getevents", name, after: [], count: null });
  }
  if (does("uring_submit") && !does("uring_wait")) {
    operations.push({
      kind: "uring_wait",
      name: does("io_submit") ? defaultOperationName(task, values.length + 1) : name,
      after: [],
      count: null,
    });
  }
  return operations;
}

function readOperation(
  context: OperationContext,
  value: unknown,
  defaultName: string,
  path: KeyPath,
): Operation | undefined {
  const checked = context.reader.checkKeyed(OPERATIONS, "operation", value, path);
  if (checked === undefined) return undefined;
  const input = checked.value as Input;
  return build(context, checked.key, input, { name: input.name ?? defaultName, after: listed(input.after) }, path);
}

function build(
  context: OperationContext,
  key: OperationKey,
  input: Input,
  common: { name: string; after: readonly string[] },
  path: KeyPath,
): Operation | undefined {
  const { reader, names, bounds } = context;
  const at = [...path, key];
  switch (key) {
    case "pread":
    case "preadv":
    case "pwrite":
    case "pwritev":
      return readTransfer(context, key, key, input, common, path);
    case "aio_pread":
    case "aio_pwrite":
    case "uring_pread":
    case "uring_pwrite": {
      const kind = key.endsWith("pread") ? "pread" : "pwrite";
      const iocb = readTransfer(context, key, kind, input, { ...common, after: [] }, path);
      return iocb && { kind: key.startsWith("aio") ? "io_submit" : "uring_submit", ...common, iocbs: [iocb] };
    }
    case "io_submit":
    case "uring_submit": {
      const iocbs = (input[key] as Input[]).map((iocb, nth): Iocb | undefined => {
        const kind = IOCB_KEYS.find((candidate) => candidate in iocb)!;
        const common_ = { name: iocb.name ?? defaultIocbName(common.name, nth), after: listed(iocb.after) };
        if (common_.after.length > 0) {
          reader.problem([...at, nth, "after"], `what is submitted together cannot wait: give ${key} an after`);
        }
        return build(context, kind, iocb, common_, [...at, nth]) as Iocb | undefined;
      });
      return iocbs.includes(undefined) ? undefined : { kind: key, ...common, iocbs: iocbs as Iocb[] };
    }
    case "io_getevents":
    case "uring_wait":
      return { kind: key, ...common, count: input[key] === "all" ? null : input[key] as number };
    case "fsync":
    case "fdatasync":
    case "syncfs":
    case "close":
    case "fstat": {
      const file = input[key] as string;
      return names.file(file, at) ? { kind: key, ...common, file } : undefined;
    }
    case "ftruncate": {
      const file = input.ftruncate as string;
      const size = parseLength(input.size as string | number);
      checkLength(reader, size, [...path, "size"], bounds);
      return names.file(file, at) ? { kind: key, ...common, file, size } : undefined;
    }
    case "load":
    case "store": {
      const parts = readPlaceAndFlags(context, key, input, path, "file or map");
      if (parts === undefined) return undefined;
      const isMap = names.isMap(parts.place.name);
      if (isMap && parts.flags.length > 0) reader.problem(at, `${parts.place.name} is mapped as it was declared`);
      if (parts.place.range === null) {
        reader.problem(at, `expected pages or sectors, such as ${parts.place.name}[0] or ${parts.place.name}[0:0]`);
        return undefined;
      }
      const mode = isMap ? null : parts.flags.includes("MAP_PRIVATE") ? "private" : "shared";
      return { kind: key, ...common, place: parts.place, mode };
    }
    case "mmap": {
      const mapped = readMapped(context, input.mmap as string, at);
      const as = input.as as string | undefined ?? null;
      const over = input.over as string | undefined ?? null;
      if (over !== null && !names.map(over, [...path, "over"])) return undefined;
      return mapped && { kind: key, ...common, mapped, as, over };
    }
    case "munmap": {
      const place = names.place(input.munmap as string, at, "file or map");
      return place && { kind: key, ...common, place };
    }
    case "ficlone": {
      const from = names.place(input.ficlone as string, at, "file");
      const to = names.place(input.to as string, [...path, "to"], "file");
      return from && to && { kind: key, ...common, from, to };
    }
    case "drop_caches":
      return { kind: key, ...common, what: input.drop_caches as number };
    case "fadvise": {
      const parts = readPlaceAndFlags(context, key, input, path, "file");
      if (parts === undefined) return undefined;
      if (parts.flags.length !== 1) reader.problem(at, "expected one advice, such as POSIX_FADV_DONTNEED");
      return { kind: key, ...common, place: parts.place, advice: parts.flags[0] } as Operation;
    }
    case "msync":
    case "sync_file_range":
    case "fallocate": {
      const parts = readPlaceAndFlags(context, key, input, path, key === "msync" ? "file or map" : "file");
      return parts && { kind: key, ...common, ...parts } as Operation;
    }
  }
}

/** Splits a place and the flags behind it, and checks both. */
function readPlaceAndFlags(
  { reader, names }: OperationContext,
  key: OperationKey,
  input: Input,
  path: KeyPath,
  where: "file" | "file or map",
): { place: Place; flags: string[] } | undefined {
  const [text, ...rest] = (input[key] as string).split(" ");
  const at = [...path, key];
  const known = PLACE_FLAGS[key] ?? [];
  const flags = rest.flatMap((part) => part.split("|"));
  let ok = true;
  for (const flag of flags) {
    if (known.includes(flag)) continue;
    reader.problem(at, `unknown flag ${flag}${didYouMean(flag, known) || `, known here: ${known.join(", ")}`}`);
    ok = false;
  }
  const place = names.place(text, at, where);
  return ok && place !== undefined ? { place, flags: [...new Set(flags)] } : undefined;
}

function readTransfer(
  context: OperationContext,
  key: OperationKey,
  kind: Transfer["kind"],
  input: Input,
  common: { name: string; after: readonly string[] },
  path: KeyPath,
): Transfer | undefined {
  const { reader, bounds } = context;
  const parts = readPlaceAndFlags(context, key, input, path, "file");
  const given = (input.to ?? input.from) as string | undefined;
  const buffer = given === undefined ? undefined : readBuffer(context, given, [...path, "to" in input ? "to" : "from"]);
  if (parts === undefined || given !== undefined && buffer === undefined) return undefined;
  const { place, flags } = parts;
  if (place.range === null) {
    reader.problem([...path, key], `expected pages or sectors, such as ${place.name}[0..3] or ${place.name}[0:0]`);
    return undefined;
  }
  const { from, to } = sectorsOf(place.range, bounds.SECTORS_PER_PAGE);
  const pages = Math.ceil((to - from) / bounds.SECTORS_PER_PAGE);
  const skip = input.skip as number | undefined ?? 0;
  const bytes = input.bytes as number | undefined ?? null;
  const inRange = (to - from) * SECTOR_BYTES;
  if (skip + (bytes ?? 1) > inRange) {
    reader.problem([...path, bytes === null ? "skip" : "bytes"], `${placeText(place)} has ${inRange} bytes`);
  }
  if (buffer !== undefined) {
    const has = buffer.reduce((sum, segment) => sum + segmentPages(context, segment), 0);
    if (has < pages) {
      reader.problem([...path, "to" in input ? "to" : "from"], `${pages} pages are needed, found ${has}`);
    }
  }
  return {
    kind,
    ...common,
    place,
    open: flags.filter((flag) => flag.startsWith("O_")) as OpenFlag[],
    rwf: flags.filter((flag) => flag.startsWith("RWF_")) as RwfFlag[],
    buffer: buffer ?? [{ kind: "anon", pages }],
    skip,
    bytes,
  };
}

/** Pages of a segment; a place without a range may be any size. */
function segmentPages({ files }: OperationContext, segment: BufferSegment): number {
  if ("pages" in segment) return segment.pages;
  const { name, range } = segment.place;
  if (range !== null) return range.lastPage - range.firstPage + 1;
  const file = ownEntry(files, name);
  return file === undefined ? Infinity : file.size.pages + (file.size.sectors > 0 ? 1 : 0);
}

function readBuffer({ names }: OperationContext, text: string, path: KeyPath): BufferSegment[] | undefined {
  const segments = text.split(" + ").map((part): BufferSegment | undefined => {
    const [word, argument] = part.split(" ");
    if (word === "anon" || word === "efault") return { kind: word, pages: Number(argument) };
    if (argument === undefined) {
      const place = names.place(word, path, "map");
      return place && { kind: "map", place };
    }
    const place = names.place(argument, path, "file");
    return place && { kind: word === "map" ? "shared" : "private", place };
  });
  return segments.includes(undefined) ? undefined : segments as BufferSegment[];
}

/** Reads what an area of memory maps. */
export function readMapped(
  { names }: Pick<OperationContext, "names">,
  text: string,
  path: KeyPath,
): Mapped | undefined {
  const [word, argument] = text.split(" ");
  if (word === "anon") return { kind: "anon", pages: Number(argument) };
  const place = names.place(word, path, "file");
  const flags = argument?.split("|") ?? [];
  return place && {
    kind: "file",
    place,
    mode: flags.includes("MAP_PRIVATE") ? "private" : "shared",
    flags: flags.filter((flag) => flag !== "MAP_PRIVATE" && flag !== "MAP_SHARED"),
  };
}

/** All names that operations go by: their own, and those of what they submit. */
export function operationNames(operations: readonly Operation[]): string[] {
  return operations.flatMap((operation) => [
    operation.name,
    ...("iocbs" in operation ? operation.iocbs.map(({ name }) => name).filter((name) => name !== operation.name) : []),
  ]);
}

/** Areas of memory that an operation works with. */
export function mapsOf(operation: Operation, names: Pick<Names, "isMap">): string[] {
  if ("iocbs" in operation) return operation.iocbs.flatMap((iocb) => mapsOf(iocb, names));
  if ("buffer" in operation) {
    return operation.buffer.flatMap((segment) => segment.kind === "map" ? [segment.place.name] : []);
  }
  if (operation.kind === "mmap") return [operation.as, operation.over].filter((name) => name !== null);
  if (
    operation.kind === "load" || operation.kind === "store" || operation.kind === "munmap" || operation.kind === "msync"
  ) {
    return names.isMap(operation.place.name) ? [operation.place.name] : [];
  }
  return [];
}
