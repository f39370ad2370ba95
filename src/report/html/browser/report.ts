/**
 * The report's script: what has to be there at once first, the rest when it comes into view.
 *
 * @module
 */
import { Details } from "./details.ts";
import { Recording } from "./recording.ts";
import { Selection } from "./selection.ts";
import { Timeline } from "./timeline.ts";
import { TimeWindow } from "./time_window.ts";

async function showRecording(): Promise<void> {
  if (document.getElementById("words") === null) return;
  const recording = await Recording.open();
  const selection = new Selection();
  const time = new TimeWindow(recording.words.lengthNs);
  const timeline = new Timeline(recording, time, selection, []);
  new Details(recording, selection, (item) => timeline.reveal(item));
  document.documentElement.dataset.painted = String(Math.round(performance.now()));
  timeline.showEvents(await recording.events());
  document.documentElement.dataset.complete = String(Math.round(performance.now()));
}

void showRecording();
