/**
 * A worker of the long run: runs pieces of targets, and says in shared memory which input it is at.
 *
 * @module
 */

/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

import { type FuzzRun, runTarget } from "./target.ts";
import { allTargets } from "./targets.ts";

/** A piece of a target's inputs. */
export interface PieceOrder {
  target: string;
  run: Omit<FuzzRun, "begin">;
  /** Gets the number of the input that is run. */
  at: Int32Array<SharedArrayBuffer>;
}

/** What became of it. */
export interface PieceCounts {
  inputs: number;
  outcomes: [string, number][];
  failures: string[];
}

const targets = allTargets();

self.addEventListener("message", async ({ data }: MessageEvent<PieceOrder>) => {
  for (const target of await targets) {
    if (target.name !== data.target) continue;
    const counts = await runTarget(target, { ...data.run, begin: (input) => Atomics.store(data.at, 0, input) });
    const answer: PieceCounts = {
      inputs: counts.inputs,
      outcomes: [...counts.outcomes],
      failures: counts.failures.map(({ message, cause }) => {
        const deeper = cause instanceof Error && cause.cause instanceof Error ? cause.cause.stack : "";
        return `${message.split("\n")[0]}\n${deeper}`;
      }),
    };
    self.postMessage(answer);
  }
});
