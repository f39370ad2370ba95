/**
 * What a synthetic recording is to be like: threads and what they do, a file and its device, what is planted, what is lost.
 *
 * @module
 */
import { z } from "zod";
import { type Document, LineCounter, parseDocument } from "yaml";

/** What threads do, and how often beside each other. */
export const ACTIONS = [
  "direct_read",
  "direct_write",
  "buffered_read",
  "buffered_write",
  "load",
  "store",
  "truncate",
  "fsync",
] as const;

export type Action = typeof ACTIONS[number];

/**
 * What can be planted. `stale_cache`: a direct write leaves a cached page, and a read then returns the old data.
 * `lost_update`: a page made dirty before a direct write is written back after it, over the new data. `io_error`: the
 * device fails a direct write with EIO.
 */
export const ANOMALIES = ["stale_cache", "lost_update", "io_error"] as const;

export type PlantedAnomaly = typeof ANOMALIES[number];

/** Who says what operations do. */
export const MODELS = ["sketch", "mainline"] as const;

const PAGE = 4096;

const count = z.number().int().min(0).max(2 ** 31 - 1);
const weight = z.number().min(0);
/** Nanoseconds; written in whole microseconds. */
const duration = z.strictObject({
  median_us: z.number().positive().max(1e9),
  /** Standard deviation of the logarithm: 0 is always the median, 1 a long tail. */
  spread: z.number().min(0).max(3).default(0.5),
});

const BIO_BYTES = 1 << 18;
const DIRTY_PAGES = 64;

const KEYS = z.strictObject({
  seed: z.number().int().min(0).max(2 ** 32 - 1).default(1),
  /** Operations of all threads together, without opening, closing and what is planted. */
  operations: count.default(1000),
  threads: z.number().int().min(1).max(256).default(4),
  cpus: z.number().int().min(1).max(64).default(2),
  /** Weight of each action; what is left out is not done. */
  mix: z.partialRecord(z.enum(ACTIONS), weight).default({
    direct_read: 1,
    direct_write: 1,
    buffered_read: 1,
    buffered_write: 1,
    fsync: 0.05,
  }),
  /** Lengths, bytes: direct ones are rounded up to a page. */
  sizes: z.union([
    z.array(z.number().int().positive().max(1 << 20)).min(1),
    z.strictObject({
      min: z.number().int().positive().max(1 << 20),
      max: z.number().int().positive().max(1 << 20),
    }).refine(({ min, max }) => min <= max, { message: "min is larger than max" }),
  ]).default([4096, 16384]),
  /** Where in the file: anywhere alike, one after the other for each thread, or most often near its beginning. */
  positions: z.enum(["uniform", "sequential", "skewed"]).default("uniform"),
  file: z.strictObject({
    ino: z.number().int().min(1).max(2 ** 31 - 1).default(12),
    size: z.number().int().min(2 * PAGE).max(2 ** 30).multipleOf(PAGE).default(1 << 20),
    /** Block of 4096 bytes on the device where it begins. */
    first_block: z.number().int().min(1).max(2 ** 28).default(6144),
  }).prefault({}),
  device: z.strictObject({
    major: z.number().int().min(1).max(4095).default(7),
    minor: z.number().int().min(0).max(1048575).default(0),
    /** From issued to completed. */
    latency: duration.prefault({ median_us: 60 }),
    /** Bytes that one bio holds at most. */
    bio_bytes: z.number().int().min(PAGE).max(1 << 20).multipleOf(PAGE).default(BIO_BYTES),
  }).prefault({}),
  /** Between the end of an operation and the beginning of the next one of the thread. */
  pause: duration.prefault({ median_us: 20 }),
  /** Dirty pages at which the flusher begins to write back. */
  dirty_pages: z.number().int().min(1).max(2 ** 20).default(DIRTY_PAGES),
  /** Anomalies, each planted so often, spread over the run. */
  anomalies: z.partialRecord(z.enum(ANOMALIES), z.number().int().min(0).max(100_000)).default({}),
  /** Events that the recorder loses: so many on a CPU, once so many operations are done. */
  losses: z.array(z.strictObject({ after_operations: count, cpu: count, events: z.number().int().min(1).max(1e6) }))
    .default([]),
  /**
   * Who says what operations do: `sketch`, what is needed to know them, their pages and their bios; `mainline`, the model
   * of Linux 6.18, whose every event is written.
   */
  model: z.enum(MODELS).default("sketch"),
  /** Of the model; the sketch is of ext4. */
  file_system: z.enum(["ext4", "xfs"]).default("ext4"),
  /** Version of the binary block trace. */
  blktrace: z.union([z.literal(7), z.literal(8)]).default(7),
});

