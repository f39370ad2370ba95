/**
 * What `analyse` says at its end, for a person at a terminal: what was recorded, what is missing, where the results are.
 *
 * @module
 */

import { shown } from "../recording/inputs.ts";
import type { AnalyseSummary, WindowsSummary } from "./analyse_summary.ts";
import { besideHistoryLines } from "./beside_history_lines.ts";
import { conformanceLines } from "./conformance_summary.ts";
import { grouped, plural } from "./plural.ts";
import { LINE_WIDTH, wrap, wrapItems } from "./text_wrap.ts";
import { shellWord } from "../std/shell_word.ts";

/** Nanoseconds as seconds with three decimals. */
function seconds(ns: bigint): string {
  const ms = ns / 1_000_000n;
  return `${ms / 1000n}.${String(ms % 1000n).padStart(3, "0")} s`;
}

function recordingLines(recording: AnalyseSummary["recordings"][number]): string[] {
  const about = [
    recording.kernel === null ? null : `kernel ${recording.kernel}`,
    recording.clock === null ? null : `clock ${recording.clock}`,
    recording.cpus === null ? null : `${recording.cpus} CPU${recording.cpus === 1 ? "" : "s"}`,
    recording.clock_offset_ns === "0" ? null : `times moved by ${recording.clock_offset_ns} ns`,
  ].filter((fact) => fact !== null);
  const span = recording.first_ns === null
    ? ""
    : ` in ${seconds(BigInt(recording.last_ns!) - BigInt(recording.first_ns))}`;
  return [
    `recording ${recording.recording_id}: ${shown(recording.path)} (${recording.format})`,
    ...(about.length > 0 ? [`  ${about.join(", ")}`] : []),
    `  ${plural(recording.events, "event")}${span}; lost ${grouped(recording.lost_events)}, ` +
    `not readable ${grouped(recording.skipped_records)}`,
  ];
}

/** What lifting made of the events; nothing where there are no operations. */
function operationLines({ operations, ambiguities, not_recorded }: AnalyseSummary): string[] {
  if (operations.count === 0 && not_recorded === null) return [];
  const sure = Object.entries(operations.by_attribution).filter(([, count]) => count > 0).reverse()
    .map(([name, count]) => `${name} ${grouped(count)}`).join(", ");
  const lines = operations.count === 0 ? [] : [
    ...wrapItems(
      `${plural(operations.count, "operation")}: `,
      operations.by_kind.map(({ kind, count }) => `${kind} ${grouped(count)}`),
    ),
    `  their files: ${sure}; operations or files known of ` +
    `${plural(operations.attributed_bios, "bio")} and ${plural(operations.attributed_page_events, "page event")}`,
  ];
  if (ambiguities.length > 0) {
    lines.push(
      `  in doubt: ${ambiguities.map(({ id, count }) => `${id} ${grouped(count)}`).join(", ")} (table diagnostic)`,
    );
  }
  if (not_recorded !== null) {
    lines.push(...wrapItems("  not recorded: ", not_recorded.what), `  to have it: ${not_recorded.command}`);
  }
  return lines;
}

/** Findings of these severities are told one by one. */
const WORTH_TELLING: ReadonlySet<string> = new Set(["data_loss", "error", "warning"]);

/** What was judged; nothing where nothing was asked for. */
function judgedLines({ judged }: AnalyseSummary): string[] {
  if (judged === null) return [];
  const { findings, history, notes } = judged;
  const told = findings.filter(({ severity }) => WORTH_TELLING.has(severity));
  const others = findings.filter(({ severity }) => !WORTH_TELLING.has(severity));
  const lines: string[] = [];
  if (history !== null) {
    const { operations, matched, before, unseen } = history;
    const others = [
      ...before === 0 ? [] : [`${grouped(before)} from before it`],
      ...unseen === 0 ? [] : [`${grouped(unseen)} accesses of mappings without a fault, which nothing shows`],
    ];
    lines.push(
      ...wrap(
        [`history: ${grouped(operations)} lines: ${grouped(matched)} found in the recording`, ...others].join(", "),
        LINE_WIDTH,
        2,
      ),
    );
  }
  if (findings.length === 0 && notes.length === 0) return [...lines, "judged: nothing wrong was found"];
  if (findings.length > 0) lines.push("judged: (table finding)");
  for (const { anomaly, severity, by, count, sectors, first } of told) {
    lines.push(
      `  ${severity} ${anomaly} by ${by}: ${grouped(count)}${sectors === 0 ? "" : `, ${grouped(sectors)} sectors`}`,
      ...wrap(`    ${count === 1 ? first : `first: ${first}`}`, LINE_WIDTH, 4),
    );
  }
  if (others.length > 0) {
    lines.push(...wrapItems(
      "  allowed by contract: ",
      others.map(({ anomaly, count }) => `${anomaly} ${grouped(count)}`),
    ));
  }
  return [...lines, ...notes.map((note) => `  not judged: ${note}`)];
}

