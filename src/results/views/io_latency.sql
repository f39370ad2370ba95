-- io_latency: how long bios stay in each stage of the block layer, per device and per kind of request.
--
-- Stages as btt names them: Q2Q between one bio queued and the next, Q2G queued to request allocated, G2I to inserted
-- into the scheduler, I2D to issued to the driver, D2C to completed, Q2C queued to completed. A bio counts in a stage
-- when both ends of it were recorded. Percentiles are values that occurred, not interpolated.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   dev VARCHAR            device, major:minor
--   rwbs VARCHAR           request flags as recorded; 'all' for the device as a whole
--   stage VARCHAR          Q2Q, Q2G, G2I, I2D, D2C or Q2C
--   count BIGINT           bios measured
--   min_ns BIGINT          shortest, ns
--   avg_ns BIGINT          mean, ns, rounded
--   p50_ns BIGINT          median, ns
--   p90_ns BIGINT          90th percentile, ns
--   p99_ns BIGINT          99th percentile, ns
--   max_ns BIGINT          longest, ns
--
-- example:
--   SELECT dev, stage, avg_ns / 1000 AS avg_us FROM io_latency WHERE rwbs = 'all'
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   dev  stage    avg_us
--   ───  ─────  ────────
--   7:0  Q2Q    9796.293
--   7:0  Q2G       2.112
--   7:0  G2I      65.402
--   7:0  I2D       3.155
--   7:0  D2C      23.334
--   7:0  Q2C      31.088
--   (6 rows)
WITH queued AS (
  SELECT recording_id, dev, rwbs,
    queue_ns - lag(queue_ns) OVER (PARTITION BY recording_id, dev, rwbs ORDER BY queue_ns, bio_id) AS ns,
    queue_ns - lag(queue_ns) OVER (PARTITION BY recording_id, dev ORDER BY queue_ns, bio_id) AS device_ns
  FROM bio
  WHERE queue_ns IS NOT NULL
),
spans AS (
  SELECT recording_id, dev, FALSE AS whole, rwbs, 1 AS place, 'Q2Q' AS stage, ns FROM queued
  UNION ALL SELECT recording_id, dev, TRUE, 'all', 1, 'Q2Q', device_ns FROM queued
  UNION ALL SELECT recording_id, dev, FALSE, rwbs, place, stage, ns FROM bio_stages
  UNION ALL SELECT recording_id, dev, TRUE, 'all', place, stage, ns FROM bio_stages
)
SELECT recording_id, dev, rwbs, stage, unnest(spread(ns))
FROM spans
WHERE ns IS NOT NULL
GROUP BY recording_id, dev, whole, rwbs, place, stage
ORDER BY recording_id, dev, whole DESC, rwbs, place
