/**
 * The head of the report: the verdict, and what was recorded.
 *
 * @module
 */
import { grouped } from "../../plural.ts";
import { type Markup, markup, type Part } from "../markup.ts";
import { isStopped, type ReportFacts, type Row, sum, verdictOf, type VerdictTone } from "../report_facts.ts";
import { duration } from "./duration.ts";

const MARKS: Readonly<Record<VerdictTone, string>> = { good: "✓", plain: "○", open: "?", bad: "✗" };

export function headSection(facts: ReportFacts): Markup {
  const { tone, sentence } = verdictOf(facts);
  return markup`<p class="verdict ${tone}" id="verdict"><span class="mark" aria-hidden="true">${
    MARKS[tone]
  }</span> ${sentence}</p>
${facts.recordings.length === 0 ? null : recorded(facts)}
${facts.runs.length === 0 ? null : explored(facts)}
${facts.recordings.map(recordingCard)}
${facts.unknownEvents === null || facts.unknownEvents.length === 0 ? null : unknownTypes(facts.unknownEvents)}
${diagnosticsTable(facts)}`;
}

function recorded({ recordings, filesystems, counts, devices, unknownEvents }: ReportFacts): Markup {
  const events = sum(recordings, "events");
  const span = duration(
    Math.max(...recordings.map(({ last_ns }) => Number(last_ns))) -
      Math.min(...recordings.map(({ first_ns }) => Number(first_ns))),
  );
  const cards: [string, string][] = [
    ["events", grouped(events)],
    ["time", span],
    ["operations", grouped(counts.operations)],
    ["bios", grouped(counts.bios)],
    ["page-cache steps", grouped(counts.pageEvents)],
    ["lost", grouped(sum(recordings, "lost_events"))],
    ["not readable", grouped(sum(recordings, "skipped_records"))],
    ...(unknownEvents === null
      ? []
      : [["event types not understood", grouped(unknownEvents.length)] satisfies [string, string]]),
    ["filesystem", filesystems.join(", ") || "not seen"],
    ["devices", [...new Set(devices.map(({ dev }) => String(dev)))].join(", ") || "none"],
  ];
  return cardList(cards);
}

function cardList(cards: readonly (readonly [name: string, value: string])[]): Markup {
  return markup`<dl class="cards">${
    cards.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)
  }</dl>`;
}

/** More systems than this are counted; their names are in the matrix. */
const NAMED_MAX = 3;

/** Of the model, what was explored and how far. */
function explored({ runs, shapes }: ReportFacts): Markup {
  const different = (column: string) => [...new Set(runs.map((run) => String(run[column])))];
  const ofRecording = new Set(shapes.map(({ shape }) => String(shape)));
  const scenarios = different("scenario");
  const systems = different("system");
  const cut = scenarios.filter((scenario) => ofRecording.has(scenario)).length;
  const stopped = runs.filter(isStopped).length;
  return cardList([
    [
      "scenarios",
      cut === 0 ? grouped(scenarios.length) : `${grouped(scenarios.length)} (${grouped(cut)} from the recording)`,
    ],
    ["systems", systems.length > NAMED_MAX ? grouped(systems.length) : systems.join(", ")],
    ["explorations", grouped(runs.length)],
    ["schedules that differ", grouped(sum(runs, "classes"))],
    ["explored to the end", `${grouped(runs.length - stopped)} of ${grouped(runs.length)}`],
  ]);
}

function recordingCard(row: Row): Markup {
  const text = (value: unknown): Part => value === null || value === undefined ? "not recorded" : String(value);
  return markup`<p class="source"><b>Recording ${text(row.recording_id)}</b>: <span class="path">${
    text(row.path)
  }</span> (${text(row.format)}), kernel ${text(row.kernel)}, clock ${text(row.clock)}, ${text(row.cpus)} CPUs</p>
`;
}

function unknownTypes(names: readonly string[]): Markup {
  return markup`<details><summary>Event types that nothing special is known of; their fields are kept: ${names.length}</summary><p class="path">${
    names.join(", ")
  }</p></details>`;
}

function diagnosticsTable({ diagnostics }: ReportFacts): Part {
  if (diagnostics.length === 0) return null;
  const grave = diagnostics.filter(({ severity }) => severity !== "info").length;
  const notes = diagnostics.length === 1 ? "1 note" : `${grouped(diagnostics.length)} notes`;
  const summary = grave === 0
    ? `What is in doubt or not recorded: ${notes}`
    : `What was lost, not understood or is in doubt: ${notes}, ${grave} of them more than a note`;
  return markup`<details class="diagnostics"${grave > 0 ? markup` open` : null}><summary>${summary}</summary>
<div class="wide" tabindex="0" role="region" aria-label="Diagnostics"><table>
<thead><tr><th scope="col">severity</th><th scope="col">code</th><th scope="col" class="number">count</th><th scope="col">what it means</th><th scope="col">where</th></tr></thead>
<tbody>${
    diagnostics.map((row) =>
      markup`<tr><td><span class="severity ${String(row.severity)}">${
        String(row.severity).replace("_", " ")
      }</span></td><td>${String(row.code)}</td><td class="number">${grouped(Number(row.count))}</td><td>${
        String(row.message)
      }</td><td class="path">${row.position === null ? null : String(row.position)}</td></tr>
`
    )
  }</tbody></table></div></details>`;
}
