import { assert, assertEquals, assertRejects } from "@std/assert";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { UsageError } from "../../src/commands/command.ts";
import { submitCommand } from "../../src/commands/submit.ts";
import {
  kubernetesManifests,
  logPattern,
  mergeScript,
  shardScript,
  type Submission,
} from "../../src/commands/submit_scripts.ts";
import { inFolder, runCli } from "../commands/run_cli.ts";
import { rowsOf } from "./rows_of.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url).pathname;

const SUBMISSION: Submission = {
  command: "explore",
  args: ["a b.yaml", "--set", "fs=it's"],
  shards: 3,
  out: "/data/all.duckdb",
  folder: "/data/all.duckdb.shards",
  cwd: "/data",
};

const CALL = (command: string) => ["deno", "run", "main.ts", command];

Deno.test("scripts of Slurm tasks are ones that a shell reads, and do one shard each", async () => {
  const scripts = [shardScript(SUBMISSION, CALL), mergeScript(SUBMISSION, CALL)];
  for (const script of scripts) {
    const { success } = await new Deno.Command("/bin/sh", { args: ["-n", "-c", script] }).output();
    assert(success, script);
  }
  assert(scripts[0].includes(`explore 'a b.yaml' --set 'fs=it'\\''s' --shard "$SLURM_ARRAY_TASK_ID/3"`), scripts[0]);
  assert(scripts[0].includes(`--out /data/all.duckdb.shards/"$SLURM_ARRAY_TASK_ID".duckdb`), scripts[0]);
  const files = [1, 2, 3].map((nth) => `/data/all.duckdb.shards/${nth}.duckdb`).join(" ");
  assert(scripts[1].includes(`merge ${files} --out /data/all.duckdb --trust`), scripts[1]);
});

/** What batch/v1 says of the fields that a Job has here, and of how they go together; unknown fields are refused. */
const NAME = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const POD = z.strictObject({
  spec: z.strictObject({
    restartPolicy: z.enum(["Never", "OnFailure"]),
    containers: z.array(z.strictObject({
      name: NAME,
      image: z.string().min(1),
      workingDir: z.string().startsWith("/"),
      command: z.array(z.string()).min(1),
      env: z.array(z.strictObject({ name: z.string(), value: z.string() })),
      volumeMounts: z.array(z.strictObject({ name: NAME, mountPath: z.string().startsWith("/") })),
    })).min(1),
    volumes: z.array(z.strictObject({
      name: NAME,
      persistentVolumeClaim: z.strictObject({ claimName: NAME }),
    })),
  }),
});
const JOB = z.strictObject({
  apiVersion: z.literal("batch/v1"),
  kind: z.literal("Job"),
  metadata: z.strictObject({ name: NAME }),
  spec: z.strictObject({
    completionMode: z.enum(["Indexed", "NonIndexed"]).optional(),
    completions: z.int().min(1).optional(),
    parallelism: z.int().min(0).max(100_000).optional(),
    backoffLimit: z.int().min(0).optional(),
    backoffLimitPerIndex: z.int().min(0).optional(),
    template: POD,
  }).refine(({ completionMode, completions }) => completionMode !== "Indexed" || completions !== undefined)
    .refine(({ backoffLimitPerIndex, completionMode, template }) =>
      backoffLimitPerIndex === undefined || completionMode === "Indexed" && template.spec.restartPolicy === "Never"
    ),
});

/** What Kubernetes makes of a command: names of variables in parentheses are replaced, and of two dollars one is left. */
function expanded(text: string): string {
  return text.replaceAll(
    /\$(\$|\((\w+)\))/g,
    (whole, what, name) => what === "$" ? "$" : name === "INIT_CWD" ? "" : whole,
  );
}

Deno.test("the manifest is an Indexed Job of the shards and a Job of the merge", () => {
  const submission = { ...SUBMISSION, args: ["a b.yaml", "--set", "fs=it's $$ $(INIT_CWD)"] };
  const text = kubernetesManifests(submission, { image: "dioscope:1", claim: "work", name: "look" }, CALL);
  const documents = parseAllDocuments(text).map((each) => JOB.parse(each.toJS()));
  assertEquals(documents.map(({ metadata }) => metadata.name), ["look", "look-merge"]);
  const [{ spec: shards }, { spec: merge }] = documents;
  assertEquals([shards.completionMode, shards.completions], ["Indexed", 3]);
  const [container] = shards.template.spec.containers;
  const script = expanded(container.command[2]);
  assert(script.includes(`nth=$((JOB_COMPLETION_INDEX + 1))`), script);
  assert(script.includes(`--shard "$nth/3"`), script);
  assert(script.includes("--set 'fs=it'\\''s $$ $(INIT_CWD)' "), script);
  assert(merge.template.spec.containers[0].command[2].startsWith("until [ -f /data/all.duckdb.shards/1.duckdb ] && "));
});

Deno.test("logs are where a folder's own percent signs stay what they are", () => {
  assertEquals(logPattern({ ...SUBMISSION, folder: "/data/100%j.shards" }), "/data/100%%j.shards/%a.log");
});

