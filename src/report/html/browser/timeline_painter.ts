/**
 * Draws the lanes of a timeline. Rectangles are gathered by colour first: changing it for each costs more than filling.
 *
 * @module
 */
import { ITEM_CLASSES, PAGE_CLASSES } from "./item_classes.ts";
import { colour } from "./palette.ts";
import type { Item, Recording } from "./recording.ts";
import { titleOf } from "./describe.ts";
import type { Table } from "./tables.ts";
import type { Row } from "./timeline_lanes.ts";
import type { Layout, PlacedLane } from "./timeline_layout.ts";
import { SEVERAL, SpanTrack } from "./tracks.ts";

export interface View {
  /** Time at the left edge, ns. */
  readonly from: number;
  /** Pixels a ns. */
  readonly scale: number;
  /** Of the lanes without their labels, pixels. */
  readonly width: number;
  /** First pixel of the layout that is seen, and how many are. */
  readonly top: number;
  readonly height: number;
}

/** Spans as wide as this say what they are. */
const TEXT_FROM = 46;
const FONT = "10px system-ui, sans-serif";

/** Rectangles of one colour: x, y, width, height, and so on. */
type Rectangles = number[];

export class TimelinePainter {
  readonly #bodies: Rectangles[] = ITEM_CLASSES.map(() => []);
  readonly #edges: Rectangles[] = ITEM_CLASSES.map(() => []);
  readonly #steps: Rectangles[] = PAGE_CLASSES.map(() => []);
  readonly #ticks: Rectangles = [];
  #texts: { x: number; y: number; width: number; item: Item; isLight: boolean }[] = [];

  constructor(private readonly recording: Recording) {}

  /** Draws all rows that are in view. The context's origin is the left edge of the lanes, at the top of the view. */
  draw(context: CanvasRenderingContext2D, layout: Layout, view: View, events: Table | null): void {
    for (const placed of layout.lanes) {
      if (placed.bottom < view.top || placed.top > view.top + view.height) continue;
      for (const row of placed.lane.rows) this.#row(row, placed, view);
    }
    this.#flush(context);
    this.#drawTexts(context, events);
  }

  #row({ kind, track, top, height }: Row, { rowsTop }: PlacedLane, { from, scale, width, top: viewTop }: View): void {
    const y = rowsTop + top - viewTop;
    if (track instanceof SpanTrack) {
      track.draw(from, scale, width, (left, right, itemClass, cover, item) => {
        const tall = Math.max(2, Math.round(height * (0.3 + 0.7 * cover)));
        const { isLight } = ITEM_CLASSES[itemClass];
        this.#push(this.#bodies[itemClass], left, y + height - tall, right - left, tall);
        if (isLight) this.#push(this.#edges[itemClass], left, y + height - tall, right - left, 2);
        else if (right - left > 5) this.#push(this.#edges[itemClass], left, y + height - tall, 2, tall);
        if (item !== SEVERAL && right - left >= TEXT_FROM && height >= 12) {
          this.#texts.push({ x: left, y: y + height / 2 + 1, width: right - left, item: { kind, row: item }, isLight });
        }
      });
    } else if (kind === "page_event") {
      track.draw(from, scale, width, (left, _right, itemClass, cover) => {
        // Steps of a kind stand at one height: add at the top, then dirty, writeback, delete.
        const place = PAGE_PLACES[itemClass];
        this.#push(this.#steps[itemClass], left, y + place * 4, 1 + cover, 4);
      });
    } else {
      track.draw(from, scale, width, (left, _right, _itemClass, cover) => {
        const tall = Math.max(2, Math.round(height * cover));
        this.#push(this.#ticks, left, y + height - tall, 1, tall);
      });
    }
  }

  /** A rectangle, or the one before it made wider where it goes on in the same way. */
  #push(list: Rectangles, x: number, y: number, width: number, height: number): void {
    const { length } = list;
    if (length > 0 && width <= 1 && list[length - 3] === y && list[length - 1] === height) {
      if (list[length - 4] + list[length - 2] === x) {
        list[length - 2] += width;
        return;
      }
    }
    list.push(x, y, width, height);
  }

  #flush(context: CanvasRenderingContext2D): void {
    ITEM_CLASSES.forEach(({ colour: property, isLight }, nth) => {
      fill(context, this.#bodies[nth], colour(isLight ? `${property}-light` : property));
      fill(context, this.#edges[nth], colour(isLight ? property : `${property}-edge`));
    });
    PAGE_CLASSES.forEach(({ colour: property, isLight }, nth) =>
      fill(context, this.#steps[nth], colour(isLight ? `${property}-light` : property))
    );
    fill(context, this.#ticks, colour("--tick"));
  }

  #drawTexts(context: CanvasRenderingContext2D, events: Table | null): void {
    context.font = FONT;
    context.textBaseline = "middle";
    for (const { x, y, width, item, isLight } of this.#texts) {
      // Six pixels a letter on the average; measuring every one would take longer than drawing.
      const room = Math.floor((width - 8) / 5.4);
      const title = titleOf(this.recording, item, events);
      context.fillStyle = colour(isLight ? "--on-light" : "--on-full");
      const begin = Math.max(0, x) + 5;
      context.fillText(title.length <= room ? title : `${title.slice(0, Math.max(1, room - 1))}…`, begin, y);
    }
    this.#texts = [];
  }
}

/** Which of the four heights of its row a page-cache step stands at, by its class. */
const PAGE_PLACES = [0, 3, 1, 2, 2, 1, 0, 3];

function fill(context: CanvasRenderingContext2D, list: Rectangles, style: string): void {
  if (list.length === 0) return;
  context.fillStyle = style;
  for (let at = 0; at < list.length; at += 4) context.fillRect(list[at], list[at + 1], list[at + 2], list[at + 3]);
  list.length = 0;
}

/** Outlines of items above everything else, and lines between them. */
export function drawMarked(
  context: CanvasRenderingContext2D,
  boxes: readonly { x: number; y: number; width: number; height: number; isFirst: boolean }[],
): void {
  context.strokeStyle = colour("--mark");
  context.lineWidth = 1;
  const [first, ...others] = boxes;
  if (first === undefined) return;
  // More lines than this are a veil, not a help.
  for (const box of others.slice(0, 60)) {
    context.globalAlpha = 0.45;
    context.beginPath();
    context.moveTo(first.x + Math.min(first.width, 400) / 2, first.y + first.height / 2);
    context.lineTo(box.x + box.width / 2, box.y + box.height / 2);
    context.stroke();
  }
  context.globalAlpha = 1;
  for (const { x, y, width, height, isFirst } of boxes) {
    context.lineWidth = isFirst ? 3 : 1.5;
    context.strokeRect(x - 1.5, y - 1.5, Math.max(3, width) + 3, height + 3);
  }
}
