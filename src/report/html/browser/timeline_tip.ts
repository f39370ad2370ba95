/**
 * What the pointer is over, in a box beside it.
 *
 * @module
 */
import { titleOf, whenOf } from "./describe.ts";
import { byId, element } from "./dom.ts";
import type { Item, Recording } from "./recording.ts";
import type { Table } from "./tables.ts";

/** From the pointer to the box, pixels. */
const [RIGHT_OF_IT, BELOW_IT, ABOVE_IT] = [14, 18, 12];
/** From the box to the edge of the frame. */
const EDGE = 4;

export class TimelineTip {
  readonly #tip = byId("timeline-tip");

  constructor(private readonly recording: Recording) {}

  hide(): void {
    this.#tip.hidden = true;
  }

  /** @param frame what the box has to stay in */
  show(item: Item, events: Table | null, { clientX, clientY }: PointerEvent, frame: Element): void {
    this.#tip.hidden = false;
    this.#tip.replaceChildren(
      element("b", {}, titleOf(this.recording, item, events)),
      element("div", {}, whenOf(this.recording, item, events)),
    );
    const box = frame.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.#tip;
    const left = Math.min(clientX - box.left + RIGHT_OF_IT, box.width - width - EDGE);
    this.#tip.style.left = `${Math.max(EDGE, left)}px`;
    const y = clientY - box.top;
    const fitsBelow = y + BELOW_IT + height <= box.height;
    this.#tip.style.top = `${fitsBelow ? y + BELOW_IT : Math.max(EDGE, y - height - ABOVE_IT)}px`;
  }
}
