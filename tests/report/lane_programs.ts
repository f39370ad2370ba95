/**
 * Small programs with one defect each, whose runs are pictured.
 *
 * @module
 */

import { bufferedRead } from "../../src/machine/buffered_read.ts";
import { bufferedWrite } from "../../src/machine/buffered_write.ts";
import { Mutex } from "../../src/machine/mutex.ts";
import { truncateSetsize } from "../../src/machine/page_cache_truncate.ts";
import { Mm } from "../../src/machine/page_table.ts";
import type { Prepared, Program } from "../../src/machine/program.ts";
import type { Steps, Task } from "../../src/machine/task.ts";
import { UserBuffer } from "../../src/machine/user_buffer.ts";
import type { World } from "../../src/machine/world.ts";
import { OrderedFile } from "../machine/ordered_file.ts";

function buffer(world: World, name: string, token: string): UserBuffer {
  const mm = new Mm(world, name, 1);
  return new UserBuffer(mm, [mm.anonymous(1, [token])]);
}

/** Two tasks that take two locks in opposite order. */
export const crossedLocks: Program = {
  name: "crossed locks",
  setUp(world: World): Prepared {
    const a = new Mutex(world, "i_mutex(F)");
    const b = new Mutex(world, "i_mutex(G)");
    function* both(task: Task, [first, second]: readonly [Mutex, Mutex]): Steps {
      const operation = yield* world.history.begin(task, `rename over ${second.name.slice(8, 9)}`);
      yield* first.lock();
      yield* second.lock();
      yield* second.unlock();
      yield* first.unlock();
      world.history.end(operation, 0);
    }
    world.spawn("T1", both, { argument: [a, b] as const });
    world.spawn("T2", both, { argument: [b, a] as const });
    return {};
  },
};

/** A buffered read that fills a page from a block that truncation frees meanwhile. */
export const readAgainstTruncate: Program = {
  name: "read against truncate",
  setUp(world: World): Prepared {
    const file = new OrderedFile(world, { data: "ordered", volatileCache: "none" });
    const into = buffer(world, "mm2", "-");
    world.spawn("T1", function* (task) {
      const operation = yield* world.history.begin(task, "ftruncate F 0");
      yield* truncateSetsize(file.inode, 0);
      const handle = yield* file.journal.start();
      yield;
      file.map.trim(0, handle);
      file.journal.stopNow(handle);
      world.history.end(operation, 0);
    });
    world.spawn("T2", function* (task) {
      const operation = yield* world.history.begin(task, "pread F[0]");
      const { tokens } = yield* bufferedRead(file.inode.mapping, { pos: 0, len: 1, buffer: into, bufferAt: 0 });
      world.history.end(operation, tokens.length);
    });
    return { look: () => lookAt(file) };
  },
};

/** A file that is extended without its data going first, and a crash. */
export const extendWithoutOrder: Program = {
  name: "extend without order",
  setUp(world: World): Prepared {
    const file = new OrderedFile(world, { data: "writeback", volatileCache: "none" });
    world.spawn("T1", function* (task) {
      const operation = yield* world.history.begin(task, "pwrite F[1]");
      yield* bufferedWrite(file.inode.mapping, { pos: 1, len: 1, buffer: buffer(world, "mm1", "W"), bufferAt: 0 });
      world.history.end(operation, 1);
    });
    world.spawn("T2", function* () {
      yield;
      file.journal.requestCommit(1);
    });
    const model = file.crash(() => "");
    return {
      look: () => lookAt(file),
      crash: {
        durableVersion: () => model.durableVersion(),
        recover(pick, report, fact) {
          const text = model.recover(pick, report, fact);
          if (text.includes("STALE")) report("STALE_DATA", `after recovery F reads ${text}`);
          return text;
        },
      },
    };
  },
};

function lookAt(file: OrderedFile): [string, string][] {
  const { mapping, peekSize } = file.inode;
  return [
    ["size of F", String(peekSize)],
    ...mapping.folios.filter((folio) => folio.mapping !== null).map((folio): [string, string] => [
      folio.name,
      [
        folio.uptodate.peek ? "uptodate" : "not uptodate",
        ...(folio.dirty.peek ? ["dirty"] : []),
        folio.tokens.join(" "),
      ].join(" "),
    ]),
  ];
}
