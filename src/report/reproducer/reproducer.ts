/**
 * A counterexample as a C program for a real kernel, in the manner of a helper of xfstests: the same files, threads,
 * operations and buffers, stamps in every sector and a checker for them, delays that favour the order in which the
 * operations of the counterexample begin, and a loop.
 *
 * A page of the scenario is a page of 4 KiB, its sectors are equal parts of that. What a real kernel does by itself, such
 * as commits of the journal, it does at its own time; a crash it cannot have.
 *
 * @module
 */

import { lengthSectors, placeText, sectorsOf } from "../../scenarios/place.ts";
import type { BufferSegment, Operation, Scenario } from "../../scenarios/scenario.ts";
import { operationLines } from "../../scenarios/operation_text.ts";

/** What a program is made of. */
export interface Reproduced {
  readonly scenario: Scenario;
  readonly system: string;
  readonly flagsText: string;
  readonly anomaly: string;
  readonly token: string;
  /** Names of operations in the order in which they begin in the counterexample. */
  readonly order: readonly string[];
}

/** What no program does, in a line. */
export class NotReproducible extends Error {
  override readonly name = "NotReproducible";
}

const PAGE_BYTES = 4096;
const ROUNDS = 2000;
const HANG_SECONDS = 20;
/** Turns of an empty loop for each place in the order. */
const TURN = 5_000;

const RUNTIME = new URL("./runtime.c", import.meta.url);

/** Kinds of operations and the C functions that stand for them. */
const KINDS: Readonly<Partial<Record<Operation["kind"], string>>> = {
  pread: "OP_PREAD",
  preadv: "OP_PREAD",
  pwrite: "OP_PWRITE",
  pwritev: "OP_PWRITE",
  load: "OP_LOAD",
  store: "OP_STORE",
  fsync: "OP_FSYNC",
  fdatasync: "OP_FDATASYNC",
  msync: "OP_MSYNC",
  ftruncate: "OP_FTRUNCATE",
  fallocate: "OP_FALLOCATE",
  fadvise: "OP_FADVISE",
  sync_file_range: "OP_SYNC_FILE_RANGE",
};

const SEGMENTS: Readonly<Record<BufferSegment["kind"], string>> = {
  anon: "SEGMENT_ANON",
  efault: "SEGMENT_EFAULT",
  shared: "SEGMENT_SHARED",
  map: "SEGMENT_SHARED",
  private: "SEGMENT_PRIVATE",
};

/**
 * The text of the program.
 *
 * @throws {NotReproducible} when the scenario does what the program has no call for
 */
export function reproducer(given: Reproduced): string {
  const { scenario } = given;
  if (scenario.crash !== "never") throw new NotReproducible("it needs a crash, which no program has under control");
  const operations = flattened(scenario);
  if (operations.length === 0) throw new NotReproducible("it has no operations");
  return [headOf(given), definesOf(scenario, operations), tables(given, operations), Deno.readTextFileSync(RUNTIME)]
    .join("\n");
}

interface Placed {
  readonly operation: Operation;
  readonly task: number;
}

/** Operations in the order of the tasks; those of an io_submit one after another, by threads of their own. */
function flattened({ tasks }: Scenario): Placed[] {
  let task = 0;
  const all: Placed[] = [];
  for (const { operations } of Object.values(tasks)) {
    const own = task++;
    for (const operation of operations) {
      if (operation.kind === "io_submit" || operation.kind === "uring_submit") {
        for (const iocb of operation.iocbs) all.push({ operation: iocb, task: task++ });
      } else if (operation.kind !== "io_getevents" && operation.kind !== "uring_wait") {
        if (KINDS[operation.kind] === undefined) {
          throw new NotReproducible(`${operation.name}: the program has no ${operation.kind}`);
        }
        all.push({ operation, task: own });
      }
    }
  }
  // Threads without an operation of their own are none.
  const used = [...new Set(all.map((each) => each.task))].sort((a, b) => a - b);
  return all.map((each) => ({ ...each, task: used.indexOf(each.task) }));
}

