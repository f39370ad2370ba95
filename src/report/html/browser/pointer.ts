/**
 * Pointers on a canvas: what is dragged, what is pressed, what is only passed over.
 *
 * @module
 */

/** A pointer that has moved less than this has not dragged, pixels. */
const STILL = 4;

export interface PointerActions {
  /** A pointer has been pressed. @returns what moves with it, by so many pixels since then */
  begin(): (dx: number, dy: number) => void;
  /** It has been let go of where it was pressed. */
  press(event: PointerEvent): void;
  hover(event: PointerEvent): void;
  leave(): void;
}

export function listenToPointer(canvas: HTMLCanvasElement, actions: PointerActions): void {
  let pressed: { x: number; y: number; move: (dx: number, dy: number) => void; hasMoved: boolean } | null = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    pressed = { x: event.clientX, y: event.clientY, move: actions.begin(), hasMoved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (pressed === null) return actions.hover(event);
    const [dx, dy] = [event.clientX - pressed.x, event.clientY - pressed.y];
    if (!pressed.hasMoved && Math.hypot(dx, dy) < STILL) return;
    pressed.hasMoved = true;
    // A finger scrolls by itself.
    pressed.move(dx, event.pointerType === "mouse" ? dy : 0);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (pressed !== null && !pressed.hasMoved) actions.press(event);
    pressed = null;
  });
  canvas.addEventListener("pointercancel", () => pressed = null);
  canvas.addEventListener("pointerleave", () => actions.leave());
}
