/**
 * The worker that does jobs of `explore` and `analyse`, one after another.
 *
 * @module
 */

/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

import { exploreRun, type JobHooks, makeCounterexample, type ProgramOf, whereOf } from "./explore_jobs.ts";
import type { FromRunner, Job, ToRunner } from "./explore_runner_messages.ts";
import { exploreSlice } from "./explore_slices.ts";
import { witnessOf } from "./explore_witnesses.ts";
import { letGoOfGarbage } from "../std/garbage.ts";
import { NotModelled } from "../systems/not_modelled.ts";

/** Milliseconds between two words about progress. */
const PROGRESS_MILLISECONDS = 200;

let programOf: ProgramOf | null = null;
let stop: Int32Array | null = null;

function send(message: FromRunner): void {
  self.postMessage(message);
}

async function perform(job: Job): Promise<FromRunner> {
  let told = performance.now();
  const hooks: JobHooks = {
    isStopped: () => Atomics.load(stop!, 0) !== 0,
    onProgress(progress) {
      if (performance.now() - told < PROGRESS_MILLISECONDS) return;
      told = performance.now();
      send({ kind: "progress", progress });
    },
  };
  switch (job.kind) {
    case "explore":
      return { kind: "explored", explored: exploreRun(programOf!, job.run, job.settings, hooks) };
    case "counterexample":
      return { kind: "counterexample", counterexample: makeCounterexample(programOf!, job.request, hooks) };
    case "witness":
      return { kind: "witness", witness: witnessOf(programOf!, job.request) };
    case "slice":
      return { kind: "sliced", sliced: exploreSlice(programOf!, job.request, hooks) };
    case "conform": {
      const [{ conform }, { unpacked }] = await Promise.all([
        import("../replaying/conformance/conform.ts"),
        import("../replaying/conformance/packed_trace.ts"),
      ]);
      const events = job.trace.events.numbers.seq.length;
      const scored = conform(unpacked(job.trace), () => {}, job.said);
      letGoOfGarbage();
      return { kind: "conformed", conformed: { scored, events } };
    }
  }
}

let queue: Promise<void> = Promise.resolve();

self.addEventListener("message", ({ data }: MessageEvent<ToRunner>) => {
  queue = queue.then(async () => {
    try {
      if (data.kind === "job") return send(await perform(data.job));
      stop = new Int32Array(data.stop);
      programOf = (await import(data.programs.module))[data.programs.name];
    } catch (error) {
      if (error instanceof NotModelled) send({ kind: "refused", message: error.message });
      else send({ kind: "failed", message: whereOf(error) });
    }
  });
});
