/**
 * All findings, of recordings and of the model, with filters; each leads to its evidence.
 *
 * @module
 */
import { type Markup, markup, type Part } from "../markup.ts";
import type { ReportFacts, Row } from "../report_facts.ts";
import type { FindingEvidence, ShownRun } from "../page_data.ts";
import { sentencesOf } from "../shown_runs.ts";
import { replayCommand } from "../replay_command.ts";
import { duration } from "./duration.ts";

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

/** @param originNs time 0 of the page; null: nothing was recorded */
export function findingsSection(
  { findings }: ReportFacts,
  shown: readonly ShownRun[],
  originNs: string | null,
): Part {
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
${findings.map((row, nth) => findingItem(row, nth, shown, originNs))}</ol>
</section>`;
}

function findingItem(row: Row, nth: number, shown: readonly ShownRun[], originNs: string | null): Markup {
  const severity = String(row.severity);
  const attributes = String(row.attributes ?? "");
  const title = attributes === "" ? String(row.anomaly) : `${row.anomaly} (${attributes})`;
  const lines = sentencesOf(String(row.explanation ?? ""));
  return markup`<li data-severity="${severity}" data-anomaly="${String(row.anomaly)}" id="finding-${
    nth + 1
  }"><div class="finding-head"><h3><span class="severity ${severity}">${
    severity.replace("_", " ")
  }</span> ${title}</h3><p class="hint">${placeOf(row, originNs)}</p>${play(row, nth, shown)}</div>${
    lines.map((line) => markup`<p>${line}</p>`)
  }${replay(row, shown)}</li>
`;
}

function sectorsText({ first_sector: first, sectors }: Row): string | null {
  if (first === null || first === undefined) return null;
  const last = Number(first) + Number(sectors ?? 1) - 1;
  return last === Number(first) ? `sector ${first} of the file` : `sectors ${first} to ${last} of the file`;
}

/** Where and when it is. */
function placeOf(row: Row, originNs: string | null): string {
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
      row.ts_ns === null || originNs === null
        ? null
        : `at ${duration(Number(BigInt(String(row.ts_ns)) - BigInt(originNs)))}`,
    ];
  return parts.filter((part) => part !== null && part !== undefined).join(" · ");
}

interface Picture {
  readonly run: ShownRun;
  /** Whether it is a run of the finding's own scenario; else it shows the same of another one. */
  readonly isOwn: boolean;
}

/** A run of the model that shows it: of its own scenario where one is kept, else the same of the same system. */
function pictureOf(row: Row, shown: readonly ShownRun[]): Picture | undefined {
  if (row.recording_id !== null) return undefined;
  const kind = [row.anomaly, row.attributes].filter((part) => String(part ?? "") !== "").join(", ");
  const alike = shown.filter(({ system, shows }) => system === row.system && shows === kind);
  const own = alike.find(({ scenario }) => scenario === row.scenario);
  const run = own ?? alike[0];
  return run === undefined ? undefined : { run, isOwn: own !== undefined };
}

function play(row: Row, nth: number, shown: readonly ShownRun[]): Part {
  if (row.recording_id !== null) {
    const label = `Show on the timeline: the evidence of finding ${nth + 1}`;
    return markup`<button type="button" class="evidence" data-finding="${nth}" aria-label="${label}">Show on the timeline</button>`;
  }
  const picture = pictureOf(row, shown);
  if (picture === undefined) return null;
  const { run: { id, scenario }, isOwn } = picture;
  const [words, label] = isOwn
    ? ["Play the run", `Play the run of finding ${nth + 1}`]
    : [`Play the same in ${scenario}`, `Play the same in ${scenario}: finding ${nth + 1}`];
  return markup`<button type="button" class="play" data-run="${id}" aria-label="${label}">${words}</button>`;
}

/** How a run of the model that is not kept is done again. */
function replay(row: Row, shown: readonly ShownRun[]): Part {
  if (row.recording_id !== null || pictureOf(row, shown)?.isOwn || String(row.token ?? "") === "") return null;
  const [token, text] = [String(row.token), String(row.scenario_text ?? "")];
  if (text === "") return markup`<p class="token">token ${token}</p>`;
  const command = replayCommand({ scenario: String(row.scenario), system: String(row.system), token, text });
  return markup`<details class="replay"><summary>Token, and the command that replays it</summary><p class="token">${token}</p><pre tabindex="0" aria-label="Command">${command}</pre></details>`;
}
