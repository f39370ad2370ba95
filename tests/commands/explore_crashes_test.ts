import { assert, assertEquals } from "@std/assert";
import { runCli } from "./run_cli.ts";

const SCENARIO = "fixtures/dax/40-28-synchronous-write-and-crash.yaml";

Deno.test("explore counts the crashes that it has looked at, in text and as JSON, and shows the lines of a lost write", async () => {
  const text = await runCli(["explore", SCENARIO, "--width", "120"]);
  assertEquals(text.code, 0, text.stderr);
  assert(
    text.stdout.includes("4 crash points: 12 images possible, 12 told apart by recovery, 10 states recovered"),
    text.stdout,
  );
  assert(
    text.stdout.includes("a pmem line 0 (F[0:0]): cached W(w,0), durable I(F,0); survived I(F,0): lost"),
    text.stdout,
  );
  const json = await runCli(["explore", SCENARIO, "--format", "json"]);
  const { scenarios: [{ runs: [run], pictures: [picture] }] } = JSON.parse(json.stdout);
  const { crash_points, crash_images_possible, crash_images, recovered_states } = run;
  assertEquals([crash_points, crash_images_possible, crash_images, recovered_states], [4, 12, 12, 10]);
  const [line] = picture.persistent_lines;
  assertEquals(line, {
    line: "pmem line 0",
    of: "F[0:0]",
    visible: "W(w,0)",
    cached: true,
    in_flight: false,
    durable: "I(F,0)",
    survived: "I(F,0)",
  });
});
