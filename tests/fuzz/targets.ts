/** Everything that is fuzzed. @module */

import { recordingTargets } from "./recording_targets.ts";
import type { FuzzTarget } from "./target.ts";
import { textTargets } from "./text_targets.ts";

export async function allTargets(): Promise<FuzzTarget[]> {
  return [...await recordingTargets(), ...textTargets()];
}
