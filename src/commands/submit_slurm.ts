/**
 * Slurm: submits the array and the merge behind it, and waits for them.
 *
 * @module
 */

import * as fs from "node:fs";
import { ResultsError } from "../results/results_error.ts";
import { addStopListener, removeStopListener } from "../std/interruption.ts";
import { complain, EXIT } from "./command.ts";
import { ProgressLine } from "./progress_line.ts";
import { shellWord } from "../std/shell_word.ts";
import { logPattern, shardPath, type Submission } from "./submit_scripts.ts";

/** Seconds between two looks at the queue. */
const LOOK_SECONDS = 2;

/** @throws {ResultsError} when there is no such program here, or it refuses */
async function run(program: string, args: string[]): Promise<string> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(program, { args, stdout: "piped", stderr: "piped" }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ResultsError("missing", `no ${program} here: submit where Slurm's programs are, or with --dry-run`);
  }
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (output.success) return text(output.stdout);
  throw new ResultsError("unwritable", `${program}: ${text(output.stderr) || text(output.stdout)}`);
}

/** Of the jobs' tasks, the states of those that the queue still has. */
async function statesOf(jobs: readonly string[]): Promise<string[]> {
  try {
    const listed = await run("squeue", ["--noheader", "--array", "--format=%T", `--jobs=${jobs.join(",")}`]);
    return listed === "" ? [] : listed.split("\n");
  } catch (error) {
    // What it has forgotten has ended.
    if (error instanceof ResultsError && error.message.includes("Invalid job id")) return [];
    throw error;
  }
}

/** Submits scripts that are written, tells of progress, and collects what failed. @returns the exit status */
export async function submitToSlurm(submission: Submission): Promise<number> {
  const { folder, shards, out } = submission;
  for (const name of ["merge.out", "merge.status"]) fs.rmSync(`${folder}/${name}`, { force: true });
  const array = await run("sbatch", [
    "--parsable",
    "--requeue",
    "--open-mode=append",
    "--job-name=dioscope",
    `--array=1-${shards}`,
    `--output=${logPattern(submission)}`,
    `${folder}/shard.sh`,
  ]);
  const merge = await run("sbatch", [
    "--parsable",
    "--job-name=dioscope-merge",
    `--dependency=afterok:${array}`,
    "--kill-on-invalid-dep=yes",
    `--output=${folder.replaceAll("%", "%%")}/merge.log`,
    `${folder}/merge.sh`,
  ]);
  console.error(`submitted: array ${array} of ${shards} shards, merge ${merge}; logs in ${folder}`);
  const progress = new ProgressLine();
  const interrupt = () => {
    progress.clear();
    complain(`stopped looking; jobs ${array} and ${merge} go on, and "scancel ${array} ${merge}" ends them`);
    Deno.exit(EXIT.interrupted);
  };
  addStopListener(interrupt);
  try {
    await untilEnded([array, merge], submission, progress);
  } finally {
    progress.clear();
    removeStopListener(interrupt);
  }
  return endOf(submission, out);
}

async function untilEnded(jobs: readonly string[], submission: Submission, progress: ProgressLine): Promise<void> {
  const { shards } = submission;
  for (;;) {
    const states = await statesOf(jobs);
    const done = doneShards(submission).length;
    const running = states.filter((state) => state === "RUNNING").length;
    progress.show(`${done} of ${shards} shards done, ${running} running`);
    if (states.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_SECONDS * 1000));
  }
}

function doneShards(submission: Submission): number[] {
  const all = Array.from({ length: submission.shards }, (_, nth) => nth + 1);
  return all.filter((nth) => fs.existsSync(shardPath(submission, nth)));
}

/** Tells how it ended, and of shards that failed with what they said last. */
function endOf(submission: Submission, out: string): number {
  const { folder, shards } = submission;
  const done = new Set(doneShards(submission));
  const failed = Array.from({ length: shards }, (_, nth) => nth + 1).filter((nth) => !done.has(nth));
  for (const nth of failed) complain(`shard ${nth}/${shards} failed: ${lastLine(`${folder}/${nth}.log`)}`);
  if (failed.length > 0) {
    complain(
      `${failed.length} of ${shards} shards failed; again: sbatch --requeue --array=${failed.join(",")} ` +
        `--output=${shellWord(logPattern(submission))} ${shellWord(folder)}/shard.sh, then sh ${
          shellWord(folder)
        }/merge.sh`,
    );
    return EXIT.unreadable;
  }
  const status = fs.existsSync(`${folder}/merge.status`)
    ? Number(fs.readFileSync(`${folder}/merge.status`, "utf8"))
    : null;
  if (status === null || !fs.existsSync(out)) {
    complain(`the merge failed: ${lastLine(`${folder}/merge.log`)}`);
    return status === null || status === EXIT.ok ? EXIT.unreadable : status;
  }
  console.log(fs.readFileSync(`${folder}/merge.out`, "utf8").trimEnd());
  return status;
}

function lastLine(path: string): string {
  if (!fs.existsSync(path)) return `it has no log (${path})`;
  return fs.readFileSync(path, "utf8").trimEnd().split("\n").at(-1) || `its log is empty (${path})`;
}
