/**
 * The whole report of a results file.
 *
 * @module
 */
import * as fs from "node:fs";
import type { ResultsReader } from "../../results/results_reader.ts";
import { browserScript } from "./browser_script.ts";
import { markup } from "./markup.ts";
import { pageText } from "./page.ts";
import { recordingTables } from "./recording_tables.ts";
import { reportFacts } from "./report_facts.ts";
import { headSection } from "./sections/head_section.ts";
import { timelineSection } from "./sections/timeline_section.ts";

export interface ReportOptions {
  /** What the results file is called, for the title. */
  readonly name: string;
}

/** A file of this folder as text. */
export function ownFile(name: string): string {
  return fs.readFileSync(new URL(`./${name}`, import.meta.url), "utf8");
}

/** Makes the text of the file. */
export function reportText({ connection, meta }: ResultsReader, { name }: ReportOptions): string {
  const recorded = recordingTables(connection);
  const counts = recorded?.counts ?? { operations: 0, bios: 0, pageEvents: 0 };
  const facts = reportFacts(connection, meta, counts);
  const body = markup`<a class="skip" href="#main">To the report</a>
<header class="top"><h1>${name}</h1></header>
<main id="main">
${headSection(facts)}
${recorded === null ? null : timelineSection()}
</main>`;
  return pageText({
    title: `${name} · dioscope`,
    body,
    style: ownFile("style.css"),
    script: browserScript("report.ts"),
    data: recorded === null ? {} : { words: recorded.words },
    tables: recorded?.tables ?? [],
  });
}
