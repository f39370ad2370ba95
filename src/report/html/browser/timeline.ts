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
import { addEvents, type Lane, lanesOf, type Row } from "./timeline_lanes.ts";
import { GROUP_TITLES, type Layout, layoutOf, type PlacedLane, rowAt } from "./timeline_layout.ts";
import { drawMarked, TimelinePainter } from "./timeline_painter.ts";
import { densityOf, drawOverview, drawRuler } from "./time_ruler.ts";
import type { TimeWindow } from "./time_window.ts";
import { upperBound } from "./tracks.ts";

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
  /** Where the keyboard is: a row of a lane, and an item of it. */
  #focus: { lane: number; row: number; item: Item | null } = { lane: 0, row: 0, item: null };

  constructor(
    private readonly recording: Recording,
    private readonly time: TimeWindow,
    private readonly selection: Selection,
    private readonly findingTimes: readonly number[],
  ) {
    this.#painter = new TimelinePainter(recording);
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
    const placed = this.#layout.lanes[this.#focus.lane];
    const row = placed?.lane.rows[this.#focus.row];
    if (placed === undefined || row === undefined) return;
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
    this.#listenToPointer();
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
      this.#focus = { lane: 0, row: 0, item: null };
      this.#place();
    });
  }

  #listenToPointer(): void {
    let pressed: { x: number; y: number; from: number; top: number; hasMoved: boolean } | null = null;
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      pressed = {
        x: event.clientX,
        y: event.clientY,
        from: this.time.from,
        top: this.#scroller.scrollTop,
        hasMoved: false,
      };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (pressed === null) return this.#hover(event);
      const [dx, dy] = [event.clientX - pressed.x, event.clientY - pressed.y];
      if (!pressed.hasMoved && Math.hypot(dx, dy) < 4) return;
      pressed.hasMoved = true;
      this.#tip.hidden = true;
      this.time.show(pressed.from - (dx / this.#width) * this.time.length, this.time.length);
      if (event.pointerType === "mouse") this.#scroller.scrollTop = pressed.top - dy;
    });
    canvas.addEventListener("pointerup", (event) => {
      if (pressed !== null && !pressed.hasMoved) this.#choose(this.#itemAt(event));
      pressed = null;
    });
    canvas.addEventListener("pointercancel", () => pressed = null);
    canvas.addEventListener("pointerleave", () => this.#tip.hidden = true);
    canvas.addEventListener("dblclick", (event) => this.time.zoom(ZOOM_STEP ** 3, this.#shareAt(event)));
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
      ArrowUp: () => this.#moveRow(-1),
      ArrowDown: () => this.#moveRow(1),
      "+": () => this.time.zoom(ZOOM_STEP),
      "=": () => this.time.zoom(ZOOM_STEP),
      "-": () => this.time.zoom(1 / ZOOM_STEP),
      "0": () => this.time.fit(),
      Home: () => this.time.show(0, this.time.length),
      End: () => this.time.show(this.time.whole, this.time.length),
      n: () => this.#step(1),
      p: () => this.#step(-1),
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

  #moveRow(direction: 1 | -1): void {
    const { lanes } = this.#layout;
    let { lane, row } = this.#focus;
    row += direction;
    if (row < 0) row = (lanes[--lane]?.lane.rows.length ?? 0) - 1;
    else if (row >= (lanes[lane]?.lane.rows.length ?? 0)) {
      lane++;
      row = 0;
    }
    const placed = lanes[lane];
    if (placed === undefined) return;
    this.#focus = { lane, row, item: null };
    const y = placed.rowsTop + placed.lane.rows[row].top;
    const { scrollTop, clientHeight } = this.#scroller;
    if (y < scrollTop + 20) this.#scroller.scrollTop = Math.max(0, placed.top - 30);
    if (y + 20 > scrollTop + clientHeight) this.#scroller.scrollTop = y + 30 - clientHeight;
    this.#say(`${placed.lane.title}, ${rowText(placed.lane.rows[row])}`);
  }

  /** The item after or before the one that the keyboard is at, or the first that is in view. */
  #step(direction: 1 | -1): void {
    const placed = this.#layout.lanes[this.#focus.lane];
    const row = placed?.lane.rows[this.#focus.row];
    if (row === undefined) return;
    const { item } = this.#focus;
    const { starts, items } = row.track;
    let place: number;
    if (item === null) {
      place = direction === 1 ? upperBound(starts, this.time.from - 1) : upperBound(starts, this.time.until) - 1;
    } else place = placeOf(row, this.recording.span(item, this.#events)[0], item.row) + direction;
    const next = items[place];
    if (next === undefined) return this.#say(direction === 1 ? "nothing after it" : "nothing before it");
    this.#focus.item = { kind: row.kind, row: next };
    const [begin, end] = this.recording.span(this.#focus.item, this.#events);
    if (begin < this.time.from || end > this.time.until) {
      this.time.show(begin - this.time.length / 2, this.time.length);
    }
    const focused = this.#focus.item;
    this.#say(`${titleOf(this.recording, focused, this.#events)}, ${whenOf(this.recording, focused, this.#events)}`);
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }
}

function rowText({ kind, track }: Row): string {
  const what =
    { operation: "operations", bio: "bios", page_event: "page-cache steps", lock: "locks", event: "events" }[kind];
  return `${track.items.length.toLocaleString("en")} ${what}`;
}

/** Place of an item in its row; -1 where it is in another one. */
function placeOf({ track: { starts, items } }: Row, begin: number, item: number): number {
  for (let place = upperBound(starts, begin - 1e-9); place < starts.length; place++) {
    if (items[place] === item) return place;
    // Where rows were short, one may begin later than its item does.
    if (starts[place] > begin) break;
  }
  return items.indexOf(item);
}

function holds(row: Row, begin: number, item: number): boolean {
  return placeOf(row, begin, item) >= 0;
}
