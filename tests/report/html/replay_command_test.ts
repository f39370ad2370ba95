import { assertEquals } from "@std/assert";
import { replayCommand } from "../../../src/report/html/replay_command.ts";

Deno.test("the command that replays a run has its scenario, its token, and nothing that leaves their quotes", () => {
  const run = { scenario: "two writes", system: "dax", token: "d1~1*2~complete", text: "title: t\n" };
  assertEquals(
    replayCommand(run),
    `# two writes, dax
cat > replay.yaml <<'SCENARIO'
title: t
SCENARIO
deno task explore replay.yaml --token 'd1~1*2~complete'
`,
  );
  const hostile = { scenario: "a\nrm b", system: "dax\rrm c", token: "d1'; rm d; '", text: "x\nSCENARIO\nrm e\n" };
  assertEquals(
    replayCommand(hostile),
    String.raw`# a rm b, dax rm c
cat > replay.yaml <<'SCENARIO_'
x
SCENARIO
rm e
SCENARIO_
deno task explore replay.yaml --token 'd1'\''; rm d; '\'''
`,
  );
});
