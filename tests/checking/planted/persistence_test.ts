import { assertEquals } from "@std/assert";
import { initialToken, writeToken } from "../../../src/machine/tokens.ts";
import { Variable } from "../../../src/machine/variable.ts";
import { checkPlanted, toyProgram, untouchedFile } from "./runner.ts";

Deno.test("an O_DSYNC write that does not flush the device's cache is lost in a crash", () => {
  const program = (flush: "forgotten" | "done") =>
    toyProgram(flush, (toy) => {
      const durable = new Variable(toy.world, "media", initialToken("F", 0));
      const done = new Variable(toy.world, "returned", 0);
      const token = writeToken("T1#0", 0);
      toy.task("T1", {
        kind: "pwrite",
        direct: "direct",
        flags: ["O_DSYNC"],
        *body(call) {
          yield;
          call.wrote(0, token, "direct");
          if (flush === "done") {
            yield;
            durable.set(token);
          }
          yield;
          done.set(1);
          return 1;
        },
      });
      return {
        files: () => [untouchedFile(1, { media: [token] })],
        crash: {
          durableVersion: () => (durable.peek === token ? 2 : 0) + done.peek,
          recover: () => [untouchedFile(1, { media: [durable.peek] })],
        },
      };
    }, { size: 1 });
  const found = checkPlanted({
    anomaly: "PERSIST_LOST",
    defect: program("forgotten"),
    repaired: program("done"),
    switches: 0,
  });
  assertEquals(found.subject.attributes, ["after_crash"]);
  assertEquals(found.subject.operations, ["T1#0"]);
});

/** An extending write that puts its data, the block's place in the map and the size on the disk in some order. */
function extending(steps: readonly ("data" | "map" | "size")[]) {
  return toyProgram(steps.join(", "), (toy) => {
    const state = new Variable(toy.world, "disk", 0);
    const token = writeToken("T1#0", 1);
    const bits = { data: 1, map: 2, size: 4 };
    toy.task("T1", {
      kind: "pwrite",
      pos: 1,
      flags: ["O_SYNC"],
      *body(call) {
        call.wrote(1, token, "cached");
        for (const step of steps) {
          yield;
          state.set(state.get() | bits[step]);
        }
        yield;
        state.set(state.get() | 8);
        return 1;
      },
    });
    const media = () => [initialToken("F", 0), (state.peek & bits.data) !== 0 ? token : "STALE(1,0)"];
    return {
      files: () => [untouchedFile(2, { media: [initialToken("F", 0), token] })],
      crash: {
        durableVersion: () => state.peek,
        recover: () => {
          const grown = (state.peek & bits.size) !== 0;
          return [untouchedFile(grown ? 2 : 1, { media: grown ? media() : media().slice(0, 1) })];
        },
      },
    };
  }, { size: 1 });
}

Deno.test("a size that is durable before the data shows what was in the block", () => {
  const found = checkPlanted({
    anomaly: "STALE_DATA",
    defect: extending(["map", "size", "data"]),
    repaired: extending(["data", "map", "size"]),
    switches: 0,
  });
  assertEquals(found.subject.attributes, ["after_crash"]);
});

Deno.test("an O_SYNC write that does not log the size is cut off by a crash", () => {
  const found = checkPlanted({
    anomaly: "WRONG_DISKSIZE",
    defect: extending(["data", "map"]),
    repaired: extending(["data", "map", "size"]),
    switches: 0,
  });
  assertEquals(found.subject.sectors, [1]);
});
