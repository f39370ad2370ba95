/**
 * The timeline: lanes on a canvas, with mouse, touch and keyboard.
 *
 * @module
 */
import { Redraw, sized } from "./canvas.ts";
import { titleOf, whenOf } from "./describe.ts";
import { button, byId, element } from "./dom.ts";
import { colour, onColours } from "./palette.ts";
import type { Item, Recording } from "./recording.ts";
import type { Selection } from "./selection.ts";
import type { Table } from "./tables.ts";
import { holds, TimelineFocus } from "./timeline_focus.ts";
import { addEvents, type Lane, lanesOf } from "./timeline_lanes.ts";
import { GROUP_TITLES, type Layout, layoutOf, type PlacedLane, rowAt } from "./timeline_layout.ts";
import { listenToPointer } from "./pointer.ts";
import { drawMarked, TimelinePainter } from "./timeline_painter.ts";
import { densityOf, drawOverview, drawRuler } from "./time_ruler.ts";
import type { TimeWindow } from "./time_window.ts";

const RULER_HEIGHT = 24;
const OVERVIEW_HEIGHT = 40;
const OVERVIEW_BINS = 600;
/** How far from an item the pointer may be, pixels. */
const REACH = 4;
const ZOOM_STEP = 0.7;

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
  isFirst: boolean;
}

