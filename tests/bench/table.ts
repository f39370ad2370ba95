/**
 * Tables of a benchmark: the first column to the left, numbers to the right.
 *
 * @module
 */

export function row(cells: string[], widths: number[]): string {
  return cells.map((cell, i) => i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])).join("  ");
}
