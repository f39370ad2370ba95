/**
 * The ruler over the lanes, and the overview of all time with the window in it.
 *
 * @module
 */
import { colour } from "./palette.ts";
import { timeText } from "./words.ts";
import type { TimeWindow } from "./time_window.ts";

const FONT = "11px system-ui, sans-serif";
/** Pixels between two marks, at least. */
const MARK_GAP = 90;

/** Distance of marks: 1, 2 or 5 times a power of ten. */
function markStep(nsAPixel: number): number {
  const wanted = Math.max(1, nsAPixel * MARK_GAP);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= wanted)!;
}

export function drawRuler(
  context: CanvasRenderingContext2D,
  { from, length, until }: TimeWindow,
  left: number,
  width: number,
  height: number,
): void {
  const step = markStep(length / width);
  context.font = FONT;
  context.textBaseline = "middle";
  for (let time = Math.ceil(from / step) * step; time <= until; time += step) {
    const x = Math.round(left + ((time - from) / length) * width) + 0.5;
    context.fillStyle = colour("--line");
    context.fillRect(x, height - 6, 1, 6);
    context.fillStyle = colour("--faint");
    // As many digits as tell two marks apart.
    const digits = time === 0 ? 1 : Math.max(1, Math.floor(Math.log10(time)) - Math.floor(Math.log10(step)) + 1);
    const text = timeText(Math.round(time), Math.min(15, digits));
    if (x + 4 + text.length * 6 < left + width) context.fillText(text, x + 4, height / 2);
  }
}

/** How much happens when: heights from 0 to 1 over `bins` parts of the whole. */
export function densityOf(times: readonly Float64Array[], whole: number, bins: number): Float64Array {
  const counts = new Float64Array(bins);
  for (const list of times) {
    for (let nth = 0; nth < list.length; nth++) {
      if (list[nth] >= 0) counts[Math.min(bins - 1, Math.floor((list[nth] / whole) * bins))]++;
    }
  }
  const most = Math.max(1, ...counts);
  return counts.map((count) => count === 0 ? 0 : 0.12 + 0.88 * Math.sqrt(count / most));
}

export function drawOverview(
  context: CanvasRenderingContext2D,
  density: Float64Array,
  marks: readonly number[],
  { from, length, whole }: TimeWindow,
  width: number,
  height: number,
): void {
  context.fillStyle = colour("--tick");
  density.forEach((value, bin) => {
    const x = Math.floor((bin / density.length) * width);
    const next = Math.floor(((bin + 1) / density.length) * width);
    context.fillRect(x, height - value * (height - 8), Math.max(1, next - x), value * (height - 8));
  });
  context.fillStyle = colour("--bad");
  for (const time of marks) context.fillRect((time / whole) * width - 1, 0, 2, 6);
  const [left, right] = [(from / whole) * width, ((from + length) / whole) * width];
  context.fillStyle = colour("--veil");
  context.fillRect(0, 0, left, height);
  context.fillRect(right, 0, width - right, height);
  context.strokeStyle = colour("--mark");
  context.lineWidth = 2;
  context.strokeRect(left + 1, 1, Math.max(3, right - left) - 2, height - 2);
}
