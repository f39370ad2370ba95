/**
 * Bios of the generated run: queued, issued, completed, as block events and as records of a block trace.
 *
 * @module
 */
import type { Random } from "./random.ts";
import { type Scribe, type TracedTask, tracedTask } from "./scribe.ts";
import { SECTOR } from "./modelled_file.ts";
import type { Spec } from "./spec.ts";

const EIO = 5;

/** How the device ends a bio. */
export type BioEnd = "done" | "io_error";

export class BlockLayer {
  readonly #scribe: Scribe;
  readonly #spec: Spec;
  readonly #random: Random;
  /** Who completions run in, a CPU each. */
  readonly #softirqs: TracedTask[];
  readonly #dev: string;
  bios = 0;

  constructor(spec: Spec, scribe: Scribe, random: Random) {
    this.#spec = spec;
    this.#scribe = scribe;
    this.#random = random;
    this.#softirqs = Array.from(
      { length: spec.cpus },
      (_, cpu) => tracedTask(`ksoftirqd/${cpu}`, 20 + cpu, cpu, "..s.."),
    );
    this.#dev = `${spec.device.major},${spec.device.minor}`;
  }

  /**
   * Submits what a range of the file needs, cut at the device's limit.
   *
   * @param at microseconds at which the first is queued
   * @param offset position in the file, bytes
   * @returns when the submitter goes on, and when all are complete
   */
  submit(
    task: TracedTask,
    at: number,
    offset: number,
    bytes: number,
    rwbs: string,
    end: BioEnd = "done",
  ): { submitted: number; completed: number } {
    let [submitted, completed] = [at, at];
    for (let done = 0; done < bytes; done += this.#spec.device.bio_bytes) {
      const length = Math.min(this.#spec.device.bio_bytes, bytes - done);
      completed = Math.max(completed, this.#bio(task, submitted, offset + done, length, rwbs, end));
      submitted += 4;
    }
    return { submitted, completed };
  }

  #bio(task: TracedTask, at: number, offset: number, bytes: number, rwbs: string, end: BioEnd): number {
    this.bios++;
    const sector = this.#spec.file.first_block * 8 + offset / SECTOR;
    const place = `${sector} + ${bytes / SECTOR}`;
    const fact = { sector, bytes, rwbs, error: 0 };
    const scribe = this.#scribe;
    const head = `${this.#dev} ${rwbs}`;
    scribe.event(at, task, `block_bio_queue: ${head} ${place} [${task.comm}]`, { name: "blk_ta_queue", ...fact });
    scribe.event(at + 1, task, `block_getrq: ${head} ${place} [${task.comm}]`, { name: "blk_ta_getrq", ...fact });
    const issue = `block_rq_issue: ${head} ${bytes} () ${place} be,0,4 [${task.comm}]`;
    scribe.event(at + 3, task, issue, { name: "blk_ta_issue", ...fact });
    const { median_us, spread } = this.#spec.device.latency;
    const done = at + 3 + this.#random.logNormal(median_us, spread);
    const error = end === "io_error" ? -EIO : 0;
    const text = `block_rq_complete: ${head} () ${place} be,0,4 [${error}]`;
    scribe.event(done, this.#softirqs[task.cpu], text, { name: "blk_ta_complete", ...fact, error });
    return done;
  }
}
