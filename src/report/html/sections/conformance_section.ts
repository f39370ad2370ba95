/**
 * What a modelled system predicts against what was recorded, for each kind of event.
 *
 * @module
 */
import { type Markup, markup, type Part } from "../markup.ts";
import { conforms, type ReportFacts, type Row } from "../report_facts.ts";

export function conformanceSection({ conformance }: ReportFacts): Part {
  if (conformance.length === 0) return null;
  const known = ["recording_id", "system", "event", "predicted", "observed", "matched"];
  const others = Object.keys(conformance[0]).filter((name) => !known.includes(name));
  const differing = conformance.filter((row) => !conforms(row)).length;
  return markup`<section id="conformance" aria-labelledby="conformance-title">
<h2 id="conformance-title">Conformance</h2>
<p>${
    differing === 0
      ? "Model and recording agree on every kind of event."
      : `Model and recording differ in ${differing} of ${conformance.length} kinds of events; these come first.`
  }</p>
<div class="wide tall" tabindex="0" role="region" aria-label="Conformance"><table>
<thead><tr><th scope="col"><span class="unseen">agreement</span></th><th scope="col">event</th><th scope="col">system</th><th scope="col" class="number">predicted</th><th scope="col" class="number">observed</th><th scope="col" class="number">matched</th>${
    others.map((name) => markup`<th scope="col">${name.replaceAll("_", " ")}</th>`)
  }</tr></thead>
<tbody>${
    conformance.toSorted((a, b) => Number(conforms(a)) - Number(conforms(b))).map((row) => line(row, others))
  }</tbody></table></div>
</section>`;
}

function line(row: Row, others: readonly string[]): Markup {
  const isMatched = conforms(row);
  const text = (name: string) => row[name] === null || row[name] === undefined ? "" : String(row[name]);
  return markup`<tr><td><span class="agreement ${isMatched ? "agrees" : "disagrees"}"><span aria-hidden="true">${
    isMatched ? "✓" : "✗"
  }</span><span class="unseen">${isMatched ? "agrees" : "differs"}</span></span></td><td>${text("event")}</td><td>${
    text("system")
  }</td><td class="number">${text("predicted")}</td><td class="number">${text("observed")}</td><td class="number">${
    text("matched")
  }</td>${others.map((name) => markup`<td>${text(name)}</td>`)}</tr>
`;
}
