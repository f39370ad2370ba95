/**
 * Where the timeline is drawn. Everything has its size from the beginning, so that nothing moves when it is.
 *
 * @module
 */
import { type Markup, markup } from "../markup.ts";

const LEGEND: readonly [string, string][] = [
  ["read direct", "read, direct"],
  ["read buffered", "read, buffered"],
  ["write direct", "write, direct"],
  ["write buffered", "write, buffered"],
  ["sync direct", "sync, flush"],
  ["map direct", "mapping, fault"],
  ["meta direct", "journal, metadata"],
  ["other buffered", "other"],
  ["lock direct", "lock, exclusive"],
  ["lock buffered", "lock, shared"],
  ["wait buffered", "waits for a lock"],
];

const PAGE_LEGEND: readonly [string, string][] = [
  ["page-add", "page added"],
  ["page-dirty", "dirtied"],
  ["page-writeback", "written back"],
  ["page-delete", "deleted"],
];

/** Fewer lanes than this need no high frame. */
const FEW_LANES = 8;

/** @param lanes of tasks, files and devices together */
export function timelineSection(lanes: number): Markup {
  return markup`<section id="timeline" aria-labelledby="timeline-title">
<h2 id="timeline-title">Timeline</h2>
<div class="toolbar">
<div id="timeline-tools" role="group" aria-label="Zoom and pan"></div>
<label>Lanes with <input id="timeline-filter" type="search" placeholder="name" autocomplete="off" size="14"></label>
</div>
<ul class="legend" aria-label="Colours">${
    LEGEND.map(([classes, name]) => markup`<li><i class="${classes}"></i>${name}</li>`)
  }${PAGE_LEGEND.map(([classes, name]) => markup`<li><i class="step ${classes}"></i>${name}</li>`)}</ul>
<div class="timeline-frame">
<div class="overview"><canvas id="timeline-overview" height="40" aria-hidden="true"></canvas></div>
<canvas id="timeline-ruler" height="24" aria-hidden="true"></canvas>
<div id="timeline-scroll" class="${
    lanes < FEW_LANES ? "few" : "many"
  }" tabindex="0" role="application" aria-label="Lanes of tasks, files and devices over time" aria-describedby="timeline-keys">
<canvas id="timeline-canvas" aria-hidden="true"></canvas>
<div id="timeline-space"><div id="timeline-labels"></div><p id="timeline-none" hidden>No lane has this name.</p></div>
</div>
<div id="timeline-tip" class="tip" hidden></div>
</div>
<p id="timeline-keys" class="hint">Drag or arrow keys move, Ctrl and wheel or + and - zoom, 0 shows all. Up and down choose a row, n and p an item of it, Enter selects it with all that belongs to it, f finds it again, Escape lets go.</p>
<p id="timeline-status" role="status" aria-live="polite"></p>
<div id="details" aria-live="polite"></div>
</section>`;
}
