-- operation_bios: how many bios each operation had submitted, and how long any of them was under way.
--
-- Times under way are added up without counting twice what overlaps, and within the operation only.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   op_id UINTEGER         operation.op_id
--   bios BIGINT            bios
--   bytes BIGINT           bytes of them
--   first_queue_ns BIGINT  when the first was queued, ns
--   last_complete_ns BIGINT  when the last completed, ns
--   device_ns BIGINT       time within the operation in which at least one was under way, ns
--
-- example:
--   SELECT bios, count(*) AS operations FROM operation_bios GROUP BY ALL ORDER BY ALL
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   bios  operations
--   ────  ──────────
--      1         144
--      2          60
--      3           6
--      4           3
--   (4 rows)
WITH spans AS (
  SELECT bio.recording_id, operation.op_id, bio.bytes, bio.queue_ns, bio.complete_ns,
    greatest(bio.queue_ns, operation.start_ns) AS from_ns, least(bio.complete_ns, operation.end_ns) AS to_ns, bio.bio_id
  FROM bio
  JOIN operation ON operation.recording_id = bio.recording_id AND operation.op_id = bio.op_id
),
followed AS (
  SELECT *, max(to_ns) OVER (PARTITION BY recording_id, op_id ORDER BY from_ns, bio_id
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS covered_ns
  FROM spans
)
SELECT recording_id, op_id, count(*) AS bios, coalesce(sum(bytes), 0)::BIGINT AS bytes, min(queue_ns) AS first_queue_ns,
  max(complete_ns) AS last_complete_ns,
  coalesce(sum(greatest(to_ns - greatest(from_ns, coalesce(covered_ns, from_ns)), 0)), 0)::BIGINT AS device_ns
FROM followed
GROUP BY recording_id, op_id
ORDER BY recording_id, op_id
