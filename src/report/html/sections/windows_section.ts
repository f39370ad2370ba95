/**
 * What could have happened: operations that were at the same place at the same time, as small scenarios, and what the
 * modelled systems make of them.
 *
 * @module
 */
import { grouped } from "../../plural.ts";
import { type Markup, markup, type Part } from "../markup.ts";
import type { ShownRun } from "../page_data.ts";
import { isStopped, type ReportFacts, type Row } from "../report_facts.ts";

export function windowsSection(facts: ReportFacts, shown: readonly ShownRun[]): Part {
  const { shapes, shapeRuns } = facts;
  if (shapes.length === 0) return null;
  const systems = [...new Set(shapeRuns.map(({ system }) => String(system)))].sort();
  // Several shapes may be parts of one pair.
  const pairs = new Set(shapes.flatMap(pairsOf)).size;
  return markup`<section id="windows" aria-labelledby="windows-title">
<h2 id="windows-title">What could have happened</h2>
<p>${grouped(pairs)} times two operations were at the same place at the same time, in ${
    grouped(shapes.length)
  } ways. Each way was explored on each of the systems.</p>
<div class="wide tall" tabindex="0" role="region" aria-label="Pairs of operations, by system"><table>
<thead><tr><th scope="col">what is beside what</th><th scope="col" class="number">times</th>${
    systems.map((system) => markup`<th scope="col">${system}</th>`)
  }<th scope="col"><span class="unseen">example</span></th></tr></thead>
<tbody>${shapes.map((shape) => shapeLine(shape, systems, facts, shown))}</tbody></table></div>
</section>`;
}

/** `48 50`: op_id of two operations. */
function pairsOf({ op_ids }: Row): string[] {
  const ids = String(op_ids ?? "").match(/\d+/g) ?? [];
  return Array.from({ length: ids.length / 2 }, (_, nth) => `${ids[2 * nth]} ${ids[2 * nth + 1]}`);
}

function shapeLine(
  shape: Row,
  systems: readonly string[],
  facts: ReportFacts,
  shown: readonly ShownRun[],
): Markup {
  const cells = systems.map((system) => {
    const runs = facts.shapeRuns.filter((run) => run.scenario === shape.shape && run.system === system);
    const ids = runs.map(({ run_id }) => run_id);
    const found = facts.findings.filter(({ run_id }) => run_id !== null && ids.includes(run_id));
    const picture = shown.find((run) => run.scenario === shape.shape && run.system === system);
    return systemCell(runs, found, picture);
  });
  // operation.op_id of the first pair.
  const operations = pairsOf(shape)[0] ?? "";
  const label = `Show the first time of ${String(shape.title)} on the timeline`;
  return markup`<tr><th scope="row">${String(shape.shape)}: ${String(shape.title)}</th><td class="number">${
    grouped(Number(shape.windows))
  }</td>${cells}<td><button type="button" class="link show-operations" data-operations="${operations}" aria-label="${label}">show</button></td></tr>
`;
}

function systemCell(runs: readonly Row[], found: readonly Row[], picture: ShownRun | undefined): Markup {
  if (runs.length === 0) return markup`<td><span class="hint">not explored</span></td>`;
  const claim = String(runs[0].claim ?? "");
  const play = picture === undefined
    ? null
    : markup` <button type="button" class="link play" data-run="${picture.id}">play</button>`;
  const anomalies = [...new Set(found.map(({ anomaly }) => String(anomaly)))];
  if (anomalies.length === 0) {
    return markup`<td title="${claim}"><span class="hint">${
      isStopped(runs[0]) ? "nothing found, but stopped early" : "nothing found"
    }</span></td>`;
  }
  return markup`<td title="${claim}">${anomalies.map((anomaly) => markup`<div>${anomaly}</div>`)}${play}</td>`;
}