function headOf({ scenario, system, flagsText, anomaly, token }: Reproduced): string {
  const tasks = Object.entries(scenario.tasks)
    .map(([name, { operations }]) => ` *   ${name}: ${operationLines(operations, scenario).join("; ")}`);
  return `/*
 * ${comment(scenario.title)}
 *
 * ${anomaly} on ${system}${flagsText === "" ? "" : ` (${flagsText})`}, by ${token}
${tasks.map(comment).join("\n")}
 *
 * gcc -Wall -O2 -pthread -o reproducer THIS.c
 * ./reproducer FOLDER [ROUNDS]     FOLDER lies on the file system to look at
 *
 * Exit status: 0 nothing seen, 1 seen, 2 wrong usage, 3 the folder does not do.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>
`;
}

/** Text that cannot end a comment. */
function comment(text: string): string {
  return text.replaceAll("*/", "* /").replaceAll("\n", " ");
}

function definesOf(scenario: Scenario, operations: readonly Placed[]): string {
  const { SECTORS_PER_PAGE } = scenario.bounds;
  const copies = operations.some(({ operation }) =>
    operation.kind.startsWith("pwrite") && "buffer" in operation &&
    operation.buffer.some(({ kind }) => kind !== "anon" && kind !== "efault")
  );
  const tasks = Math.max(...operations.map(({ task }) => task)) + 1;
  return `#define PAGE ${PAGE_BYTES}
#define SECTOR ${PAGE_BYTES / SECTORS_PER_PAGE}
#define FILES ${Object.keys(scenario.files).length}
#define OPS ${operations.length}
#define TASKS ${tasks}
#define ROUNDS ${ROUNDS}
#define HANG_SECONDS ${HANG_SECONDS}
#define TURN ${TURN}ULL
#define FLUSHER ${scenario.kernel.flusher === null ? 0 : 1}
#define RECLAIM ${scenario.kernel.reclaim === null ? 0 : 1}
/* A write from a mapping moves stamps of other places. */
#define COPIES ${copies ? 1 : 0}
#define SEGMENTS_MAX 8

enum op_kind { ${[...new Set(Object.values(KINDS))].join(", ")} };
enum segment_kind { SEGMENT_ANON, SEGMENT_EFAULT, SEGMENT_SHARED, SEGMENT_PRIVATE };

struct segment { enum segment_kind kind; size_t bytes; int file; off_t offset; };
struct run { int first, count, written; };
struct file { const char *name; int sectors, run_count; struct run runs[16]; int cached_count; struct run cached[16]; };
struct op {
	const char *name;
	enum op_kind kind;
	int task, file, first, count, direct, flags, turn, reads, writes;
	int after_count, after[8];
	int segment_count;
	struct segment segments[SEGMENTS_MAX];
};
`;
}

function tables(given: Reproduced, operations: readonly Placed[]): string {
  const { scenario } = given;
  const files = Object.keys(scenario.files);
  return `static const struct file files[FILES] = {
${files.map((name) => fileRow(name, scenario)).join("\n")}
};

static const struct op ops[OPS] = {
${operations.map((placed) => operationRow(placed, operations, files, given)).join("\n")}
};
`;
}

function fileRow(name: string, { files, bounds: { SECTORS_PER_PAGE } }: Scenario): string {
  const file = files[name];
  const run = (range: Parameters<typeof sectorsOf>[0], written: boolean) => {
    const { from, to } = sectorsOf(range, SECTORS_PER_PAGE);
    return `{ ${from}, ${to - from}, ${written ? 1 : 0} }`;
  };
  const runs = file.blocks.map(({ range, state }) => run(range, state === "written"));
  const cached = file.cache.map(({ range }) => run(range, true));
  const list = (rows: readonly string[]) => rows.length === 0 ? "{ { 0, 0, 0 } }" : `{ ${rows.join(", ")} }`;
  const sectors = lengthSectors(file.size, SECTORS_PER_PAGE);
  return `\t{ "${name}", ${sectors}, ${runs.length}, ${list(runs)}, ${cached.length}, ${list(cached)} },`;
}

