/**
 * What `submit` writes: scripts of a Slurm job array and of the merge behind it, and manifests of Kubernetes Jobs.
 *
 * @module
 */

import { stringify } from "yaml";
import { shellWord } from "../std/shell_word.ts";

/** Work that is to be done in shards. */
export interface Submission {
  readonly command: "analyse" | "explore";
  readonly args: readonly string[];
  readonly shards: number;
  /** The results file of all shards together. */
  readonly out: string;
  /** Where the shards' files, scripts and logs are: a folder that all machines have. */
  readonly folder: string;
  /** Where the command is called. */
  readonly cwd: string;
}

/** How this program is called: the words before the command's own arguments. */
export type Invocation = (command: string) => readonly string[];

/** Where a shard's file is. @param nth a number, or what a shell makes one of */
export function shardPath({ folder }: Submission, nth: number | string): string {
  return `${folder}/${nth}.duckdb`;
}

/**
 * Where Slurm writes what the tasks of the array say: a file a task. A percent sign of the folder's is doubled, as others
 * stand for numbers.
 */
export function logPattern({ folder }: Submission): string {
  return `${folder.replaceAll("%", "%%")}/%a.log`;
}

/** A task that was killed is put back into the queue so often. */
const RESTARTS_MAX = 3;

function words(list: readonly string[]): string {
  return list.map(shellWord).join(" ");
}

/** The commands of one shard. @param nth what the shell makes its number of, from 1 */
function shardCommand(submission: Submission, nth: string, call: Invocation): string {
  const { command, args, shards, folder } = submission;
  return `${words([...call(command), ...args])} --shard "${nth}/${shards}" --out ${shellWord(folder)}/"${nth}".duckdb`;
}

function mergeCommand(submission: Submission, call: Invocation): string {
  const all = Array.from({ length: submission.shards }, (_, nth) => shardPath(submission, nth + 1));
  return `${words([...call("merge"), ...all])} --out ${shellWord(submission.out)} --trust`;
}

/** A task of the array. What was killed is queued again; what fails by itself would fail again. */
export function shardScript(submission: Submission, call: Invocation): string {
  return `#!/bin/sh
cd ${shellWord(submission.cwd)} || exit 1
export INIT_CWD="$PWD"
${shardCommand(submission, "$SLURM_ARRAY_TASK_ID", call)}
status=$?
if [ "$status" -ge 128 ] && [ "\${SLURM_RESTART_COUNT:-0}" -lt ${RESTARTS_MAX} ]; then
  echo "killed (status $status): queued again"
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}" && sleep 60
fi
exit "$status"
`;
}

/** The merge behind the array. Its status is kept, which the queue forgets. */
export function mergeScript(submission: Submission, call: Invocation): string {
  const folder = shellWord(submission.folder);
  return `#!/bin/sh
cd ${shellWord(submission.cwd)} || exit 1
export INIT_CWD="$PWD"
${mergeCommand(submission, call)} > ${folder}/merge.out
echo "$?" > ${folder}/merge.status
`;
}

/** What Kubernetes needs to know besides. */
export interface ClusterOptions {
  /** Has this program, and deno. */
  readonly image: string;
  /** A persistent volume claim that all pods may write; it has the inputs, and gets what is written. */
  readonly claim: string;
  /** Name of the jobs. */
  readonly name: string;
}

/** Text that comes through Kubernetes as it is, which puts variables in the place of `$(NAME)`, and `$` in that of `$$`. */
function unexpanded(text: string): string {
  return text.replaceAll("$", () => "$$");
}

/** Seconds between two looks at whether all shards are there. */
const LOOK_SECONDS = 10;

/** An Indexed Job of the shards, and a Job that waits for their files and merges them. */
export function kubernetesManifests(submission: Submission, cluster: ClusterOptions, call: Invocation): string {
  const { shards, cwd } = submission;
  const last = Array.from({ length: shards }, (_, nth) => `[ -f ${shellWord(shardPath(submission, nth + 1))} ]`);
  const pod = (script: string) => ({
    spec: {
      // Asked for by backoffLimitPerIndex: a pod that fails is made anew, not its container.
      restartPolicy: "Never",
      containers: [{
        name: "dioscope",
        image: cluster.image,
        workingDir: cwd,
        command: ["/bin/sh", "-c", unexpanded(script)],
        env: [{ name: "INIT_CWD", value: unexpanded(cwd) }],
        volumeMounts: [{ name: "work", mountPath: cwd }],
      }],
      volumes: [{ name: "work", persistentVolumeClaim: { claimName: cluster.claim } }],
    },
  });
  const job = (name: string, spec: Record<string, unknown>) => ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec,
  });
  // Indices begin at 0.
  const shard = `nth=$((JOB_COMPLETION_INDEX + 1)); exec ${shardCommand(submission, "$nth", call)}`;
  const merge = `until ${last.join(" && ")}; do sleep ${LOOK_SECONDS}; done; exec ${mergeCommand(submission, call)}`;
  const manifests = [
    job(cluster.name, {
      completionMode: "Indexed",
      completions: shards,
      parallelism: shards,
      backoffLimitPerIndex: RESTARTS_MAX,
      template: pod(shard),
    }),
    job(`${cluster.name}-merge`, { backoffLimit: RESTARTS_MAX, template: pod(merge) }),
  ];
  return manifests.map((each) => stringify(each, { lineWidth: 0 })).join("---\n");
}
