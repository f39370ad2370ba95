/**
 * The shipped views: one .sql file each in views/, whose head says what the view answers and declares its columns.
 *
 * Text imports work from a checkout without a network and are inlined by a bundler for the browser.
 *
 * @module
 */
import type { StoredType } from "./column_types.ts";
import type { View } from "./schema.ts";
import ambiguities from "./views/ambiguities.sql" with { type: "text" };
import dataLoss from "./views/data_loss.sql" with { type: "text" };
import eventCounts from "./views/event_counts.sql" with { type: "text" };
import ioLatency from "./views/io_latency.sql" with { type: "text" };
import ioLatencyByProcess from "./views/io_latency_by_process.sql" with { type: "text" };
import mergeRatio from "./views/merge_ratio.sql" with { type: "text" };
import pageCacheTraffic from "./views/page_cache_traffic.sql" with { type: "text" };
import queueDepth from "./views/queue_depth.sql" with { type: "text" };
import seeks from "./views/seeks.sql" with { type: "text" };
import slowIos from "./views/slow_ios.sql" with { type: "text" };
import throughput from "./views/throughput.sql" with { type: "text" };
import unknownEvents from "./views/unknown_events.sql" with { type: "text" };
import verdictMatrix from "./views/verdict_matrix.sql" with { type: "text" };

/** A table as `query` prints it. */
export interface ExampleOutput {
  /** Path of the recording below the project's folder. */
  recording: string;
  text: string;
}

/** A view that answers one question about a recording or an exploration, with an example. */
export interface ShippedView extends View {
  /** A query that uses it. */
  example: string;
  /** What the example prints for a recording that comes along; null where none of them has rows for it. */
  output: ExampleOutput | null;
}

/** In the order in which `query --views` lists them. */
export const SHIPPED_VIEWS: readonly ShippedView[] = [
  eventCounts,
  ioLatency,
  ioLatencyByProcess,
  slowIos,
  mergeRatio,
  seeks,
  queueDepth,
  throughput,
  pageCacheTraffic,
  dataLoss,
  ambiguities,
  unknownEvents,
  verdictMatrix,
].map(parseView);

/**
 * Reads a view file: comment lines with the view's name and description, then `columns:` with one line
 * `NAME TYPE  description` a column, then `example:`, and `output of RECORDING:` where a recording that comes along shows
 * something; after them the SELECT.
 *
 * @throws Error when the head lacks a part
 */
export function parseView(text: string): ShippedView {
  const lines = text.split("\n");
  const headLength = lines.findIndex((line) => !line.startsWith("--"));
  const head = lines.slice(0, headLength).map((line) => line.slice(2));
  const [, name, description] = head[0].match(/^ (\w+): (.+)$/) ?? [];
  const columnsAt = head.indexOf(" columns:");
  const exampleAt = head.indexOf(" example:");
  const outputAt = head.findIndex((line) => line.startsWith(" output of "));
  const exampleEnd = outputAt < 0 ? head.length : outputAt;
  if (name === undefined || columnsAt < 0 || exampleAt < columnsAt) {
    throw new Error(`a view file begins with its name, columns and example: ${head[0]}`);
  }
  return {
    schema: "main",
    name,
    description,
    columns: head.slice(columnsAt + 1, exampleAt).filter((line) => line.trim() !== "").map((line) => {
      const [, column, type, meaning] = line.match(/^ {3}(\w+) (\w+) +(.+)$/) ?? [];
      if (column === undefined) throw new Error(`view ${name}: not a column line: ${line}`);
      return { name: column, type: type as StoredType, description: meaning };
    }),
    select: lines.slice(headLength).join("\n").trim(),
    example: head.slice(exampleAt + 1, exampleEnd).map((line) => line.trim()).join(" ").trim(),
    output: outputAt < 0 ? null : {
      recording: head[outputAt].slice(" output of ".length, -1),
      text: head.slice(outputAt + 1).map((line) => line.slice(3) + "\n").join(""),
    },
  };
}
