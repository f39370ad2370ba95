/**
 * The shipped views and table macros: one .sql file each in views/, whose head says what it answers and declares its columns.
 *
 * Text imports work from a checkout without a network and are inlined by a bundler for the browser.
 *
 * @module
 */
import { parseViewFile, type ShippedMacro, type ShippedView } from "./view_file.ts";
import ambiguities from "./views/ambiguities.sql" with { type: "text" };
import anomalyBySystem from "./views/anomaly_by_system.sql" with { type: "text" };
import bioStages from "./views/bio_stages.sql" with { type: "text" };
import bioToFile from "./views/bio_to_file.sql" with { type: "text" };
import blocksBeyondEof from "./views/blocks_beyond_eof.sql" with { type: "text" };
import completionBeforeSize from "./views/completion_before_size.sql" with { type: "text" };
import concurrentOperations from "./views/concurrent_operations.sql" with { type: "text" };
import conformanceByEvent from "./views/conformance_by_event.sql" with { type: "text" };
import firstDifferences from "./views/first_differences.sql" with { type: "text" };
import costBySystem from "./views/cost_by_system.sql" with { type: "text" };
import counterexamples from "./views/counterexamples.sql" with { type: "text" };
import dataLoss from "./views/data_loss.sql" with { type: "text" };
import dioOverCached from "./views/dio_over_cached.sql" with { type: "text" };
import eventCounts from "./views/event_counts.sql" with { type: "text" };
import fileActivity from "./views/file_activity.sql" with { type: "text" };
import fileOperations from "./views/file_operations.sql" with { type: "text" };
import filePaths from "./views/file_paths.sql" with { type: "text" };
import flushOrder from "./views/flush_order.sql" with { type: "text" };
import fsyncChain from "./views/fsync_chain.sql" with { type: "text" };
import happensBefore from "./views/happens_before.sql" with { type: "text" };
import invalidations from "./views/invalidations.sql" with { type: "text" };
import ioLatency from "./views/io_latency.sql" with { type: "text" };
import ioLatencyByFile from "./views/io_latency_by_file.sql" with { type: "text" };
import ioLatencyByOperation from "./views/io_latency_by_operation.sql" with { type: "text" };
import ioLatencyByProcess from "./views/io_latency_by_process.sql" with { type: "text" };
import lockIntervals from "./views/lock_intervals.sql" with { type: "text" };
import lockWaits from "./views/lock_waits.sql" with { type: "text" };
import lockOrderEdges from "./views/lock_order_edges.sql" with { type: "text" };
import mergeRatio from "./views/merge_ratio.sql" with { type: "text" };
import operationBios from "./views/operation_bios.sql" with { type: "text" };
import pageCacheTraffic from "./views/page_cache_traffic.sql" with { type: "text" };
import pageLifecycle from "./views/page_lifecycle.sql" with { type: "text" };
import pageStateAt from "./views/page_state_at.sql" with { type: "text" };
import queueDepth from "./views/queue_depth.sql" with { type: "text" };
import readsAfterDirectWrite from "./views/reads_after_direct_write.sql" with { type: "text" };
import runLockIntervals from "./views/run_lock_intervals.sql" with { type: "text" };
import seeks from "./views/seeks.sql" with { type: "text" };
import slowIos from "./views/slow_ios.sql" with { type: "text" };
import slowOperations from "./views/slow_operations.sql" with { type: "text" };
import staleReads from "./views/stale_reads.sql" with { type: "text" };
import throughput from "./views/throughput.sql" with { type: "text" };
import unknownEvents from "./views/unknown_events.sql" with { type: "text" };
import unorderedOverlaps from "./views/unordered_overlaps.sql" with { type: "text" };
import verdictMatrix from "./views/verdict_matrix.sql" with { type: "text" };
import writebackAfterDio from "./views/writeback_after_dio.sql" with { type: "text" };

function viewOf(text: string): ShippedView {
  const file = parseViewFile(text);
  if ("parameters" in file) throw new Error(`${file.name} is a macro, and stands among the views`);
  return file;
}

function macroOf(text: string): ShippedMacro {
  const file = parseViewFile(text);
  if (!("parameters" in file)) throw new Error(`${file.name} is a view, and stands among the macros`);
  return file;
}

/** In the order in which `query --views` lists them; a view stands behind those that it reads. */
export const SHIPPED_VIEWS: readonly ShippedView[] = [
  eventCounts,
  filePaths,
  fileOperations,
  operationBios,
  bioStages,
  pageLifecycle,
  lockIntervals,
  lockWaits,
  runLockIntervals,
  happensBefore,
  concurrentOperations,
  unorderedOverlaps,
  flushOrder,
  fsyncChain,
  completionBeforeSize,
  lockOrderEdges,
  staleReads,
  dioOverCached,
  invalidations,
  readsAfterDirectWrite,
  writebackAfterDio,
  blocksBeyondEof,
  ioLatency,
  ioLatencyByProcess,
  ioLatencyByFile,
  ioLatencyByOperation,
  slowIos,
  slowOperations,
  mergeRatio,
  seeks,
  queueDepth,
  throughput,
  pageCacheTraffic,
  fileActivity,
  bioToFile,
  verdictMatrix,
  anomalyBySystem,
  counterexamples,
  costBySystem,
  conformanceByEvent,
  firstDifferences,
  dataLoss,
  ambiguities,
  unknownEvents,
].map(viewOf);

/** Questions with parameters, which are asked as `FROM name(...)`. */
export const SHIPPED_MACROS: readonly ShippedMacro[] = [
  pageStateAt,
].map(macroOf);
