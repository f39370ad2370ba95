/**
 * What the model showed: a matrix of scenarios and systems, every verdict, and the runs that can be played.
 *
 * @module
 */
import { type Markup, markup, type Part } from "../markup.ts";
import type { ReportFacts, Row } from "../report_facts.ts";
import { outcomeMatrix } from "./outcome_matrix.ts";
import type { ShownRun } from "../page_data.ts";

type Agreement = "agrees" | "disagrees" | "open";

const MARKS: Readonly<Record<Agreement, string>> = { agrees: "✓", disagrees: "✗", open: "?" };

function agreementOf({ agrees }: Row): Agreement {
  return agrees === true ? "agrees" : agrees === false ? "disagrees" : "open";
}

/** Of several verdicts together: one that disagrees decides, then one that is open. */
function worstOf(rows: readonly Row[]): Agreement {
  const all = rows.map(agreementOf);
  return all.find((each) => each === "disagrees") ?? all.find((each) => each === "open") ?? "agrees";
}

function markOf(agreement: Agreement): Markup {
  return markup`<span class="agreement ${agreement}"><span aria-hidden="true">${
    MARKS[agreement]
  }</span><span class="unseen">${agreement}</span></span>`;
}

export function modelSection(facts: ReportFacts, shown: readonly ShownRun[]): Part {
  const { verdicts, runs } = facts;
  const outcomes = outcomeMatrix(facts, shown);
  if (shown.length === 0 && verdicts.length === 0 && outcomes === null) return null;
  return markup`<section id="model" aria-labelledby="model-title">
<h2 id="model-title">Model</h2>
${outcomes}
${verdicts.length === 0 ? null : matrix(verdicts)}
${verdicts.length === 0 ? null : verdictTable(verdicts, runs, shown)}
${shown.length === 0 ? null : player(shown)}
</section>`;
}

/** Scenarios against systems; a cell counts what agrees. */
function matrix(verdicts: readonly Row[]): Part {
  const systems = [...new Set(verdicts.map(({ system }) => String(system ?? "")))].filter((name) => name !== "").sort();
  if (systems.length < 2) return null;
  const byScenario = Map.groupBy(verdicts, ({ scenario }) => String(scenario));
  const cell = (rows: readonly Row[]): Part => {
    if (rows.length === 0) return markup`<td class="none"><span class="unseen">not asked</span></td>`;
    const agreeing = rows.filter((row) => agreementOf(row) === "agrees").length;
    const count = agreeing === rows.length ? String(rows.length) : `${agreeing} of ${rows.length}`;
    return markup`<td>${markOf(worstOf(rows))} ${count}</td>`;
  };
  const lines = [...byScenario].map(([scenario, rows]) => {
    const cells = systems.map((system) => cell(rows.filter((row) => row.system === system)));
    return markup`<tr><th scope="row">${scenario}</th>${cells}</tr>
`;
  });
  return markup`<h3>Expectations by scenario and system</h3>
<div class="wide tall" tabindex="0" role="region" aria-label="Expectations by scenario and system"><table class="matrix">
<thead><tr><th scope="col">scenario</th>${systems.map((system) => markup`<th scope="col">${system}</th>`)}</tr></thead>
<tbody>${lines}</tbody></table></div>`;
}

function verdictTable(verdicts: readonly Row[], runs: readonly Row[], shown: readonly ShownRun[]): Markup {
  const classes = new Map(runs.map((run) => [Number(run.run_id), run]));
  const groups = Map.groupBy(
    verdicts,
    ({ scenario, row, system, kind, subject, expected, actual, agrees }) =>
      JSON.stringify([scenario, row, system, kind, subject, expected, actual, agrees]),
  );
  const lines = [...groups.values()].map((group) => verdictLine(group, classes, shown));
  const counts = (["agrees", "disagrees", "open"] as const).map((each) => {
    const count = verdicts.filter((row) => agreementOf(row) === each).length;
    return markup`<option value="${each}">${each} (${count})</option>`;
  });
  return markup`<h3>Verdicts</h3>
<div class="toolbar filter" data-table="verdicts">
<label>Show <select data-column="agreement"><option value="">all (${verdicts.length})</option>${counts}</select></label>
<label>with <input type="search" placeholder="scenario, anomaly, ..." autocomplete="off"></label>
<span role="status" class="hint"></span>
</div>
<div class="wide tall" tabindex="0" role="region" aria-label="Verdicts"><table id="verdicts">
<thead><tr><th scope="col"><span class="unseen">agreement</span></th><th scope="col">row</th><th scope="col">scenario</th><th scope="col">system and flags</th><th scope="col">expected</th><th scope="col">shown</th><th scope="col" class="number">classes</th></tr></thead>
<tbody>${lines}</tbody></table></div>`;
}

function verdictLine(
  group: readonly Row[],
  explorations: ReadonlyMap<number, Row>,
  shown: readonly ShownRun[],
): Markup {
  const [first] = group;
  const flags = [...new Set(group.map((row) => String(row.flags ?? "")))];
  const flagsText = flags.length === 1 ? flags[0] : `${group.length} runs: ${flags[0] || "default"}, …`;
  const explored = [...new Set(group.map(({ run_id }) => Number(run_id)))].map((id) => explorations.get(id));
  const classes = explored.reduce((sum, run) => sum + Number(run?.classes ?? 0), 0);
  const picture = shown.find((run) => run.scenario === first.scenario && showsSubject(run, first));
  const agreement = agreementOf(first);
  const play = picture === undefined
    ? null
    : markup` <button type="button" class="link play" data-run="${picture.id}">play</button>`;
  return markup`<tr data-agreement="${agreement}"><td>${markOf(agreement)}</td><td>${String(first.row ?? "")}</td><td>${
    String(first.scenario)
  }</td><td>${String(first.system ?? "")}<div class="hint">${flagsText}</div></td><td>${
    String(first.expected ?? "")
  }<div class="hint">${String(first.why ?? "")}</div></td><td class="shown">${
    String(first.actual ?? "")
  }${play}</td><td class="number" title="${String(first.claim ?? "")}">${
    classes === 0 ? "" : classes.toLocaleString("en")
  }</td></tr>
`;
}

function showsSubject({ shows, system }: ShownRun, { kind, subject, system: of }: Row): boolean {
  return kind === "reachable" && system === of && shows.split(", ")[0] === subject;
}

function player(shown: readonly ShownRun[]): Markup {
  const options = shown.map(({ id, scenario, system, shows }) =>
    markup`<option value="${id}">${shows} · ${scenario} · ${system}</option>`
  );
  return markup`<h3 id="player-title">Runs, step by step</h3>
<div id="player" role="group" aria-labelledby="player-title">
<div class="toolbar"><label>Run <select id="player-run">${options}</select></label></div>
<div id="player-body"></div>
</div>`;
}
