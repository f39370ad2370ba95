/**
 * What the model of the kernel predicts against what was recorded: shares by family, each kind of event, and where calls
 * first go another way.
 *
 * @module
 */
import { grouped } from "../../plural.ts";
import { type Markup, markup, type Part } from "../markup.ts";
import { conforms, floorPercent, isModelled, type ReportFacts, type Row, sum } from "../report_facts.ts";

/** Kinds of first differences that are listed. */
const DIFFERENCES_MAX = 30;

export function conformanceSection({ conformance, conformanceCalls }: ReportFacts): Part {
  if (conformance.length === 0) return null;
  const modelled = conformance.filter(isModelled);
  const differing = modelled.filter((row) => !conforms(row)).length;
  const systems = [...new Set(conformance.map(({ system }) => String(system)))].join(", ");
  return markup`<section id="conformance" aria-labelledby="conformance-title">
<h2 id="conformance-title">Conformance</h2>
<p>${systems}: ${
    differing === 0
      ? "model and recording agree on every kind of event."
      : `model and recording differ in ${differing} of ${modelled.length} kinds of events; these come first.`
  }${callsText(conformanceCalls)}</p>
${familyTable(conformance)}
<h3>By kind of event</h3>
<div class="wide tall" tabindex="0" role="region" aria-label="Conformance by kind of event"><table id="conformance-events">
<thead><tr><th scope="col"><span class="unseen">agreement</span></th><th scope="col">event</th><th scope="col">family</th>${
    ["predicted", "observed", "matched", "unexplained", "elsewhere"].map((name) =>
      markup`<th scope="col" class="number">${name}</th>`
    )
  }</tr></thead>
<tbody>${conformance.toSorted((a, b) => missing(b) - missing(a)).map(eventLine)}</tbody></table></div>
<p class="hint">Unexplained: part of observed, of no call and of no work of the kernel's own. Elsewhere: not in observed, of writeback, the journal, completions and the like.</p>
${differences(conformanceCalls)}
</section>`;
}

/** How much of a kind of event one has and the other has not; what is not modelled comes last. */
function missing(row: Row): number {
  return isModelled(row) ? Number(row.predicted) + Number(row.observed) - 2 * Number(row.matched) : -1;
}

function callsText(calls: readonly Row[]): string {
  if (calls.length === 0) return "";
  const asPredicted = calls.filter(({ differs }) => differs !== true).length;
  return ` ${grouped(asPredicted)} of ${grouped(calls.length)} calls go as predicted.`;
}

function familyTable(conformance: readonly Row[]): Part {
  const families = [...Map.groupBy(conformance.filter(isModelled), ({ family }) => String(family ?? ""))];
  if (families.length === 0) return null;
  const lines = families.map(([family, rows]) => {
    const [predicted, observed, matched] = ["predicted", "observed", "matched"].map((name) => sum(rows, name));
    return markup`<tr><th scope="row">${family}</th>${shareCell(matched, predicted)}${shareCell(matched, observed)}</tr>
`;
  });
  return markup`<div class="wide" tabindex="0" role="region" aria-label="Conformance by family"><table id="conformance-families">
<thead><tr><th scope="col">events of</th><th scope="col" class="number">predicted events that were recorded</th><th scope="col" class="number">recorded events that were predicted</th></tr></thead>
<tbody>${lines}</tbody></table></div>`;
}

function shareCell(part: number, whole: number): Markup {
  if (whole === 0) return markup`<td class="number"><span class="hint">none</span></td>`;
  return markup`<td class="number">${floorPercent(part, whole)} <span class="hint">of ${grouped(whole)}</span></td>`;
}

function eventLine(row: Row): Markup {
  const state = !isModelled(row) ? "none" : conforms(row) ? "agrees" : "disagrees";
  const mark = { none: "·", agrees: "✓", disagrees: "✗" }[state];
  const words = { none: "not modelled", agrees: "agrees", disagrees: "differs" }[state];
  const text = (name: string) => row[name] === null || row[name] === undefined ? "" : String(row[name]);
  return markup`<tr><td><span class="agreement ${state}"><span aria-hidden="true">${mark}</span><span class="unseen">${words}</span></span></td><td>${
    text("event")
  }</td><td>${text("family")}${state === "none" ? markup` <span class="hint">not modelled</span>` : null}</td>${
    ["predicted", "observed", "matched", "unexplained", "elsewhere"].map((name) =>
      markup`<td class="number">${row[name] === null || row[name] === undefined ? "" : grouped(Number(row[name]))}</td>`
    )
  }</tr>
`;
}

/** Calls that go another way, those of one kind of difference in one line. */
function differences(calls: readonly Row[]): Part {
  const differing = calls.filter(({ differs }) => differs === true);
  if (differing.length === 0) return null;
  const kinds = [...Map.groupBy(differing, (row) => JSON.stringify([nameOf(row.expected), nameOf(row.recorded)]))]
    .map(([, rows]) => rows).sort((a, b) => b.length - a.length);
  const left = kinds.length - DIFFERENCES_MAX;
  const text = (cell: Row[string]) =>
    cell === null || cell === undefined || cell === "" ? "nothing more" : String(cell);
  const isExplained = kinds.some(([first]) => String(first.why ?? "") !== "");
  const whenExplained = (part: Part): Part => isExplained ? part : null;
  const lines = kinds.slice(0, DIFFERENCES_MAX).map((rows) => {
    const [first] = rows;
    const label = `Show operation ${first.op_id} on the timeline`;
    return markup`<tr><td class="number">${grouped(rows.length)}</td><td>${text(first.expected)}</td><td>${
      text(first.recorded)
    }</td>${
      whenExplained(markup`<td>${String(first.why ?? "")}</td>`)
    }<td><button type="button" class="link show-operations" data-operations="${
      String(first.op_id)
    }" aria-label="${label}">operation ${String(first.op_id)}</button></td></tr>
`;
  });
  return markup`<h3>First differences</h3>
<div class="wide tall" tabindex="0" role="region" aria-label="First differences"><table id="conformance-differences">
<thead><tr><th scope="col" class="number">calls</th><th scope="col">predicted</th><th scope="col">recorded</th>${
    whenExplained(markup`<th scope="col">why</th>`)
  }<th scope="col">the first of them</th></tr></thead>
<tbody>${lines}</tbody></table></div>
${left > 0 ? markup`<p class="hint">${grouped(left)} rarer kinds are in table conformance_call.</p>` : null}`;
}

/** The event in `name key=value ...`. */
function nameOf(text: Row[string]): string {
  return String(text ?? "").split(/[ :(]/, 1)[0];
}
