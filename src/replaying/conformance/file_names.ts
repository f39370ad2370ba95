/**
 * What files of a recording are called in the modelled run.
 *
 * @module
 */

/** What a file is called in the model. */
export function fileName(ino: number): string {
  return `f${ino}`;
}

export function inoOf(file: string): number {
  return Number(file.slice(1));
}