export class Timeline {
  readonly #scroller = byId("timeline-scroll");
  readonly #space = byId("timeline-space");
  readonly #canvas = byId("timeline-canvas") as HTMLCanvasElement;
  readonly #ruler = byId("timeline-ruler") as HTMLCanvasElement;
  readonly #overview = byId("timeline-overview") as HTMLCanvasElement;
  readonly #tip = byId("timeline-tip");
  readonly #status = byId("timeline-status");
  readonly #labels = byId("timeline-labels");
  readonly #painter: TimelinePainter;
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
    const placed = this.#lanesOf(item)[0];
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
    const { clientWidth, clientHeight, scrollTop } = this.#scroller;
    const width = this.#width;
    const context = sized(this.#canvas, clientWidth, clientHeight);
    const view = { from: time.from, scale: width / time.length, width, top: scrollTop, height: clientHeight };
    this.#drawGround(context, layout, scrollTop, clientWidth, clientHeight);
    context.save();
    context.beginPath();
    context.rect(layout.labelWidth, 0, width, clientHeight);
    context.clip();
    context.translate(layout.labelWidth, 0);
    this.#painter.draw(context, layout, view, this.#events);
    const boxes = this.selection.current.items.flatMap((item, nth) => this.#boxes(item, nth === 0));
    if (boxes.length > 0) {
      context.fillStyle = colour("--veil");
      context.fillRect(0, 0, width, clientHeight);
      this.#drawAgain(context, boxes);
      drawMarked(context, boxes);
    }
    this.#drawFocus(context);
    context.restore();
    drawRuler(sized(this.#ruler, clientWidth, RULER_HEIGHT), time, layout.labelWidth, width, RULER_HEIGHT);
    const whole = this.#overview.parentElement!.clientWidth;
    const small = sized(this.#overview, whole, OVERVIEW_HEIGHT);
    drawOverview(small, this.#density, this.findingTimes, time, whole, OVERVIEW_HEIGHT);
  }

  #drawGround(context: CanvasRenderingContext2D, layout: Layout, top: number, width: number, height: number): void {
    layout.lanes.forEach(({ top: begin, bottom }, nth) => {
      if (bottom < top || begin > top + height || nth % 2 === 1) return;
      context.fillStyle = colour("--stripe");
      context.fillRect(0, begin - top - 3, width, bottom - begin + 6);
    });
  }

  /** What is marked shows through the veil. */
  #drawAgain(context: CanvasRenderingContext2D, boxes: readonly Box[]): void {
    context.fillStyle = colour("--mark-fill");
    for (const { x, y, width, height } of boxes) context.fillRect(x, y, Math.max(2, width), height);
  }

  #drawFocus(context: CanvasRenderingContext2D): void {
    if (document.activeElement !== this.#scroller) return;
    const { place } = this.#focus;
    if (place === null) return;
    const { placed, row } = place;
    const y = placed.rowsTop + row.top - this.#scroller.scrollTop;
    context.setLineDash([4, 3]);
    context.strokeStyle = colour("--mark");
    context.lineWidth = 1;
    context.strokeRect(0.5, y - 1, this.#width - 1, row.height + 2);
    context.setLineDash([]);
    if (this.#focus.item !== null) drawMarked(context, this.#boxes(this.#focus.item, true));
  }

  /** Lanes that an item is drawn in. */
  #lanesOf({ kind, row }: Item): PlacedLane[] {
    const { operations, bios, pages, words } = this.recording;
    const is = (group: string, code: number | undefined) => (placed: PlacedLane) =>
      placed.lane.group === group && placed.lane.code === code;
    const find = (test: (placed: PlacedLane) => boolean) => this.#layout.lanes.filter(test);
    switch (kind) {
      case "operation":
        return [
          ...find(is("tasks", operations.column("task")[row])),
          ...find(is("files", operations.column("file")[row])),
        ];
      case "bio":
        return find(is("devices", bios.column("dev")[row]));
      case "page_event":
        return find(is("files", pages.column("file")[row]));
      case "lock":
        return find(is("tasks", this.recording.locks.column("task")[row]));
      case "event":
        return find(is("tasks", words.tags[this.#events?.column("tag")[row] ?? -1]?.task));
    }
  }

  /** Where an item is drawn. */
  #boxes(item: Item, isFirst: boolean): Box[] {
    const [begin, end] = this.recording.span(item, this.#events);
    const { from, length } = this.time;
    const scale = this.#width / length;
    return this.#lanesOf(item).flatMap(({ lane, rowsTop }) => {
      const row = lane.rows.find((each) => each.kind === item.kind && holds(each, begin, item.row));
      if (row === undefined) return [];
      const x = Math.max(-4, (begin - from) * scale);
      const right = Math.min(this.#width + 4, (end - from) * scale);
      if (right < -3 || x > this.#width + 3) return [];
      const y = rowsTop + row.top - this.#scroller.scrollTop;
      return [{ x, y, width: Math.max(1, right - x), height: row.height, isFirst }];
    });
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
    time.onChange(() => this.#redraw.ask());
    this.selection.onChange(() => this.#redraw.ask());
    onColours(() => this.#redraw.ask());
    this.#scroller.addEventListener("scroll", () => this.#redraw.ask());
    new ResizeObserver(() => this.#place()).observe(this.#scroller);
    this.#scroller.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    this.#scroller.addEventListener("keydown", (event) => this.#onKey(event));
    this.#scroller.addEventListener("focus", () => this.#redraw.ask());
    this.#scroller.addEventListener("blur", () => this.#redraw.ask());
    listenToPointer(this.#canvas, {
      begin: () => {
        const [from, top] = [time.from, this.#scroller.scrollTop];
        return (dx, dy) => {
          this.#tip.hidden = true;
          time.show(from - (dx / this.#width) * time.length, time.length);
          this.#scroller.scrollTop = top - dy;
        };
      },
      press: (event) => this.#choose(this.#itemAt(event)),
      hover: (event) => this.#hover(event),
      leave: () => this.#tip.hidden = true,
    });
    this.#canvas.addEventListener("dblclick", (event) => time.zoom(ZOOM_STEP ** 3, this.#shareAt(event)));
    this.#listenToOverview();
    const tools = byId("timeline-tools");
    tools.append(
      button("−", () => time.zoom(1 / ZOOM_STEP), { "aria-label": "Zoom out", title: "Zoom out (-)" }),
      button("+", () => time.zoom(ZOOM_STEP), { "aria-label": "Zoom in", title: "Zoom in (+)" }),
      button("←", () => time.pan(-0.25), { "aria-label": "Earlier", title: "Earlier (left arrow)" }),
      button("→", () => time.pan(0.25), { "aria-label": "Later", title: "Later (right arrow)" }),
      button("All", () => time.fit(), { title: "All of it (0)" }),
    );
    const filter = byId("timeline-filter") as HTMLInputElement;
    filter.addEventListener("input", () => {
      this.#wanted = filter.value.trim();
      this.#focus.reset();
      this.#place();
    });
  }

  #shareAt(event: MouseEvent): number {
    const box = this.#canvas.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left - this.#layout.labelWidth) / this.#width));
  }

  #listenToOverview(): void {
    const move = (event: PointerEvent) => {
      const box = this.#overview.getBoundingClientRect();
      const time = ((event.clientX - box.left) / box.width) * this.time.whole;
      this.time.show(time - this.time.length / 2, this.time.length);
    };
    this.#overview.addEventListener("pointerdown", (event) => {
      this.#overview.setPointerCapture(event.pointerId);
      move(event);
    });
    this.#overview.addEventListener("pointermove", (event) => {
      if (event.buttons === 1) move(event);
    });
  }

  #hover(event: PointerEvent): void {
    const item = this.#itemAt(event);
    this.#tip.hidden = item === null;
    this.#canvas.style.cursor = item === null ? "grab" : "pointer";
    if (item === null) return;
    this.#tip.replaceChildren(
      element("b", {}, titleOf(this.recording, item, this.#events)),
      element("div", {}, whenOf(this.recording, item, this.#events)),
    );
    const box = this.#scroller.parentElement!.getBoundingClientRect();
    const left = Math.min(event.clientX - box.left + 14, box.width - this.#tip.offsetWidth - 6);
    this.#tip.style.left = `${Math.max(4, left)}px`;
    const below = event.clientY - box.top + 18;
    const isAbove = below + this.#tip.offsetHeight > box.height;
    this.#tip.style.top = `${isAbove ? below - this.#tip.offsetHeight - 30 : below}px`;
  }

  #choose(item: Item | null): void {
    if (item === null) this.selection.clear();
    else this.selection.set(this.recording.linked(item));
  }

  #onWheel(event: WheelEvent): void {
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.ctrlKey || event.metaKey || event.altKey) {
      event.preventDefault();
      this.time.zoom(Math.exp(event.deltaY * unit * 0.002), this.#shareAt(event));
      return;
    }
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (sideways === 0) return;
    event.preventDefault();
    this.time.pan((sideways * unit) / this.#width);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey) return;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => this.time.pan(-0.1),
      ArrowRight: () => this.time.pan(0.1),
      ArrowUp: () => this.#focus.moveRow(-1),
      ArrowDown: () => this.#focus.moveRow(1),
      "+": () => this.time.zoom(ZOOM_STEP),
      "=": () => this.time.zoom(ZOOM_STEP),
      "-": () => this.time.zoom(1 / ZOOM_STEP),
      "0": () => this.time.fit(),
      Home: () => this.time.show(0, this.time.length),
      End: () => this.time.show(this.time.whole, this.time.length),
      n: () => this.#focus.step(1),
      p: () => this.#focus.step(-1),
      Enter: () => this.#choose(this.#focus.item),
      f: () => this.selection.current.items.slice(0, 1).forEach((item) => this.reveal(item)),
      Escape: () => {
        this.#focus.item = null;
        this.selection.clear();
      },
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
    this.#redraw.ask();
  }
}
