/**
 * `submit`: a long analyse or explore on many machines, by Slurm or Kubernetes.
 *
 * @module
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "@std/cli";
import { ResultsError } from "../results/results_error.ts";
import { parseAnalyseOptions } from "./analyse_options.ts";
import { type Command, commandOf, EXIT, refuseOptions, UsageError } from "./command.ts";
import { parseExploreOptions } from "./explore_options.ts";
import { shellWord } from "../std/shell_word.ts";
import { withoutOptions } from "./shard.ts";
import {
  type ClusterOptions,
  kubernetesManifests,
  mergeScript,
  shardPath,
  shardScript,
  type Submission,
} from "./submit_scripts.ts";
import { submitToSlurm } from "./submit_slurm.ts";

const USAGE = `Usage: deno task submit --shards N --out DB [--dry-run] -- explore|analyse ...
       deno task submit --shards N --out DB --kubernetes --image IMAGE --claim CLAIM -- explore|analyse ...

Does a command on many machines that share a file system: in N shards, and a merge when all are done.

  --shards N       parts of the work
  --out DB         the results file of all of them
  --dir DIR        where the shards' files, scripts and logs go (default: DB.shards)
  --slurm          (default) submits DIR/shard.sh as a job array and DIR/merge.sh behind it, shows how far they are, and
                   ends with what the command prints and with its status. A task that is killed is queued again, three
                   times; shards that fail are told with the last line of their logs
  --dry-run        writes the scripts, and submits nothing
  --kubernetes     writes DIR/job.yaml instead, for kubectl apply: an Indexed Job, and a Job for the merge
  --image IMAGE    that has deno in its PATH, and this program where it is here
  --claim CLAIM    persistent volume claim that all pods may write, mounted where this is called: inputs and DIR are there
  --name NAME      of the Jobs (default: dioscope)
  --help           this text

Exit status: that of the command; 2 wrong usage; 3 shards failed, or nothing can be submitted.`;

interface Options {
  readonly submission: Submission;
  readonly to: "slurm" | "nobody" | ClusterOptions;
}

async function parseOptions(args: string[]): Promise<Options | "help"> {
  const at = args.indexOf("--");
  const [own, rest] = at < 0 ? [args, []] : [args.slice(0, at), args.slice(at + 1)];
  const parsed = parseArgs(own, {
    string: ["_", "shards", "out", "dir", "image", "claim", "name"],
    boolean: ["help", "slurm", "kubernetes", "dry-run"],
    unknown: refuseOptions("submit"),
  });
  if (parsed.help) return "help";
  if (parsed._.length > 0) throw new UsageError(`submit: ${parsed._[0]}: the command comes behind --`);
  if (!/^[1-9]\d{0,3}$/.test(parsed.shards ?? "")) throw new UsageError("submit needs --shards N, from 1 to 9999");
  const { out, image, claim, name = "dioscope" } = parsed;
  if (out === undefined || out === "") throw new UsageError("submit needs --out DB");
  if (parsed.kubernetes && (parsed.slurm || parsed["dry-run"])) {
    throw new UsageError("--kubernetes submits nothing: leave out --slurm and --dry-run");
  }
  const submission: Submission = {
    ...await checkedCommand(rest),
    shards: Number(parsed.shards),
    out: path.resolve(out),
    folder: path.resolve(parsed.dir ?? `${out}.shards`),
    cwd: Deno.cwd(),
  };
  if (!parsed.kubernetes) {
    if (submission.folder.includes("\\")) {
      throw new UsageError(
        `--dir ${submission.folder}: in the names of logs Slurm has a use of its own for backslashes`,
      );
    }
    // It has no permission to, as no command but this one needs it.
    if (Deno.build.standalone && !parsed["dry-run"]) {
      throw new UsageError("the stand-alone binary starts no programs: --dry-run writes the scripts");
    }
    return { submission, to: parsed["dry-run"] ? "nobody" : "slurm" };
  }
  if (!image || !claim) throw new UsageError("--kubernetes needs --image IMAGE and --claim CLAIM");
  const { cwd } = submission;
  if (cwd.includes(":")) throw new UsageError(`--kubernetes: nothing can be mounted at ${cwd}, because of the colon`);
  for (const place of [submission.out, submission.folder]) {
    if (!place.startsWith(`${cwd}/`)) {
      throw new UsageError(`--kubernetes: ${place} is not below ${cwd}, which is all that pods have`);
    }
  }
  // Names of Jobs become names of pods: RFC 1123, and room for what is put behind them.
  if (!/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) {
    throw new UsageError(`--name ${name}: up to 40 small letters, digits and -, and no - at the ends`);
  }
  return { submission, to: { image, claim, name } };
}

/** @throws {UsageError} for a command that has no shards, or that would be refused on every machine */
async function checkedCommand([command, ...args]: readonly string[]): Promise<Pick<Submission, "command" | "args">> {
  if (command !== "explore" && command !== "analyse") {
    throw new UsageError("submit takes a command that has shards: deno task submit ... -- explore PATH...");
  }
  const own = withoutOptions(args, ["shard", "out"]);
  if (own.length < args.length) throw new UsageError("--shard and --out of the command are submit's own to say");
  const tried = [...own, "--shard", "1/1", "--out", "shard"];
  if ((command === "explore" ? parseExploreOptions(tried) : await parseAnalyseOptions(tried)) === "help") {
    throw new UsageError(`${command} --help is nothing to submit`);
  }
  return { command, args: own };
}

/**
 * This program where it is here, with the permissions of the command's task.
 *
 * @param deno how deno is called there; the stand-alone binary needs none
 */
function invocation(deno: string, command: string): string[] {
  if (Deno.build.standalone) return [Deno.execPath(), command];
  const root = path.resolve(import.meta.dirname!, "../..");
  const { tasks } = JSON.parse(fs.readFileSync(`${root}/deno.json`, "utf8"));
  const task: string = tasks[command].command;
  const permissions = task.split(" ").filter((word) => word.startsWith("--"));
  return [deno, "run", ...permissions, `${root}/src/main.ts`, command];
}

function write(file: string, text: string): void {
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text, { mode: 0o755 });
  } catch (error) {
    throw new ResultsError("unwritable", `cannot write ${file}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Those of an earlier submission are no sign that this one's are done. */
function removeShards(submission: Submission): void {
  for (let nth = 1; nth <= submission.shards; nth++) fs.rmSync(shardPath(submission, nth), { force: true });
}

export const submitCommand: Command = commandOf({
  name: "submit",
  summary: "do a long command on many machines: Slurm, Kubernetes",
  usage: USAGE,
  parse: parseOptions,
  async run({ submission, to }) {
    const { folder } = submission;
    if (to !== "nobody") removeShards(submission);
    if (typeof to === "object") {
      // An image has its own deno, wherever it is.
      write(`${folder}/job.yaml`, kubernetesManifests(submission, to, (each) => invocation("deno", each)));
      console.log(`kubectl apply -f ${shellWord(`${folder}/job.yaml`)}`);
      return EXIT.ok;
    }
    const call = (each: string) => invocation(Deno.execPath(), each);
    write(`${folder}/shard.sh`, shardScript(submission, call));
    write(`${folder}/merge.sh`, mergeScript(submission, call));
    if (to === "slurm") return await submitToSlurm(submission);
    console.log(`${folder}/shard.sh, ${folder}/merge.sh`);
    return EXIT.ok;
  },
});