export const SPEC = KEYS.superRefine((spec, context) => {
  const total = Object.values(spec.mix).reduce((sum, each) => sum + each, 0);
  if (total === 0) context.addIssue({ code: "custom", path: ["mix"], message: "no action has a weight" });
  for (const [path, message] of refusals(spec)) context.addIssue({ code: "custom", path, message });
  const longest = Array.isArray(spec.sizes) ? Math.max(...spec.sizes) : spec.sizes.max;
  if (longest > spec.file.size / 2) {
    context.addIssue({
      code: "custom",
      path: ["sizes"],
      message: `longer than half of the file (${spec.file.size} bytes)`,
    });
  }
  spec.losses.forEach(({ cpu }, index) => {
    if (cpu >= spec.cpus) {
      context.addIssue({
        code: "custom",
        path: ["losses", index, "cpu"],
        message: `there are ${spec.cpus} CPUs, from 0`,
      });
    }
  });
});

export type Spec = z.output<typeof SPEC>;

/** Bytes of a file that the model keeps sector by sector. */
const MODELLED_SIZE_MAX = 16 << 20;

/** What of a spec cannot be had from its model: the key, and why. */
function refusals(
  { model, file_system, anomalies, dirty_pages, device, file }: Pick<
    z.output<typeof KEYS>,
    "model" | "file_system" | "anomalies" | "dirty_pages" | "device" | "file"
  >,
): [path: string[], why: string][] {
  const found: [string[], string][] = [];
  if (model === "sketch") {
    if (file_system !== "ext4") found.push([["file_system"], `${file_system} needs model: mainline`]);
    return found;
  }
  if (Object.values(anomalies).some((times) => times > 0)) {
    found.push([["anomalies"], "none can be planted with model: mainline, which does what the kernel does"]);
  }
  if (dirty_pages !== DIRTY_PAGES) found.push([["dirty_pages"], "the flusher does not run with model: mainline"]);
  if (device.bio_bytes !== BIO_BYTES) found.push([["device", "bio_bytes"], "is the kernel's with model: mainline"]);
  if (file.size > MODELLED_SIZE_MAX) {
    found.push([["file", "size"], `at most ${MODELLED_SIZE_MAX} bytes with model: mainline`]);
  }
  return found;
}

/** A spec that is none, in one line: file, line, what is expected. */
export class SpecError extends Error {
  override readonly name = "SpecError";

  /** @param message a key that it names may go over several lines */
  constructor(message: string) {
    super(message.replaceAll(/\s+/g, " "));
  }
}

/**
 * Reads a spec: YAML, and so also JSON.
 *
 * @param path how the file is called in messages
 * @param given keys in place of the file's
 * @throws SpecError
 */
export function parseSpec(text: string, path: string, given: Partial<Spec> = {}): Spec {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, stringKeys: true });
  const [broken] = [...document.errors, ...document.warnings];
  if (broken) throw new SpecError(`${path}:${lines.linePos(broken.pos[0]).line}: ${broken.message.split("\n")[0]}`);
  const content = contentOf(document, path) ?? {};
  const isMap = typeof content === "object" && !Array.isArray(content);
  const checked = SPEC.safeParse(isMap ? { ...content, ...given } : content);
  if (checked.success) return checked.data;
  const [{ path: at, message }] = checked.error.issues;
  throw new SpecError(
    `${path}:${lineOf(document, lines, at)}: ${at.length === 0 ? "" : `${at.join(".")}: `}${message}`,
  );
}

/** @throws SpecError for aliases that stand for nothing, or for too much */
function contentOf(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new SpecError(`${path}:1: ${(error instanceof Error ? error.message : String(error)).split("\n")[0]}`);
  }
}

function lineOf(document: Document, lines: LineCounter, at: readonly PropertyKey[]): number {
  for (let length = at.length; length > 0; length--) {
    const node = document.getIn(at.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}
