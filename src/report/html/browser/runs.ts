/**
 * Runs that can be played, as shown_runs.ts makes them.
 *
 * @module
 */

export interface ShownStep {
  readonly step: number;
  readonly task: number;
  readonly notes: readonly (readonly [task: number, text: string, tone: string])[];
  readonly changes: readonly (readonly [thing: string, before: string, after: string])[];
  readonly holds: readonly string[];
  readonly waits: string | null;
}

export interface ShownRun {
  readonly id: number;
  readonly scenario: string;
  readonly system: string;
  readonly flags: string;
  readonly kind: string;
  readonly outcome: string;
  readonly shows: string;
  readonly token: string;
  readonly text: string;
  readonly explanation: readonly string[];
  readonly tasks: readonly string[];
  readonly steps: readonly ShownStep[];
}
