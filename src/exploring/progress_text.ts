/**
 * Where an exploration stands, in a line for a terminal.
 *
 * @module
 */

import type { Progress } from "./explore.ts";

function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  if (seconds < 6000) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.ceil(seconds / 3600)} h`;
}

/**
 * For example `12,300 classes, 0 blocked, 8,200 runs/s, about 3 min left`. The estimate follows from the branches known so
 * far and may grow.
 */
export function progressText({ counts, milliseconds, done }: Progress): string {
  const { complete, deadlocked, cutOff, blocked } = counts;
  const classes = complete + deadlocked + cutOff;
  const seconds = milliseconds / 1000;
  const number = (value: number) => Math.round(value).toLocaleString("en");
  const parts = [
    `${number(classes)} classes`,
    `${number(blocked)} blocked`,
    `${number((classes + blocked) / Math.max(seconds, 0.001))} runs/s`,
  ];
  if (done !== null && done > 0) parts.push(`about ${duration(seconds * (1 - done) / done)} left`);
  return parts.join(", ");
}
