/**
 * Pictures that follow the stretch of time of the timeline.
 *
 * @module
 */
import { Redraw } from "./canvas.ts";
import type { TimeWindow } from "./time_window.ts";

/** Pictures wait until the time has stood still for so long, so that frames of the timeline are its own, ms. */
const STILL_MS = 120;

/** How far outside of the screen a picture may be and still be drawn, so that it is there when it comes into view. */
const MARGIN = "600px";

/**
 * Draws a picture anew when the time has moved, once a frame at the most. One that is far from what is seen of the page
 * is drawn when it comes near.
 *
 * @returns asks for drawing for another reason
 */
export function followTime(place: Element, time: TimeWindow, draw: () => void): () => void {
  let isNear = true;
  let isStale = false;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const redraw = new Redraw(() => {
    isStale = !isNear;
    if (isNear) draw();
  });
  new IntersectionObserver((entries) => {
    isNear = entries.some(({ isIntersecting }) => isIntersecting);
    if (isNear && isStale) redraw.ask();
  }, { rootMargin: MARGIN }).observe(place);
  time.onChange(() => {
    clearTimeout(waiting);
    waiting = setTimeout(() => redraw.ask(), STILL_MS);
  });
  return () => redraw.ask();
}
