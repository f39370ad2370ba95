/**
 * What is fuzzed, and how many inputs of it are run: every input is made from a seed and its number alone, so that any
 * one of them can be had again.
 *
 * @module
 */

import { RandomSource } from "../../src/exploring/random_source.ts";

/** Something that takes input from others. */
export interface FuzzTarget {
  readonly name: string;
  /** Inputs of a run in CI; the long run has them in the same proportion. */
  readonly share: number;
  /** What the first input needs; done once. */
  prepare(): Promise<void>;
  /**
   * Makes an input, hands it over, and checks what came of it.
   *
   * @returns what became of it, in a word or two: counted
   * @throws whatever is not as it must be
   */
  run(random: RandomSource): Promise<string> | string;
  /** Lets go of everything. */
  close(): void;
}

/** An input after which something was not as it must be. */
export class FuzzFailure extends Error {
  override readonly name = "FuzzFailure";

  constructor(readonly target: string, readonly seed: number, readonly input: number, cause: unknown) {
    const why = cause instanceof Error ? cause.stack ?? cause.message : String(cause);
    super(
      `${target}, input ${input} (deno task fuzz --target '${target}' --seed ${seed} --from ${input} --inputs 1): ${why}`,
      {
        cause,
      },
    );
  }
}

/** What a run of a target was. */
export interface FuzzCounts {
  inputs: number;
  /** How often what came of it. */
  outcomes: Map<string, number>;
  failures: FuzzFailure[];
}

export interface FuzzRun {
  seed: number;
  /** Number of the first input. */
  from: number;
  inputs: number;
  /** Failures after which the run ends. */
  failuresMax: number;
  /** Told of every input before it is run. */
  begin?: (input: number) => void;
}

/** Random numbers of one input: those of its neighbours have nothing to do with them. */
export function randomOf(seed: number, input: number): RandomSource {
  return new RandomSource(Math.imul(seed, 0x9e3779b1) ^ Math.imul(input + 1, 0x85ebca6b));
}

/** Runs inputs of a target one after another. */
export async function runTarget(target: FuzzTarget, run: FuzzRun): Promise<FuzzCounts> {
  const counts: FuzzCounts = { inputs: 0, outcomes: new Map(), failures: [] };
  await target.prepare();
  for (let input = run.from; input < run.from + run.inputs; input++) {
    run.begin?.(input);
    counts.inputs++;
    try {
      const outcome = await target.run(randomOf(run.seed, input));
      counts.outcomes.set(outcome, (counts.outcomes.get(outcome) ?? 0) + 1);
    } catch (error) {
      counts.failures.push(new FuzzFailure(target.name, run.seed, input, error));
      if (counts.failures.length >= run.failuresMax) break;
    }
  }
  return counts;
}
