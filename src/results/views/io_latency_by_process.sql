-- io_latency_by_process: how long the bios of each thread stay in each stage of the block layer, per device.
--
-- The thread is that of a bio's first event: who queued it, which for buffered writes is the writeback thread and not
-- who wrote. Stages as in io_latency; Q2Q is between one bio and the next of the same thread on the device.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   pid INTEGER            thread id
--   comm VARCHAR           name of the thread
--   dev VARCHAR            device, major:minor
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
--   SELECT comm, count, p50_ns, max_ns FROM io_latency_by_process WHERE stage = 'D2C' AND count >= 20 ORDER BY p50_ns DESC
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   comm   count  p50_ns  max_ns
--   ─────  ─────  ──────  ──────
--   wl-t3     85   10035  209923
--   wl-t1     88   10025  235491
--   wl-t6     71    9724  226287
--   wl-t5     34    7702   44276
--   (4 rows)
WITH queued AS (
  SELECT recording_id, pid, comm, dev,
    queue_ns - lag(queue_ns) OVER (PARTITION BY recording_id, pid, comm, dev ORDER BY queue_ns, bio_id) AS ns
  FROM bio
  WHERE queue_ns IS NOT NULL
),
spans AS (
  SELECT recording_id, pid, comm, dev, 1 AS place, 'Q2Q' AS stage, ns FROM queued
  UNION ALL SELECT recording_id, pid, comm, dev, place, stage, ns FROM bio_stages
)
SELECT recording_id, pid, comm, dev, stage, unnest(spread(ns))
FROM spans
WHERE ns IS NOT NULL
GROUP BY recording_id, pid, comm, dev, place, stage
ORDER BY recording_id, dev, pid, comm, place
