/**
 * The whole report of a results file.
 *
 * @module
 */
import uPlotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import type { ResultsReader } from "../../results/results_reader.ts";
import { browserScript } from "./browser_script.ts";
import { type Markup, markup, type Part } from "./markup.ts";
import { ownFile } from "./own_file.ts";
import { pagePieces } from "./page.ts";
import type { PartStore } from "./part_store.ts";
import { recordingTables } from "./recording_tables.ts";
import { reportFacts } from "./report_facts.ts";
import { conformanceSection } from "./sections/conformance_section.ts";
import { evidenceOf, findingsSection } from "./sections/findings_section.ts";
import { headSection } from "./sections/head_section.ts";
import { modelSection } from "./sections/model_section.ts";
import { latencySection, orderingSection, stripsSection } from "./sections/picture_sections.ts";
import { timelineSection } from "./sections/timeline_section.ts";
import { windowsSection } from "./sections/windows_section.ts";
import { shownRuns, type StepMeanings } from "./shown_runs.ts";

export interface ReportOptions {
  /** What the results file is called, for the title. */
  readonly name: string;
  readonly stepMeanings: StepMeanings;
  /** A link at the end of the contents, beside those to the sections. */
  readonly more: Part;
  /** Has what goes into the page, and has to be open for as long as the text is made. */
  readonly store: PartStore;
}

/** Makes the text of the file, in pieces: it is never in memory as a whole. */
export async function reportText(reader: ResultsReader, options: ReportOptions): Promise<Iterable<string>> {
  const { connection, meta } = reader;
  const recorded = await recordingTables(connection, {
    releaseCache: () => reader.releaseCache(),
    store: options.store,
  });
  const counts = recorded?.counts ?? { operations: 0, bios: 0, pageEvents: 0 };
  const facts = reportFacts(connection, meta, counts);
  const runs = shownRuns(connection, options.stepMeanings);
  const { tasks = [], files = [], devices = [] } = recorded?.words ?? {};
  const lanes = tasks.length + files.length + devices.length;
  const whenRecorded = (section: () => Markup): Part => recorded === null ? null : section();
  const sections: readonly (readonly [id: string, title: string, section: Part])[] = [
    ["findings-section", "Findings", findingsSection(facts, runs, recorded?.words.originNs ?? null)],
    ["timeline", "Timeline", whenRecorded(() => timelineSection(lanes))],
    ["ordering", "Ordering", whenRecorded(orderingSection)],
    ["strips", "Pages", counts.pageEvents === 0 ? null : whenRecorded(stripsSection)],
    ["latency", "Latency", whenRecorded(latencySection)],
    ["windows", "Could have happened", windowsSection(facts, runs)],
    ["model", "Model", modelSection(facts, runs)],
    ["conformance", "Conformance", conformanceSection(facts)],
  ];
  const there = sections.filter(([, , section]) => section !== null);
  const body = markup`<a class="skip" href="#main">To the report</a>
<header class="top"><h1>${options.name}</h1><nav aria-label="Contents">${
    there.map(([id, title]) => markup`<a href="#${id}">${title}</a>`)
  }${options.more}</nav><button type="button" id="theme" aria-label="Light or dark">◐</button></header>
<main id="main">
${headSection(facts)}
${there.map(([, , section]) => section)}
</main>`;
  return pagePieces({
    title: `${options.name} · dioscope`,
    body,
    style: `${uPlotStyle.trim()}\n${ownFile("style.css")}`,
    script: browserScript("report.ts"),
    data: {
      ...(recorded === null ? {} : { words: recorded.words }),
      ...(recorded === null ? {} : { evidence: evidenceOf(facts, recorded.words.originNs) }),
      ...(runs.length === 0 ? {} : { runs }),
    },
    tables: recorded?.tables ?? [],
  });
}
