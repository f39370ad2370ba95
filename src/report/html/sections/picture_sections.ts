/**
 * Where ordering, pages and latencies are drawn. Places have their heights from the beginning.
 *
 * @module
 */
import { type Markup, markup } from "../markup.ts";

export function orderingSection(): Markup {
  return markup`<section id="ordering" aria-labelledby="ordering-title">
<h2 id="ordering-title">Ordering</h2>
<div class="toolbar"><label>Show <select id="ordering-subject"></select></label></div>
<ul class="legend" aria-label="Marks"><li><b class="shape read" aria-hidden="true">●</b>read, direct</li><li><b class="shape read" aria-hidden="true">○</b>read, buffered</li><li><b class="shape write" aria-hidden="true">▲</b>write, direct</li><li><b class="shape write" aria-hidden="true">△</b>write, buffered</li><li><b class="shape sync" aria-hidden="true">■</b>sync, flush</li><li><b class="shape map" aria-hidden="true">■</b>mapping, fault</li><li><b class="shape meta" aria-hidden="true">■</b>journal, metadata</li></ul>
<div id="ordering-chart" class="chart-place"></div>
<p class="hint">Its time is that of the timeline. Drag to zoom, double-click to see all again, click a mark to see it on the timeline.</p>
</section>`;
}

export function stripsSection(): Markup {
  return markup`<section id="strips" aria-labelledby="strips-title">
<h2 id="strips-title">Pages</h2>
<div class="toolbar"><label>File <select id="strips-file"></select></label></div>
<ul class="legend" aria-label="States of a page"><li><i class="strip page-add third"></i>in the cache</li><li><i class="strip page-dirty"></i>dirty</li><li><i class="strip page-writeback"></i>under writeback</li><li><i class="strip page-delete narrow"></i>deleted</li></ul>
<div id="strips-place"></div>
</section>`;
}

export function latencySection(): Markup {
  return markup`<section id="latency" aria-labelledby="latency-title">
<h2 id="latency-title">Latency, throughput and queue depth</h2>
<div class="pair">
<div id="latency-bios"><h3>Bios: share completed within a time from queueing</h3><div class="chart-place"></div><details class="numbers"><summary>Percentiles of bios</summary><div class="numbers-place"></div></details></div>
<div id="latency-operations"><h3>Operations: share returned within a time from the call</h3><div class="chart-place"></div><details class="numbers"><summary>Percentiles of operations</summary><div class="numbers-place"></div></details></div>
</div>
<div id="latency-stages"><h3>Where the time of bios goes: mean of each stage</h3><div class="chart-place"></div><details class="numbers"><summary>Stages in numbers</summary><div class="numbers-place"></div></details></div>
<div id="rates"><h3>Throughput, over the time of the timeline</h3><div class="chart-place"></div><h3>Queue depth, bios queued and not completed</h3><div class="chart-place"></div><details class="numbers"><summary>Devices in numbers</summary><div class="numbers-place"></div></details></div>
</section>`;
}
