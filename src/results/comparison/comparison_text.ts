/**
 * A comparison in words.
 *
 * @module
 */
import type { Found, NumberChange } from "./counted.ts";
import type { Comparison } from "./comparison.ts";
import type { LatencyChange, LatencyLimits, Spread } from "./latency_groups.ts";

/** Lines that a list of changes is cut at; what is left out is counted. */
const LINES_MAX = 20;

/** The whole text: what differs, section by section, and at the end what is worse. */
export function comparisonText(comparison: Comparison): string {
  const { operations, limits, latencies } = comparison;
  const tested = latencies.filter(({ p }) => p !== null);
  const differing = latencies.filter(({ verdict }) => verdict === "slower" || verdict === "faster");
  const sections = [
    section(
      `operations: ${count(operations.matched)} matched by task and position, ${count(operations.onlyA)} only in A, ` +
        `${count(operations.onlyB)} only in B` +
        (operations.filesBy === "inode number" ? "" : "; their files by the order of inode numbers") +
        (operations.matched < operations.onlyA + operations.onlyB
          ? "; most are not the same in both: what follows compares different work"
          : ""),
      operations.changes.map(({ a, b, count: times, place }) => `${a} became ${b}: ${count(times)}, first ${place}`),
    ),
    section(
      `latency: ${differing.length} of ${tested.length} groups tested differ (Mann-Whitney U over medians of blocks, ` +
        `Holm, alpha ${limits.alpha}, medians apart by ${limits.ratio} or more)`,
      table(latencies, limits),
      Infinity,
    ),
    section(`new findings: ${comparison.newFindings.length}`, comparison.newFindings.map(findingLine)),
    section(`vanished findings: ${comparison.vanishedFindings.length}`, comparison.vanishedFindings.map(findingLine)),
    section(`page cache: ${changes(comparison.traffic)}`, numbers(comparison.traffic)),
    section(`bios an operation: ${changes(comparison.bios)}`, numbers(comparison.bios)),
    section(
      `verdicts: ${comparison.verdicts.length} changed`,
      comparison.verdicts.map(({ question, a, b }) =>
        `${question}: ${a?.verdict ?? "not asked"} became ${b?.verdict ?? "not asked"}` +
        (a && b && a.verdict === b.verdict ? `: ${a.actual} became ${b.actual}` : "")
      ),
    ),
    section(`worse in B: ${comparison.regressions.length}`, comparison.regressions),
  ];
  return sections.join("");
}

function section(title: string, lines: readonly string[], linesMax = LINES_MAX): string {
  const shown = lines.slice(0, linesMax);
  const more = lines.length - shown.length;
  return [title, ...shown.map((line) => `  ${line}`), ...(more > 0 ? [`  and ${count(more)} more`] : [])].join("\n") +
    "\n";
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}

function changes(list: readonly NumberChange[]): string {
  if (list.length === 0) return "alike";
  return list.length === 1 ? "1 number differs" : `${list.length} numbers differ`;
}

/** More of them where two numbers would look alike. */
const DECIMALS = [2, 4, 8] as const;

export function numbers(list: readonly NumberChange[]): string[] {
  return list.map(({ name, a, b }) => {
    const decimals = DECIMALS.find((each) => a.toFixed(each) !== b.toFixed(each)) ?? 2;
    const text = (value: number) =>
      Number(value.toFixed(decimals)).toLocaleString("en-US", { maximumFractionDigits: decimals });
    return `${name}: ${text(a)} became ${text(b)}`;
  });
}

function findingLine({ anomaly, place, severity, count: times, explanation }: Found): string {
  return `${anomaly}, ${severity}, ${count(times)} at ${place}: ${explanation}`;
}

/** Requests of other sizes take another time: said where they are so in a group. */
function otherSizes(a: Spread | null, b: Spread | null, { ratio }: LatencyLimits): string {
  if (!a?.bytes || !b?.bytes || Math.max(a.bytes, b.bytes) < ratio * Math.min(a.bytes, b.bytes)) return "";
  return `, of ${count(Math.round(a.bytes))} and ${count(Math.round(b.bytes))} bytes each`;
}

/** Groups as a table; times in microseconds. */
function table(latencies: readonly LatencyChange[], limits: LatencyLimits): string[] {
  if (latencies.length === 0) return [];
  const us = (ns: number | undefined) => (ns === undefined ? "-" : (ns / 1000).toFixed(1));
  const rows = latencies.map(({ what, name, a, b, ratio, p, verdict }) => [
    `${what} ${name}`,
    `${a?.count ?? 0}`,
    `${b?.count ?? 0}`,
    us(a?.p50_ns),
    us(b?.p50_ns),
    us(a?.p99_ns),
    us(b?.p99_ns),
    ratio === null ? "-" : ratio.toFixed(2),
    p === null ? "-" : p.toPrecision(2),
    verdict + otherSizes(a, b, limits),
  ]);
  const head = ["group", "A", "B", "A p50 us", "B p50 us", "A p99 us", "B p99 us", "ratio", "p", ""];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const isText = (column: number) => column === 0 || column === head.length - 1;
  return [head, ...rows].map((row) =>
    row.map((cell, column) => isText(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))
      .join("  ").trimEnd()
  );
}
