/**
 * The report's script: what has to be there at once first, the rest when it comes into view.
 *
 * @module
 */
import { BUSY_SHARE, busyPart } from "./busy_part.ts";
import { Details } from "./details.ts";
import { byId } from "./dom.ts";
import { startFilters } from "./filters.ts";
import { showLatencies } from "./latencies.ts";
import { showOrdering } from "./ordering.ts";
import { showPageStrips } from "./page_strips.ts";
import { Player } from "./player.ts";
import { showRates } from "./rates.ts";
import { type Item, Recording } from "./recording.ts";
import type { FindingEvidence, ShownRun } from "../page_data.ts";
import { Selection } from "./selection.ts";
import { embedded } from "./tables.ts";
import { startTheme } from "./theme.ts";
import { TimeWindow } from "./time_window.ts";
import { Timeline } from "./timeline.ts";
import { timeText } from "./words.ts";

/** Marks the page when a stage is reached, ms since it was opened; what measures pages reads it. */
function reached(stage: string): void {
  document.documentElement.dataset[stage] = String(Math.round(performance.now()));
  performance.mark(stage);
}

async function showRecording(): Promise<void> {
  const recording = await Recording.open();
  const selection = new Selection();
  const time = new TimeWindow(recording.words.lengthNs);
  const evidence = embedded<(FindingEvidence | null)[]>("evidence");
  const findingTimes = evidence.flatMap((each) => each === null || each.ts === null ? [] : [each.ts]);
  const { operations, bios, pages } = recording;
  const busy = busyPart(
    [operations.column("start"), bios.column("queue"), pages.column("ts")],
    recording.words.lengthNs,
  );
  if (busy !== null) {
    time.show(busy.from, busy.length);
    byId("timeline-status").textContent = `First shown: the ${timeText(time.length, 3)} in which ${
      BUSY_SHARE * 100
    } % of it happens; 0 or All shows the rest.`;
  }
  const timeline = new Timeline(recording, time, selection, findingTimes);
  new Details(recording, selection, (item) => timeline.reveal(item), evidence);
  reached("painted");
  showOrdering(recording, time, selection);
  showLatencies(recording);
  showRates(recording, time);
  if (document.getElementById("strips") !== null) {
    showPageStrips(recording, time, selection, filesOf(recording, evidence));
  }
  const events = await recording.events();
  timeline.showEvents(events);
  const show = (items: readonly Item[], finding: number | null, at: number | null) => {
    if (items.length === 0) return;
    selection.set(items, finding);
    const spans = items.map((item) => recording.span(item, events)).concat(at === null ? [] : [[at, at]]);
    time.focusOn(Math.min(...spans.map(([begin]) => begin)), Math.max(...spans.map(([, end]) => end)));
    timeline.reveal(items[0]);
    byId("timeline").scrollIntoView();
    byId("timeline-scroll").focus({ preventScroll: true });
  };
  for (const button of document.querySelectorAll<HTMLButtonElement>("button.evidence")) {
    button.addEventListener("click", () => {
      const nth = Number(button.dataset.finding);
      show(itemsOf(recording, evidence[nth]), nth, evidence[nth]?.ts ?? null);
    });
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("button.show-operations")) {
    button.addEventListener("click", () => {
      const operations = button.dataset.operations!.split(" ").map(Number);
      show(itemsOf(recording, { operations, events: [], ts: null }), null, null);
    });
  }
  reached("complete");
}

/** The operations that a finding names, what belongs to them, and the events that show it. */
function itemsOf(recording: Recording, evidence: FindingEvidence | null): Item[] {
  if (evidence === null) return [];
  const operations = evidence.operations.map((id) => recording.operationRow(id)).filter((row) => row >= 0);
  return [
    ...operations.map((row): Item => ({ kind: "operation", row })),
    ...operations.flatMap((row) => recording.partsOf(row)),
    ...evidence.events.map((row): Item => ({ kind: "event", row })),
  ];
}

/** Numbers of the files that findings are about. */
function filesOf(recording: Recording, evidence: readonly (FindingEvidence | null)[]): Set<number> {
  const files = recording.operations.column("file");
  const rows = evidence.flatMap((each) => each?.operations ?? []).map((id) => recording.operationRow(id));
  return new Set(rows.filter((row) => row >= 0).map((row) => files[row]));
}

function showModel(): void {
  if (document.getElementById("runs") === null) return;
  const player = new Player(embedded<ShownRun[]>("runs"));
  for (const button of document.querySelectorAll<HTMLButtonElement>("button.play")) {
    button.addEventListener("click", () => {
      player.show(Number(button.dataset.run));
      byId("player-title").scrollIntoView();
      byId("player-run").focus({ preventScroll: true });
    });
  }
}

startTheme();
startFilters();
showModel();
if (document.getElementById("words") !== null) void showRecording();
