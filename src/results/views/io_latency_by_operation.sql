-- io_latency_by_operation: how long the bios of each kind of operation stay in each stage of the block layer.
--
-- Stages as in io_latency, without Q2Q. A bio belongs to the operation that had it submitted; those of writeback and journal
-- threads that belong to none are not here.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   kind VARCHAR           operation.kind
--   execution VARCHAR      how the operation's data went: direct, buffered, dax, ...
--   role VARCHAR           what the bios carry: direct, read, readahead, writeback, ...
--   stage VARCHAR          Q2G, G2I, I2D, D2C or Q2C
--   count BIGINT           bios measured
--   min_ns BIGINT          shortest, ns
--   avg_ns BIGINT          mean, ns, rounded
--   p50_ns BIGINT          median, ns
--   p90_ns BIGINT          90th percentile, ns
--   p99_ns BIGINT          99th percentile, ns
--   max_ns BIGINT          longest, ns
--
-- example:
--   SELECT kind, execution, role, count, p50_ns, max_ns FROM io_latency_by_operation WHERE stage = 'Q2C'
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   kind       execution  role       count  p50_ns  max_ns
--   ─────────  ─────────  ─────────  ─────  ──────  ──────
--   fdatasync  unknown    flush          3   21482   30746
--   fdatasync  unknown    writeback      7   39469   58928
--   load       unknown    readahead      7  203984  263914
--   open       unknown    metadata       1   71587   71587
--   pread      buffered   readahead     44   16615  209322
--   pread      direct     direct        50   16926  233628
--   pread      direct     writeback     21   16084   60981
--   pwrite     buffered   read          27   13460   15293
--   pwrite     direct     direct        96   17055  245115
--   pwrite     direct     writeback     38   16244   66419
--   (10 rows)
WITH spans AS (
  SELECT stages.recording_id, operation.kind, operation.execution, bio.role, stages.place, stages.stage, stages.ns
  FROM bio_stages AS stages
  JOIN bio ON bio.recording_id = stages.recording_id AND bio.bio_id = stages.bio_id
  JOIN operation ON operation.recording_id = stages.recording_id AND operation.op_id = stages.op_id
)
SELECT recording_id, kind, execution, role, stage, unnest(spread(ns))
FROM spans
GROUP BY recording_id, kind, execution, role, place, stage
ORDER BY recording_id, kind, execution, role, place
