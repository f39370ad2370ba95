/**
 * Systems beside each other: what each scenario comes to under each of them.
 *
 * @module
 */
import { type Markup, markup, type Part } from "../markup.ts";
import type { ShownRun } from "../page_data.ts";
import { outcomeOf, type ReportFacts, type Row } from "../report_facts.ts";

const MARKS = { bad: "✗", good: "✓", open: "?" } as const;
/** As the marks of verdicts are coloured. */
const CLASSES = { bad: "disagrees", good: "agrees", open: "open" } as const;

/** One cell a scenario and system; null where fewer than two systems were explored. */
export function outcomeMatrix({ runs, shapes, findings }: ReportFacts, shown: readonly ShownRun[]): Part {
  const ofRecordings = new Set(shapes.map(({ shape }) => shape));
  const own = runs.filter(({ scenario }) => !ofRecordings.has(scenario));
  const systems = [...new Set(own.map(({ system }) => String(system)))];
  if (systems.length < 2) return null;
  const findingsOf = Map.groupBy(findings, ({ run_id }) => run_id);
  const rows = [...Map.groupBy(own, ({ scenario }) => String(scenario))].map(([scenario, ofScenario]) =>
    markup`<tr><th scope="row">${scenario}</th>${
      systems.map((system) => {
        const here = ofScenario.filter((run) => run.system === system);
        const pictures = shown.filter((run) => run.scenario === scenario && run.system === system);
        return cell(here, findingsOf, pictures);
      })
    }</tr>
`
  );
  return markup`<h3>Systems beside each other</h3>
<div class="wide tall" tabindex="0" role="region" aria-label="Systems beside each other"><table class="matrix" id="outcomes">
<thead><tr><th scope="col">scenario</th>${systems.map((system) => markup`<th scope="col">${system}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

/** Runs of one scenario on one system with different flags: each word once. */
function cell(
  runs: readonly Row[],
  findingsOf: ReadonlyMap<Row[string], readonly Row[]>,
  pictures: readonly ShownRun[],
): Markup {
  if (runs.length === 0) return markup`<td class="none"><span class="unseen">not expressible, or not asked</span></td>`;
  const words = new Map(runs.map((run) => {
    const { text, tone } = outcomeOf(run, findingsOf.get(run.run_id) ?? []);
    return [text, tone === "bad" || tone === "good" ? tone : "open"] as const;
  }));
  const claim = runs.map((run) => String(run.claim ?? "")).join("; ");
  const plays = pictures.slice(0, 1).map(({ id, system, scenario }) =>
    markup` <button type="button" class="link play" data-run="${id}" aria-label="Play ${scenario} on ${system}">play</button>`
  );
  return markup`<td title="${claim}">${
    [...words].map(([text, tone]) =>
      markup`<div><span class="agreement ${CLASSES[tone]}" aria-hidden="true">${MARKS[tone]}</span> ${text}</div>`
    )
  }${plays}</td>`;
}
