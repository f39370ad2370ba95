-- io_latency_by_file: how long the bios of each file stay in each stage of the block layer.
--
-- Stages as in io_latency; Q2Q is between one bio and the next of the same file and direction. Bios whose file is not known
-- are not here: view bio_to_file has them.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   dev VARCHAR            device, major:minor
--   ino BIGINT             inode number
--   path VARCHAR           path that it was opened by, where the recording has it
--   direction VARCHAR      read, write, discard, zone or other, from rwbs
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
--   SELECT ino, direction, count, p50_ns, max_ns FROM io_latency_by_file WHERE stage = 'D2C'
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   ino  direction  count  p50_ns  max_ns
--   ───  ─────────  ─────  ──────  ──────
--    12  read         128    9595  257885
--    12  write        163   10025  235491
--   (2 rows)
WITH queued AS (
  SELECT recording_id, dev, ino, direction(rwbs) AS direction,
    queue_ns - lag(queue_ns) OVER (PARTITION BY recording_id, dev, ino, direction(rwbs) ORDER BY queue_ns, bio_id) AS ns
  FROM bio
  WHERE queue_ns IS NOT NULL AND ino IS NOT NULL
),
spans AS (
  SELECT recording_id, dev, ino, direction, 1 AS place, 'Q2Q' AS stage, ns FROM queued
  UNION ALL SELECT recording_id, dev, ino, direction(rwbs), place, stage, ns FROM bio_stages WHERE ino IS NOT NULL
),
measured AS (
  SELECT recording_id, dev, ino, direction, place, stage, spread(ns) AS spread
  FROM spans
  WHERE ns IS NOT NULL
  GROUP BY ALL
)
SELECT measured.recording_id, measured.dev, measured.ino, file.path, direction, stage, unnest(spread)
FROM measured
LEFT JOIN file_paths AS file ON file.recording_id = measured.recording_id AND file.dev = measured.dev
  AND file.ino = measured.ino
ORDER BY measured.recording_id, measured.dev, measured.ino, direction, place
