import { assertEquals } from "@std/assert";
import type { Steps } from "../../src/machine/task.ts";
import { TracepointLog } from "../../src/machine/tracepoint_log.ts";
import { Identities } from "../../src/machine/identities.ts";
import { World } from "../../src/machine/world.ts";
import { MemoryFile } from "./memory_file.ts";

/** Events of a task that waits for writeback, which begins `again` times more before the task has looked. */
function waits(again: number): readonly string[] {
  const world = new World(new Identities());
  const log = world.tracepoints = new TracepointLog(world);
  log.kernel = { nameOf: (name) => name, disk: "requests", plugs: "as_started" };
  const file = new MemoryFile(world, { pages: 1 });
  const folio = file.cache(0);
  folio.writeback.set("bio 0");
  const waiter = world.spawn("T1", () => folio.waitWriteback());
  const writer = world.spawn("T2", function* (): Steps {
    for (let nth = 0; nth < again; nth++) {
      yield;
      folio.writeback.clear();
      folio.writeback.set(`bio ${nth + 1}`);
    }
    yield;
    folio.writeback.clear();
  });
  while (world.isEnabled(writer)) world.step(writer, 0);
  while (world.isEnabled(waiter)) world.step(waiter, 0);
  assertEquals(waiter.generator, null);
  return log.events.map(({ name }) => name).filter((name) => name === "folio_wait_writeback");
}

Deno.test("who waits for writeback tells of every one that has begun by the time it looks again", () => {
  assertEquals(waits(0).length, 1);
  assertEquals(waits(1).length, 2);
  assertEquals(waits(3).length, 4);
});