/** What could have happened; nothing where no system was asked for. */
function windowLines({ windows }: AnalyseSummary): string[] {
  if (windows === null) return [];
  const { distinct, in_pairs, left_out, budget, risks } = windows;
  const lines = [
    `windows: ${plural(windows.windows, "pair")} of operations at the same place at the same time, ` +
    `${grouped(distinct)} distinct${in_pairs === 0 ? "" : ` (${grouped(in_pairs)} groups of more, pair by pair)`}`,
  ];
  const reasons = Object.entries(left_out);
  if (reasons.length > 0) {
    lines.push(...wrapItems("  left out: ", reasons.map(([why, count]) => `${grouped(count)} ${why}`)));
  }
  if (distinct === 0) return lines;
  const alike = Map.groupBy(windows.systems, (ends) => {
    const own = risks.filter(({ system }) => system === ends.system);
    return JSON.stringify([endsText(ends), ...riskTexts(own)]);
  });
  lines.push("  pairs at risk, and the first window that shows it, by system (table finding):");
  for (const systems of alike.values()) {
    const names = systems.map(({ system }) => system).join(", ");
    const texts = riskTexts(risks.filter(({ system }) => system === systems[0].system));
    const items = texts.length === 0 ? ["nothing found"] : texts;
    lines.push(...wrapItems(`  ${names} (${endsText(systems[0])}): `, items, "      "));
  }
  if (windows.systems.some(({ cut }) => cut > 0)) lines.push(`  cut: by each exploration's budget, ${budget}`);
  lines.push(...besideHistoryLines(windows.beside_history ?? [], windows.windows));
  if (windows.stopped) lines.push("  stopped: what was not explored, or cut, is not known of");
  return lines;
}

function endsText({ closed, cut, not_modelled, not_explored }: WindowsSummary["systems"][number]): string {
  return [
    `${grouped(closed)} closed`,
    ...cut === 0 ? [] : [`${grouped(cut)} cut`],
    ...not_modelled === 0 ? [] : [`${grouped(not_modelled)} not modelled`],
    ...not_explored === 0 ? [] : [`${grouped(not_explored)} not explored`],
  ].join(", ");
}

/** What loses data or hangs first, what the contract allows last. */
function riskTexts(risks: WindowsSummary["risks"]): string[] {
  const isAnomaly = ({ standing }: typeof risks[number]) => standing === "anomaly";
  const grave = risks.filter((risk) => isAnomaly(risk) && (risk.severity === "data_loss" || risk.severity === "error"));
  const others = risks.filter((risk) => isAnomaly(risk) && !grave.includes(risk));
  const allowed = risks.filter((risk) => !isAnomaly(risk));
  const textOf = ({ anomaly, windows, example }: typeof risks[number]) => `${anomaly} ${grouped(windows)} (${example})`;
  return [
    ...grave.map((risk) => `${risk.severity} ${textOf(risk)}`),
    ...others.map(textOf),
    ...allowed.map((risk, nth) => `${nth === 0 ? "allowed by contract: " : ""}${textOf(risk)}`),
  ];
}

/** The summary for a person. */
export function summaryText(summary: AnalyseSummary): string {
  const { data_loss, error, warning, info } = summary.diagnostics_sum;
  const lines = summary.recordings.flatMap(recordingLines);
  lines.push(
    `${plural(summary.events, "event")} of ${plural(summary.event_types, "type")}, ${plural(summary.bios, "bio")}`,
    ...wrapItems("  most frequent: ", summary.most_frequent.map(({ name, count }) => `${name} ${grouped(count)}`)),
    ...operationLines(summary),
    ...judgedLines(summary),
    ...windowLines(summary),
    ...conformanceLines(summary.conformance),
    ...summary.not_compared === null ? [] : [summary.not_compared],
    `diagnostics: ${grouped(data_loss)} data_loss, ${grouped(error)} error, ${grouped(warning)} warning, ` +
      `${grouped(info)} info`,
  );
  for (const row of summary.diagnostics) {
    const times = row.rows > 1 ? `${grouped(row.count)} in ${row.rows} rows, first` : grouped(row.count);
    const recording = summary.recordings.length > 1 ? ` recording ${row.recording_id}` : "";
    lines.push(`  ${row.severity} ${row.code}${recording} (${times}): ${row.message} [${shown(row.position)}]`);
  }
  lines.push(`results: ${shown(summary.results)}   (deno task query ${shown(shellWord(summary.results))})`);
  // Names come out of recordings: none of them moves the cursor of a terminal.
  return lines.flatMap((line) => line.split("\n")).map(shown).join("\n");
}