function operationRow(
  { operation, task }: Placed,
  all: readonly Placed[],
  files: readonly string[],
  { scenario, order }: Reproduced,
): string {
  const { SECTORS_PER_PAGE } = scenario.bounds;
  const { file, from, to } = reach(operation, scenario);
  const direct = "open" in operation && operation.open.includes("O_DIRECT") ? 1 : 0;
  const after = operation.after.map((name) => all.findIndex((other) => other.operation.name === name))
    .filter((at) => at >= 0);
  const kind = KINDS[operation.kind]!;
  const reads = kind === "OP_PREAD" || kind === "OP_LOAD" ? 1 : 0;
  const writes = kind === "OP_PWRITE" || kind === "OP_STORE" ? 1 : 0;
  const turn = Math.max(0, order.indexOf(operation.name));
  const sectorBytes = PAGE_BYTES / SECTORS_PER_PAGE;
  const segments = kind === "OP_PREAD" || kind === "OP_PWRITE"
    ? segmentsOf(operation, (to - from) * sectorBytes, files, scenario)
    : [];
  const numbers = [task, files.indexOf(file), from, to - from, direct, flagsOf(operation), turn, reads, writes];
  return `\t{ "${operation.name} (${comment(operation.kind)} ${placeOf(operation)})", ${kind}, ${
    numbers.join(", ")
  },\n` +
    `\t  ${after.length}, { ${after.join(", ") || "0"} }, ${segments.length}, { ${segments.join(", ") || "{ 0 }"} } },`;
}

function placeOf(operation: Operation): string {
  return "place" in operation ? placeText(operation.place) : "file" in operation ? operation.file : "";
}

/** File and sectors that an operation is about; of a truncation, up to the new size. */
function reach(operation: Operation, { files, bounds: { SECTORS_PER_PAGE } }: Scenario) {
  if (operation.kind === "ftruncate") {
    return { file: operation.file, from: 0, to: lengthSectors(operation.size, SECTORS_PER_PAGE) };
  }
  if ("file" in operation) return { file: operation.file, from: 0, to: 0 };
  if (!("place" in operation)) throw new NotReproducible(`${operation.name}: the program has no ${operation.kind}`);
  const { name, range } = operation.place;
  if (files[name] === undefined) {
    throw new NotReproducible(`${operation.name}: ${name} is an area of memory, which the program has no name for`);
  }
  if ("skip" in operation && (operation.skip !== 0 || operation.bytes !== null)) {
    throw new NotReproducible(`${operation.name}: the program reads and writes whole sectors`);
  }
  const whole = { from: 0, to: lengthSectors(files[name].size, SECTORS_PER_PAGE) };
  return { file: name, ...(range === null ? whole : sectorsOf(range, SECTORS_PER_PAGE)) };
}

function segmentsOf(operation: Operation, bytes: number, files: readonly string[], { bounds }: Scenario): string[] {
  const buffer = "buffer" in operation ? operation.buffer : [];
  if (buffer.length === 0) return [`{ SEGMENT_ANON, ${bytes}, 0, 0 }`];
  return buffer.map((segment) => {
    if ("pages" in segment) {
      return `{ ${SEGMENTS[segment.kind]}, ${Math.min(bytes, segment.pages * PAGE_BYTES)}, 0, 0 }`;
    }
    const { name, range } = segment.place;
    const file = files.indexOf(name);
    if (file < 0 || range === null) {
      throw new NotReproducible(`${operation.name}: its buffer is in ${placeText(segment.place)}, an area of memory`);
    }
    const { from, to } = sectorsOf(range, bounds.SECTORS_PER_PAGE);
    const sectorBytes = PAGE_BYTES / bounds.SECTORS_PER_PAGE;
    return `{ ${SEGMENTS[segment.kind]}, ${Math.min(bytes, (to - from) * sectorBytes)}, ${file}, ${
      from * sectorBytes
    } }`;
  });
}

/** Flags as C names them. */
function flagsOf(operation: Operation): string {
  if ("rwf" in operation) {
    const sync = operation.open.filter((flag) => flag === "O_DSYNC" || flag === "O_SYNC")
      .map((flag) => flag.replace("O_", "RWF_"));
    return [...operation.rwf, ...sync].join(" | ") || "0";
  }
  if (operation.kind === "fadvise") return `POSIX_FADV_${operation.advice.replace("POSIX_FADV_", "")}`;
  if (operation.kind === "fallocate") return operation.flags.join(" | ") || "0";
  if ("flags" in operation) return operation.flags.join(" | ") || "0";
  return "0";
}
