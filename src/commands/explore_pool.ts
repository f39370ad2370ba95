/**
 * Workers for the jobs of `explore` and `analyse`: each takes the next job when it is done with one.
 *
 * @module
 */

import { buffersOf } from "../replaying/conformance/packed_trace.ts";
import type { Progress } from "../exploring/explore.ts";
import type { Counterexample, Explored } from "./explore_jobs.ts";
import type { Witness } from "./explore_witnesses.ts";
import type { Sliced } from "./explore_slices.ts";
import { JobMemory } from "./job_memory.ts";
import type { Conformed, DeferredJob, FromRunner, Job, ProgramModule, ToRunner } from "./explore_runner_messages.ts";

export type JobResult =
  | { readonly kind: "explored"; readonly explored: Explored }
  | { readonly kind: "counterexample"; readonly counterexample: Counterexample }
  | { readonly kind: "witness"; readonly witness: Witness }
  | { readonly kind: "sliced"; readonly sliced: Sliced }
  | { readonly kind: "conformed"; readonly conformed: Conformed }
  /** `failed`: a defect; the other jobs go on. */
  | { readonly kind: "refused" | "failed"; readonly message: string };

interface Runner {
  readonly worker: Worker;
  /** Settles when what it has been given so far is done. */
  turn: Promise<void>;
  /** What becomes of its job; null: it has none. */
  job: { resolve(result: JobResult): void; reject(error: Error): void; onProgress(progress: Progress): void } | null;
}

export class RunnerPool {
  readonly #programs: ProgramModule;
  readonly #jobs: number;
  readonly #stop = new SharedArrayBuffer(4);
  readonly #runners: Runner[] = [];
  /** Jobs that are done, here or elsewhere. */
  readonly memory: JobMemory;

  /**
   * Workers are started when there is something to do for them.
   *
   * @param memory of jobs that need not be done any more
   */
  constructor(programs: ProgramModule, jobs: number, memory: JobMemory = new JobMemory()) {
    this.#programs = programs;
    this.#jobs = jobs;
    this.memory = memory;
  }

  /** Starts all workers: they load what they need while others work. */
  start(): void {
    for (let nth = 0; nth < this.#jobs; nth++) this.#runners[nth] ??= this.#start();
  }

  /** Makes every job come to its end with what it has found. */
  stop(): void {
    Atomics.store(new Int32Array(this.#stop), 0, 1);
  }

  get isStopped(): boolean {
    return Atomics.load(new Int32Array(this.#stop), 0) !== 0;
  }

  close(): void {
    for (const { worker } of this.#runners.splice(0)) worker.terminate();
  }

  /**
   * Has jobs done, several at a time. `next` is asked whenever a worker is free, and may skip what is not worth it any
   * more. Called again meanwhile, workers do what there is of both in turn.
   *
   * @param next gets the number of the worker, from 0; null: there are no more for it
   * @throws {Error} when a worker stops
   */
  async run<T>(
    next: (worker: number) => { readonly key: T; readonly job: Job | DeferredJob } | null,
    onResult: (key: T, result: JobResult) => void,
    onProgress: (key: T, progress: Progress) => void = () => {},
  ): Promise<void> {
    const work = async (nth: number): Promise<void> => {
      for (let item = next(nth); item !== null; item = next(nth)) {
        const { key, job } = item;
        const question = "make" in job ? job.question : job;
        const known = this.memory.recall(job.kind, question) as JobResult | undefined;
        const result = known ??
          await this.#perform(nth, "make" in job ? await job.make() : job, (progress) => onProgress(key, progress));
        // What was stopped is not what it would have come to, and a failure may be this machine's alone.
        if (known === undefined && !this.isStopped && result.kind !== "failed") {
          this.memory.learn(job.kind, question, result);
        }
        onResult(key, result);
      }
    };
    await Promise.all(Array.from({ length: this.#jobs }, (_, nth) => work(nth)));
  }

  async #perform(nth: number, job: Job, onProgress: (progress: Progress) => void): Promise<JobResult> {
    const runner = this.#runners[nth] ??= this.#start();
    const result = runner.turn.then(() =>
      new Promise<JobResult>((resolve, reject) => {
        if (runner.job !== null) throw new Error("the worker has another job");
        runner.job = { resolve, reject, onProgress };
        const handedOver = job.kind === "conform" ? buffersOf(job.trace) : [];
        runner.worker.postMessage({ kind: "job", job } satisfies ToRunner, handedOver);
      })
    );
    runner.turn = result.then(() => {}, () => {});
    return await result;
  }

  #start(): Runner {
    const worker = new Worker(new URL("./explore_runner.ts", import.meta.url), { type: "module" });
    const runner: Runner = { worker, turn: Promise.resolve(), job: null };
    worker.onmessage = ({ data }: MessageEvent<FromRunner>) => {
      if (data.kind === "progress") return runner.job?.onProgress(data.progress);
      const { job } = runner;
      runner.job = null;
      job?.resolve(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      const { job } = runner;
      runner.job = null;
      job?.reject(new Error(`a worker stopped: ${event.message}`));
    };
    worker.postMessage({ kind: "start", programs: this.#programs, stop: this.#stop } satisfies ToRunner);
    return runner;
  }
}
