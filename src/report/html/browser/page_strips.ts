/**
 * Strips of pages over time: in the cache, dirty, under writeback, deleted.
 *
 * @module
 */
import { sized } from "./canvas.ts";
import { showNothing } from "./chart.ts";
import { byId, element, whenSeen } from "./dom.ts";
import { followTime } from "./following.ts";
import { DELETED, type PageLives, pageLives } from "./page_lives.ts";
import { colour, onColours } from "./palette.ts";
import type { Item, Recording } from "./recording.ts";
import type { Selection } from "./selection.ts";
import { rowsByCode } from "./timeline_lanes.ts";
import { drawRuler } from "./time_ruler.ts";
import type { TimeWindow } from "./time_window.ts";
import { fileText, numberText } from "./words.ts";

const HEIGHT_MAX = 380;
const RULER = 22;
/** No row is lower than three pixels. */
const ROWS_MAX = Math.floor((HEIGHT_MAX - RULER) / 3);
const ROW_HEIGHT_MAX = 40;
const LEFT = 64;
const STATE_COLOURS = ["--page-add", "--page-dirty", "--page-writeback", "--page-delete"];
/** How much of its row a state fills, so that states are not told apart by colour alone. */
const STATE_HEIGHTS = [0.35, 0.7, 1, 1];
/** Deletions, which are drawn wider than they are, lie under what pages were. */
const DRAWN_IN_ORDER = [DELETED, 0, 1, 2];

/** @param fileFirst numbers of files that findings are about */
export function showPageStrips(
  recording: Recording,
  time: TimeWindow,
  selection: Selection,
  filesFirst: ReadonlySet<number>,
): void {
  const place = byId("strips-place");
  whenSeen(place, () => {
    const { words, pages } = recording;
    const files = rowsByCode(pages.column("file"), words.files.length).map((rows, code) => ({ rows, code }))
      .filter(({ rows }) => rows.length > 0)
      .sort((a, b) => Number(filesFirst.has(b.code)) - Number(filesFirst.has(a.code)) || b.rows.length - a.rows.length);
    const choice = byId("strips-file") as HTMLSelectElement;
    if (files.length === 0) {
      choice.disabled = true;
      return showNothing(place, "No step of the page cache is in this recording.");
    }
    choice.append(...files.map(({ rows, code }, nth) => {
      const mark = filesFirst.has(code) ? "has findings: " : "";
      const title = `${mark}${fileText(words.files[code], recording.recordings)} (${numberText(rows.length)} steps)`;
      return element("option", { value: nth }, title);
    }));
    new Strips(place, recording, time, selection, () => {
      const { rows, code } = files[Number(choice.value)];
      return pageLives(recording, rows, code);
    }, choice);
  });
}

class Strips {
  readonly #canvas = element("canvas", { role: "img" });
  readonly #note = element("p", { class: "hint" });
  #lives: PageLives;

