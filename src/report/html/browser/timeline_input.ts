/**
 * Wheel, keys, buttons and the overview of a timeline: how its stretch of time is moved and made longer or shorter.
 *
 * @module
 */
import { button, byId } from "./dom.ts";
import type { TimeWindow } from "./time_window.ts";

/** A step of zooming in: so much of the stretch of time is left. */
const ZOOM_STEP = 0.7;
/** Shares of what is seen that a press of an arrow moves by, of a key and of a button. */
const [KEY_PAN, BUTTON_PAN] = [0.1, 0.25];
const LINE_PIXELS = 16;
/** How fast the wheel zooms, a pixel. */
const WHEEL_ZOOM = 0.002;

/** What keys do besides moving in time. */
export type KeyActions = Readonly<Record<string, () => void>>;

function timeKeys(time: TimeWindow): KeyActions {
  const zoomIn = () => time.zoom(ZOOM_STEP);
  return {
    ArrowLeft: () => time.pan(-KEY_PAN),
    ArrowRight: () => time.pan(KEY_PAN),
    "+": zoomIn,
    "=": zoomIn,
    "-": () => time.zoom(1 / ZOOM_STEP),
    "0": () => time.fit(),
    Home: () => time.show(0, time.length),
    End: () => time.show(time.whole, time.length),
  };
}

/** @param done is called after each key that did something */
export function listenToKeys(target: HTMLElement, time: TimeWindow, more: KeyActions, done: () => void): void {
  const actions: KeyActions = { ...timeKeys(time), ...more };
  target.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
    done();
  });
}

/** Ctrl and the wheel zoom where the pointer is; sideways, or with Shift, it moves; alone it scrolls the lanes. */
export function listenToWheel(
  target: HTMLElement,
  time: TimeWindow,
  width: () => number,
  shareAt: (event: MouseEvent) => number,
): void {
  target.addEventListener("wheel", (event) => {
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : 1;
    if (event.ctrlKey || event.metaKey || event.altKey) {
      event.preventDefault();
      time.zoom(Math.exp(event.deltaY * unit * WHEEL_ZOOM), shareAt(event));
      return;
    }
    const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
    if (sideways === 0) return;
    event.preventDefault();
    time.pan((sideways * unit) / width());
  }, { passive: false });
}

export function listenToDoubleClick(
  target: HTMLElement,
  time: TimeWindow,
  shareAt: (event: MouseEvent) => number,
): void {
  target.addEventListener("dblclick", (event) => time.zoom(ZOOM_STEP ** 3, shareAt(event)));
}

export function zoomButtons(time: TimeWindow): HTMLButtonElement[] {
  return [
    button("−", () => time.zoom(1 / ZOOM_STEP), { "aria-label": "Zoom out", title: "Zoom out (-)" }),
    button("+", () => time.zoom(ZOOM_STEP), { "aria-label": "Zoom in", title: "Zoom in (+)" }),
    button("←", () => time.pan(-BUTTON_PAN), { "aria-label": "Earlier", title: "Earlier (left arrow)" }),
    button("→", () => time.pan(BUTTON_PAN), { "aria-label": "Later", title: "Later (right arrow)" }),
    button("All", () => time.fit(), { title: "All of it (0)" }),
  ];
}

/** The overview moves the stretch to where it is pressed. */
export function listenToOverview(overview: HTMLCanvasElement, time: TimeWindow): void {
  const move = (event: PointerEvent) => {
    const box = overview.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * time.whole;
    time.show(at - time.length / 2, time.length);
  };
  overview.addEventListener("pointerdown", (event) => {
    overview.setPointerCapture(event.pointerId);
    move(event);
  });
  overview.addEventListener("pointermove", (event) => {
    if (event.buttons === 1) move(event);
  });
}

/** The field that says which lanes are wanted. */
export function listenToFilter(wanted: (text: string) => void): void {
  const filter = byId("timeline-filter") as HTMLInputElement;
  filter.addEventListener("input", () => wanted(filter.value.trim()));
}