Deno.test("a manifest comes with nothing left of an earlier submission's shards, which the merge would take", async () => {
  await inFolder(async (folder) => {
    const submit = (...to: string[]) =>
      runCli(["submit", "--shards", "2", "--out", "it's.duckdb", ...to, "--", "explore", "x.yaml"], { folder });
    const shards = `${folder}/it's.duckdb.shards`;
    Deno.mkdirSync(shards);
    for (const name of ["1.duckdb", "2.duckdb", "3.duckdb"]) Deno.writeTextFileSync(`${shards}/${name}`, "old");
    const { code, stdout } = await submit("--kubernetes", "--image", "i", "--claim", "c");
    assertEquals([code, stdout], [0, `kubectl apply -f '${folder}/it'\\''s.duckdb.shards/job.yaml'\n`]);
    assertEquals([...Deno.readDirSync(shards)].map(({ name }) => name).sort(), ["3.duckdb", "job.yaml"]);
  });
});

Deno.test("what cannot be submitted is refused in a line", async () => {
  const POD = ["--kubernetes", "--image", "i", "--claim", "c"];
  const refusals: [string[], string][] = [
    [["--out", "a", "--", "explore", "x"], "submit needs --shards N, from 1 to 9999"],
    [["--shards", "2", "--", "explore", "x"], "submit needs --out DB"],
    [["--shards", "2", "--out", "a"], "submit takes a command that has shards"],
    [["--shards", "2", "--out", "a", "--", "query", "x"], "submit takes a command that has shards"],
    [["--shards", "2", "--out", "a", "--kubernetes", "--", "explore", "x"], "--kubernetes needs --image IMAGE"],
    [["--shards", "2", "--out", "/a", ...POD, "--", "explore", "x"], "--kubernetes: /a is not below "],
    [["--shards", "2", "--out", "a", "--dir", "../b", ...POD, "--", "explore", "x"], "--kubernetes: "],
    [["--shards", "2", "--out", "a", "--", "explore", "x", "--shard", "1/2"], "--shard and --out of the command are"],
    [["--shards", "2", "--out", "a", "--", "explore", "x", "--token", "?"], "--token"],
    [["--shards", "2", "--out", "a\\b", "--", "explore", "x"], "--dir "],
  ];
  for (const [args, begin] of refusals) {
    const { message } = await assertRejects(() => submitCommand.main(args), UsageError);
    assert(message.startsWith(begin) && !message.includes("\n"), message);
  }
});

/** A Slurm that runs jobs; null with why there is none. */
function slurm(): string | null {
  try {
    const { success, stdout } = new Deno.Command("sinfo", { args: ["--noheader", "--format=%T"] }).outputSync();
    const states = new TextDecoder().decode(stdout);
    return success && /idle|mixed|allocated/.test(states)
      ? null
      : `sinfo tells of no node that runs jobs: ${states.trim()}`;
  } catch {
    return "sinfo is not there";
  }
}

const why = slurm();

Deno.test({
  name: `a killed task is queued again, and the merged result is the single run's${
    why === null ? "" : ` (skipped: ${why})`
  }`,
  ignore: why !== null,
  async fn() {
    const folder = Deno.makeTempDirSync();
    try {
      const scenarios = ["30-10-write-onto-an-unwritten-block", "30-11-part-of-a-new-block"]
        .map((name) => `${FIXTURES}xip-io/${name}.yaml`);
      const explore = ["explore", ...scenarios, "--no-minimise"];
      const env = Object.fromEntries(["SLURM_CONF", "PATH"].map((name) => [name, Deno.env.get(name) ?? ""]));
      const submitted = runCli(["submit", "--shards", "2", "--out", "all.duckdb", "--", ...explore], { folder, env });
      await killOnce(`${folder}/all.duckdb.shards/2.duckdb`);
      const alone = await runCli([...explore, "--out", "one.duckdb"], { folder });
      const merged = await submitted;
      assertEquals([merged.code, merged.stdout], [alone.code, alone.stdout], merged.stderr);
      const log = Deno.readTextFileSync(`${folder}/all.duckdb.shards/2.log`);
      assert(log.includes("killed (status 137): queued again"), log);
      const tables = ["run", "step", "run_event", "finding", "verdict"];
      assertEquals(await rowsOf(`${folder}/all.duckdb`, tables), await rowsOf(`${folder}/one.duckdb`, tables));
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

/** Kills the program that is to write this file, as soon as it runs. */
async function killOnce(out: string): Promise<void> {
  for (;;) {
    // Not from /proc, which only a test with all permissions may read.
    const { stdout } = await new Deno.Command("ps", { args: ["-eo", "pid=,args="] }).output();
    const all = new TextDecoder().decode(stdout).split("\n");
    const found = all.find((line) => / run .*--shard 2\/2 /.test(line) && line.endsWith(out));
    if (found !== undefined) return Deno.kill(Number(found.trim().split(" ")[0]), "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