  constructor(
    place: HTMLElement,
    private readonly recording: Recording,
    private readonly time: TimeWindow,
    private readonly selection: Selection,
    private readonly livesOf: () => PageLives,
    choice: HTMLSelectElement,
  ) {
    place.replaceChildren(this.#canvas, this.#note);
    this.#lives = livesOf();
    const redraw = followTime(place, time, () => this.#draw());
    choice.addEventListener("change", () => {
      this.#lives = this.livesOf();
      redraw();
    });
    new ResizeObserver(redraw).observe(place);
    onColours(redraw);
    selection.onChange(redraw);
    this.#canvas.addEventListener("click", (event) => this.#choose(event));
    this.#draw();
  }

  /** Pages a row of the picture, and how high a row is. Pages that nothing is known of have no row. */
  get #grid(): { pagesARow: number; rowHeight: number; rows: number } {
    const pages = Math.max(1, this.#lives.distinct.length);
    const pagesARow = Math.max(1, Math.ceil(pages / ROWS_MAX));
    const rows = Math.ceil(pages / pagesARow);
    return { pagesARow, rows, rowHeight: Math.min(ROW_HEIGHT_MAX, (HEIGHT_MAX - RULER) / rows) };
  }

  #draw(): void {
    const width = this.#canvas.parentElement!.clientWidth;
    const { distinct, begins, ends, ranks, states, items, leftOut } = this.#lives;
    const { pagesARow, rowHeight, rows } = this.#grid;
    const height = Math.ceil(RULER + rows * rowHeight);
    const context = sized(this.#canvas, width, height);
    const wide = width - LEFT;
    drawRuler(context, this.time, LEFT, wide, RULER);
    const { from, until, length } = this.time;
    const lit = new Set(this.selection.current.items.map(keyOf));
    context.save();
    context.beginPath();
    context.rect(LEFT, RULER, wide, height);
    context.clip();
    const drawnTo = STATE_COLOURS.map(() => new Map<number, number>());
    DRAWN_IN_ORDER.forEach((state) => {
      context.fillStyle = colour(STATE_COLOURS[state]);
      for (let nth = 0; nth < begins.length; nth++) {
        if (states[nth] !== state || ends[nth] < from || begins[nth] > until) continue;
        const left = LEFT + ((begins[nth] - from) / length) * wide;
        const right = Math.max(left + (state === DELETED ? 2 : 1), LEFT + ((ends[nth] - from) / length) * wide);
        const line = Math.floor(ranks[nth] / pagesARow);
        // What lies under a pixel that is drawn already adds nothing.
        const before = drawnTo[state].get(line) ?? -Infinity;
        if (right <= before) continue;
        drawnTo[state].set(line, right);
        const tall = Math.max(1, (rowHeight - 1) * STATE_HEIGHTS[state]);
        context.fillRect(left, RULER + (line + 1) * rowHeight - tall, right - left, tall);
      }
    });
    context.strokeStyle = colour("--mark");
    context.lineWidth = 2;
    for (let nth = 0; lit.size > 0 && nth < begins.length; nth++) {
      if (!lit.has(keyOf(items[nth]))) continue;
      const left = LEFT + ((begins[nth] - from) / length) * wide;
      const line = Math.floor(ranks[nth] / pagesARow);
      context.strokeRect(left - 3, RULER + line * rowHeight - 2, 6, rowHeight + 4);
    }
    context.restore();
    this.#drawLabels(context);
    const [first, last] = [distinct[0] ?? 0, distinct[distinct.length - 1] ?? 0];
    const [count, begin] = [numberText(distinct.length), numberText(first)];
    const together = pagesARow > 1 ? `; a row stands for ${pagesARow} pages` : "";
    const isSparse = distinct.length > 0 && distinct.length < last - first + 1;
    this.#canvas.setAttribute("aria-label", `States of ${count} pages over time, from page ${begin} on`);
    this.#note.textContent = (distinct.length === 0 ? "" : `Pages ${begin} to ${numberText(last)}${together}. `) +
      (isSparse ? `Only the ${count} of them that something happens to have rows. ` : "") +
      (leftOut > 0
        ? `${numberText(leftOut)} steps of very many pages, or of no page that is known, are left out. `
        : "") +
      "The time is that of the timeline.";
  }

  #drawLabels(context: CanvasRenderingContext2D): void {
    const { distinct } = this.#lives;
    const { pagesARow, rowHeight, rows } = this.#grid;
    context.fillStyle = colour("--faint");
    context.font = "11px system-ui, sans-serif";
    context.textBaseline = "middle";
    context.fillText("page", 4, RULER / 2);
    const every = Math.max(1, Math.ceil(16 / rowHeight));
    for (let line = 0; line < rows && line < distinct.length; line += every) {
      context.fillText(numberText(distinct[line * pagesARow]), 4, RULER + (line + 0.5) * rowHeight);
    }
  }

  #choose(event: MouseEvent): void {
    const { begins, ends, ranks, items } = this.#lives;
    const { pagesARow, rowHeight } = this.#grid;
    const wide = this.#canvas.clientWidth - LEFT;
    const at = this.time.from + ((event.offsetX - LEFT) / wide) * this.time.length;
    const reach = (4 / wide) * this.time.length;
    const line = Math.floor((event.offsetY - RULER) / rowHeight);
    const found = begins.findLastIndex((begin, nth) =>
      begin - reach <= at && ends[nth] + reach >= at && Math.floor(ranks[nth] / pagesARow) === line
    );
    if (found < 0) return this.selection.clear();
    this.selection.set(this.recording.linked(items[found]));
  }
}

function keyOf({ kind, row }: Item): string {
  return `${kind} ${row}`;
}
