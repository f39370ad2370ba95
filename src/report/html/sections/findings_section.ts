/**
 * All findings, of recordings and of the model, with filters; each leads to its evidence.
 *
 * @module
 */
import { type Markup, markup, type Part } from "../markup.ts";
import type { ReportFacts, Row } from "../report_facts.ts";
import type { FindingEvidence, ShownRun } from "../page_data.ts";
import { sentencesOf } from "../shown_runs.ts";

/** Evidence of each finding, in the order in which they are listed; null for those of the model. */
export function evidenceOf({ findings }: ReportFacts, originNs: string | null): (FindingEvidence | null)[] {
  return findings.map(({ recording_id, event_seqs, op_a, op_b, ts_ns }) => {
    if (recording_id === null || originNs === null) return null;
    const numbers = (text: string) => text.split(" ").filter((part) => part !== "").map(Number);
    return {
      events: numbers(String(event_seqs ?? "")),
      operations: [op_a, op_b].flatMap((name) => String(name ?? "").match(/\d+$/) ?? []).map(Number),
      ts: ts_ns === null ? null : Number(BigInt(String(ts_ns)) - BigInt(originNs)),
    };
  });
}

export function findingsSection({ findings }: ReportFacts, shown: readonly ShownRun[]): Part {
  if (findings.length === 0) return null;
  const options = (column: string) =>
    [...Map.groupBy(findings, (row) => String(row[column]))].map(([value, rows]) =>
      markup`<option value="${value}">${value.replace("_", " ")} (${rows.length})</option>`
    );
  return markup`<section id="findings-section" aria-labelledby="findings-title">
<h2 id="findings-title">Findings</h2>
<div class="toolbar filter" data-table="findings">
<label>Severity <select data-column="severity"><option value="">all (${findings.length})</option>${
    options("severity")
  }</select></label>
<label>Anomaly <select data-column="anomaly"><option value="">all</option>${options("anomaly")}</select></label>
<label>with <input type="search" placeholder="file, operation, ..." autocomplete="off"></label>
<span role="status" class="hint"></span>
</div>
<ol id="findings" class="findings">
${findings.map((row, nth) => findingItem(row, nth, shown))}</ol>
</section>`;
}

function findingItem(row: Row, nth: number, shown: readonly ShownRun[]): Markup {
  const severity = String(row.severity);
  const attributes = String(row.attributes ?? "");
  const title = attributes === "" ? String(row.anomaly) : `${row.anomaly} (${attributes})`;
  const lines = sentencesOf(String(row.explanation ?? ""));
  return markup`<li data-severity="${severity}" data-anomaly="${String(row.anomaly)}" id="finding-${
    nth + 1
  }"><h3><span class="severity ${severity}">${severity.replace("_", " ")}</span> ${title}</h3><p class="hint">${
    placeOf(row)
  }</p>${lines.map((line) => markup`<p>${line}</p>`)}${action(row, nth, shown)}</li>
`;
}

function sectorsText({ first_sector: first, sectors }: Row): string | null {
  if (first === null || first === undefined) return null;
  const last = Number(first) + Number(sectors ?? 1) - 1;
  return last === Number(first) ? `sector ${first} of the file` : `sectors ${first} to ${last} of the file`;
}

function placeOf(row: Row): string {
  const sectors = sectorsText(row);
  const count = Number(row.count ?? 1);
  const parts = row.recording_id === null
    ? [
      row.scenario,
      row.system,
      row.file === null ? null : `file ${row.file}`,
      sectors,
      count === 1 ? "1 run shows it" : `${count} runs show it`,
    ]
    : [
      `recording ${row.recording_id}`,
      row.dev === null ? null : `${row.dev} inode ${row.ino}`,
      row.file,
      sectors,
      count > 1 ? `${count} times` : null,
    ];
  return parts.filter((part) => part !== null && part !== undefined).join(" · ");
}

function action(row: Row, nth: number, shown: readonly ShownRun[]): Part {
  if (row.recording_id !== null) {
    const label = `Show on the timeline: the evidence of finding ${nth + 1}`;
    return markup`<button type="button" class="evidence" data-finding="${nth}" aria-label="${label}">Show on the timeline</button>`;
  }
  const kind = [row.anomaly, row.attributes].filter((part) => String(part ?? "") !== "").join(", ");
  const run = shown.find(({ scenario, system, shows }) =>
    scenario === row.scenario && system === row.system && shows === kind
  );
  if (run === undefined) return markup`<p class="token">${String(row.token ?? "")}</p>`;
  return markup`<button type="button" class="play" data-run="${run.id}" aria-label="Play the run of finding ${
    nth + 1
  }">Play the run</button>`;
}
