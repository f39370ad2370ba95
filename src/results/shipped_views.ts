/**
 * The shipped views: one .sql file each in views/, whose head says what the view answers and declares its columns.
 *
 * Text imports work from a checkout without a network and are inlined by a bundler for the browser.
 *
 * @module
 */
import type { StoredType } from "./column_types.ts";
import type { View } from "./schema.ts";
import dataLoss from "./views/data_loss.sql" with { type: "text" };
import eventCounts from "./views/event_counts.sql" with { type: "text" };
import ioLatency from "./views/io_latency.sql" with { type: "text" };
import pageCacheTraffic from "./views/page_cache_traffic.sql" with { type: "text" };
import queueDepth from "./views/queue_depth.sql" with { type: "text" };
import seeks from "./views/seeks.sql" with { type: "text" };
import throughput from "./views/throughput.sql" with { type: "text" };
import verdictMatrix from "./views/verdict_matrix.sql" with { type: "text" };

/** A view that answers one question about a recording or an exploration, with an example. */
export interface ShippedView extends View {
  /** A query that uses it. */
  example: string;
}

/** In the order in which `query --views` lists them. */
export const SHIPPED_VIEWS: readonly ShippedView[] = [
  eventCounts,
  ioLatency,
  seeks,
  queueDepth,
  throughput,
  pageCacheTraffic,
  dataLoss,
  verdictMatrix,
].map(parseView);

/**
 * Reads a view file: comment lines with the view's name and description, then `columns:` with one line
 * `NAME TYPE  description` a column, then `example:`; after them the SELECT.
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
    example: head.slice(exampleAt + 1).map((line) => line.trim()).join(" ").trim(),
  };
}
