/**
 * Windows at risk, by system and anomaly.
 *
 * @module
 */

import { anomalyInfo } from "../checking/catalogue.ts";
import type { ExploredShape } from "./explored_shape.ts";
import type { Shape } from "./shapes.ts";

/** Windows at risk of one anomaly under one system. */
export interface Risk {
  readonly system: string;
  readonly flags: string;
  readonly anomaly: string;
  readonly severity: string;
  /** `report_only` is allowed by what the kernel promises. */
  readonly standing: string;
  /** Distinct windows that can show it, and the windows of the recording that they stand for. */
  readonly shapes: number;
  readonly windows: number;
  /** The first of them, and a run of it. */
  readonly example: Shape;
  readonly token: string;
  readonly text: string;
}

export function risksOf(explored: readonly ExploredShape[]): Risk[] {
  const risks = new Map<string, Risk>();
  // Several shapes may be parts of one window.
  const windows = new Map<string, Set<string>>();
  for (const { shape, chosen, findings } of explored) {
    const told = new Set<string>();
    for (const { anomaly, token, text } of findings) {
      const key = `${chosen.system.name} ${chosen.named} ${anomaly}`;
      if (told.has(key)) continue;
      told.add(key);
      const atRisk = windows.get(key) ?? new Set<string>();
      windows.set(key, atRisk);
      for (const operations of shape.windows) atRisk.add(operations.join());
      const known = risks.get(key);
      const { severity, standing } = anomalyInfo(anomaly);
      risks.set(
        key,
        known === undefined
          ? {
            system: chosen.system.name,
            flags: chosen.named,
            anomaly,
            severity,
            standing,
            shapes: 1,
            windows: atRisk.size,
            example: shape,
            token,
            text,
          }
          : { ...known, shapes: known.shapes + 1, windows: atRisk.size },
      );
    }
  }
  return [...risks.values()];
}
