/**
 * The timeline: lanes on a canvas, with mouse, touch and keyboard.
 *
 * @module
 */
import { Redraw, sized } from "./canvas.ts";
import { byId, element } from "./dom.ts";
import { type Box, ItemPlaces, lanesOfItem, type Seen } from "./item_places.ts";
import { colour, onColours } from "./palette.ts";
import { listenToPointer } from "./pointer.ts";
import type { Item, Recording } from "./recording.ts";
import type { Selection } from "./selection.ts";
import type { Table } from "./tables.ts";
import { densityOf, drawOverview, drawRuler } from "./time_ruler.ts";
import type { TimeWindow } from "./time_window.ts";
import { TimelineFocus } from "./timeline_focus.ts";
import {
  listenToDoubleClick,
  listenToFilter,
  listenToKeys,
  listenToOverview,
  listenToWheel,
  zoomButtons,
} from "./timeline_input.ts";
import { addEvents, type Lane, lanesOf } from "./timeline_lanes.ts";
import { GROUP_TITLES, type Layout, layoutOf, rowAt } from "./timeline_layout.ts";
import { drawMarked, TimelinePainter, type View } from "./timeline_painter.ts";
import { TimelineTip } from "./timeline_tip.ts";

const RULER_HEIGHT = 24;
const OVERVIEW_HEIGHT = 40;
const OVERVIEW_BINS = 600;
/** How far from an item the pointer may be, pixels. */
const REACH = 4;

export class Timeline {
  readonly #scroller = byId("timeline-scroll");
  readonly #space = byId("timeline-space");
  readonly #canvas = byId("timeline-canvas") as HTMLCanvasElement;
  readonly #ruler = byId("timeline-ruler") as HTMLCanvasElement;
  readonly #overview = byId("timeline-overview") as HTMLCanvasElement;
  readonly #status = byId("timeline-status");
  readonly #labels = byId("timeline-labels");
  readonly #tip: TimelineTip;
  readonly #painter: TimelinePainter;
  readonly #selected: ItemPlaces;
  readonly #focused: ItemPlaces;
  readonly #lanes: Lane[];
  readonly #redraw = new Redraw(() => this.#draw());
  #layout: Layout;
  #density: Float64Array = new Float64Array(OVERVIEW_BINS);
  #events: Table | null = null;
  #wanted = "";
  readonly #focus: TimelineFocus;

