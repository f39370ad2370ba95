-- queue_depth: how many bios a device has queued, and how many of them are with the driver, at every change.
--
-- A bio counts as queued from its first recorded stage on, and as issued from its issue on, until it completes. Bios
-- whose completion was not recorded stay in the count to the end: see view data_loss and table diagnostic.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   dev VARCHAR            device, major:minor
--   ts_ns BIGINT           time of the change, ns
--   queued BIGINT          bios queued and not completed, from this time on
--   issued BIGINT          bios issued to the driver and not completed, from this time on
--
-- example:
--   SELECT dev, max(queued) AS most_queued, max(issued) AS most_issued FROM queue_depth GROUP BY dev ORDER BY dev
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   dev  most_queued  most_issued
--   ───  ───────────  ───────────
--   7:0            5            5
--   (1 row)
WITH lives AS MATERIALIZED (
  SELECT recording_id, dev, coalesce(queue_ns, getrq_ns, insert_ns, issue_ns) AS begin_ns, issue_ns, complete_ns FROM bio
),
changes AS (
  SELECT recording_id, dev, begin_ns AS ts_ns, 1 AS queued, 0 AS issued FROM lives
  UNION ALL SELECT recording_id, dev, issue_ns, 0, 1 FROM lives
  UNION ALL SELECT recording_id, dev, complete_ns, -1, CASE WHEN issue_ns IS NULL THEN 0 ELSE -1 END
  FROM lives
  WHERE begin_ns IS NOT NULL
),
summed AS (
  SELECT recording_id, dev, ts_ns, sum(queued) AS queued, sum(issued) AS issued
  FROM changes
  WHERE ts_ns IS NOT NULL
  GROUP BY ALL
)
SELECT recording_id, dev, ts_ns,
  (sum(queued) OVER (PARTITION BY recording_id, dev ORDER BY ts_ns))::BIGINT AS queued,
  (sum(issued) OVER (PARTITION BY recording_id, dev ORDER BY ts_ns))::BIGINT AS issued
FROM summed
ORDER BY recording_id, dev, ts_ns