  constructor(
    private readonly recording: Recording,
    private readonly time: TimeWindow,
    private readonly selection: Selection,
    private readonly findingTimes: readonly number[],
  ) {
    this.#painter = new TimelinePainter(recording);
    this.#tip = new TimelineTip(recording);
    this.#selected = new ItemPlaces(recording);
    this.#focused = new ItemPlaces(recording);
    const ground = () => ({ layout: this.#layout, events: this.#events });
    this.#focus = new TimelineFocus(recording, time, this.#scroller, ground, (text) => this.#status.textContent = text);
    this.#lanes = lanesOf(recording);
    this.#layout = layoutOf(this.#lanes, this.#scroller.clientWidth, "");
    this.#density = densityOf(
      [recording.operations.column("start"), recording.bios.column("queue"), recording.pages.column("ts")],
      time.whole,
      OVERVIEW_BINS,
    );
    this.#listen();
    this.#place();
    // The first picture comes at once, not with the next frame.
    this.#draw();
  }

  /** Shows the events as well, once they are decoded. */
  showEvents(events: Table): void {
    this.#events = events;
    addEvents(this.#lanes, this.recording, events);
    this.#density = densityOf([events.column("ts")], this.time.whole, OVERVIEW_BINS);
    this.#redraw.ask();
  }

  /** Moves an item into view. */
  reveal(item: Item): void {
    const [begin, end] = this.recording.span(item, this.#events);
    if (Number.isNaN(begin)) return;
    this.time.reveal(begin, end);
    this.#focus.goTo(item);
    const placed = lanesOfItem(this.recording, this.#layout, this.#events, item)[0];
    if (placed === undefined) return;
    const { scrollTop, clientHeight } = this.#scroller;
    if (placed.top < scrollTop || placed.bottom > scrollTop + clientHeight) {
      this.#scroller.scrollTop = Math.max(0, placed.top - clientHeight / 3);
    }
  }

  get #width(): number {
    return Math.max(50, this.#scroller.clientWidth - this.#layout.labelWidth);
  }

  #place(): void {
    this.#layout = layoutOf(this.#lanes, this.#scroller.clientWidth, this.#wanted);
    this.#space.style.height = `${Math.max(this.#layout.height, 1)}px`;
    const { lanes, groups, labelWidth } = this.#layout;
    this.#labels.replaceChildren(
      ...groups.map(({ group, top }) => {
        const title = element("div", { class: "lane-group" }, GROUP_TITLES[group]);
        title.style.top = `${top}px`;
        return title;
      }),
      ...lanes.map(({ lane: { title }, top }) => {
        const label = element("div", { class: "lane-label", title }, title);
        label.style.top = `${top}px`;
        if (labelWidth > 0) label.style.width = `${labelWidth - 12}px`;
        return label;
      }),
    );
    byId("timeline-none").hidden = lanes.length > 0;
    this.#redraw.ask();
  }

  #draw(): void {
    const { time } = this;
    const layout = this.#layout;
    const { clientWidth, clientHeight, scrollTop: top } = this.#scroller;
    const width = this.#width;
    const context = sized(this.#canvas, clientWidth, clientHeight);
    const view = { from: time.from, scale: width / time.length, width, top, height: clientHeight };
    drawGround(context, layout, top, clientWidth, clientHeight);
    context.save();
    context.beginPath();
    context.rect(layout.labelWidth, 0, width, clientHeight);
    context.clip();
    context.translate(layout.labelWidth, 0);
    this.#painter.draw(context, layout, view, this.#events);
    const boxes = this.#selected.boxes(this.selection.current.items, layout, this.#events, view);
    if (boxes.length > 0) {
      context.fillStyle = colour("--veil");
      context.fillRect(0, 0, width, clientHeight);
      this.#drawAgain(context, boxes, view);
      drawMarked(context, boxes);
    }
    this.#drawFocus(context, view);
    context.restore();
    drawRuler(sized(this.#ruler, clientWidth, RULER_HEIGHT), time, layout.labelWidth, width, RULER_HEIGHT);
    const whole = this.#overview.parentElement!.clientWidth - layout.labelWidth;
    this.#overview.style.marginLeft = `${layout.labelWidth}px`;
    const small = sized(this.#overview, whole, OVERVIEW_HEIGHT);
    drawOverview(small, this.#density, this.findingTimes, time, whole, OVERVIEW_HEIGHT);
  }

  /** What is marked shows through the veil as it is. */
  #drawAgain(context: CanvasRenderingContext2D, boxes: readonly Box[], view: View): void {
    context.save();
    context.beginPath();
    for (const { x, y, width, height } of boxes) context.rect(x, y, Math.max(2, width), height);
    context.clip();
    context.clearRect(0, 0, view.width, view.height);
    this.#painter.draw(context, this.#layout, view, this.#events);
    context.restore();
  }

  #drawFocus(context: CanvasRenderingContext2D, seen: Seen): void {
    if (document.activeElement !== this.#scroller) return;
    const { place, items } = this.#focus;
    if (place === null) return;
    const { placed, row } = place;
    const y = placed.rowsTop + row.top - seen.top;
    context.setLineDash([4, 3]);
    context.strokeStyle = colour("--mark");
    context.lineWidth = 1;
    context.strokeRect(0.5, y - 1, this.#width - 1, row.height + 2);
    context.setLineDash([]);
    drawMarked(context, this.#focused.boxes(items, this.#layout, this.#events, seen));
  }

  #itemAt(event: PointerEvent | MouseEvent): Item | null {
    const box = this.#canvas.getBoundingClientRect();
    const x = event.clientX - box.left - this.#layout.labelWidth;
    if (x < 0) return null;
    const found = rowAt(this.#layout, event.clientY - box.top + this.#scroller.scrollTop);
    if (found === null) return null;
    const nsAPixel = this.time.length / this.#width;
    const row = found.row.track.at(this.time.from + x * nsAPixel, REACH * nsAPixel);
    return row < 0 ? null : { kind: found.row.kind, row };
  }

  #listen(): void {
    const { time } = this;
    const redraw = () => this.#redraw.ask();
    time.onChange(redraw);
    this.selection.onChange(redraw);
    onColours(redraw);
    for (const kind of ["scroll", "focus", "blur"]) this.#scroller.addEventListener(kind, redraw);
    new ResizeObserver(() => this.#place()).observe(this.#scroller);
    const shareAt = (event: MouseEvent) => this.#shareAt(event);
    listenToWheel(this.#scroller, time, () => this.#width, shareAt);
    listenToDoubleClick(this.#canvas, time, shareAt);
    listenToOverview(this.#overview, time);
    listenToPointer(this.#canvas, {
      begin: () => {
        const [from, top] = [time.from, this.#scroller.scrollTop];
        return (dx, dy) => {
          this.#tip.hide();
          time.show(from - (dx / this.#width) * time.length, time.length);
          this.#scroller.scrollTop = top - dy;
        };
      },
      press: (event) => this.#choose(this.#itemAt(event)),
      hover: (event) => this.#hover(event),
      leave: () => this.#tip.hide(),
    });
    listenToKeys(this.#scroller, time, {
      ArrowUp: () => this.#focus.moveRow(-1),
      ArrowDown: () => this.#focus.moveRow(1),
      n: () => this.#focus.step(1),
      p: () => this.#focus.step(-1),
      Enter: () => this.#choose(this.#focus.item),
      f: () => this.selection.current.items.slice(0, 1).forEach((item) => this.reveal(item)),
      Escape: () => {
        this.#focus.item = null;
        this.selection.clear();
      },
    }, redraw);
    byId("timeline-tools").append(...zoomButtons(time));
    listenToFilter((text) => {
      this.#wanted = text;
      this.#focus.reset();
      this.#place();
    });
  }

  #shareAt(event: MouseEvent): number {
    const box = this.#canvas.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left - this.#layout.labelWidth) / this.#width));
  }

  #hover(event: PointerEvent): void {
    const item = this.#itemAt(event);
    this.#canvas.style.cursor = item === null ? "grab" : "pointer";
    if (item === null) this.#tip.hide();
    else this.#tip.show(item, this.#events, event, this.#scroller.parentElement!);
  }

  #choose(item: Item | null): void {
    if (item === null) this.selection.clear();
    else this.selection.set(this.recording.linked(item));
  }
}

function drawGround(
  context: CanvasRenderingContext2D,
  { lanes }: Layout,
  top: number,
  width: number,
  height: number,
): void {
  context.fillStyle = colour("--stripe");
  lanes.forEach(({ top: begin, bottom }, nth) => {
    if (bottom < top || begin > top + height || nth % 2 === 1) return;
    context.fillRect(0, begin - top - 3, width, bottom - begin + 6);
  });
}
