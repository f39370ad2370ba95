-- unknown_events: event types that the tool has no special knowledge of; all their fields are in raw.NAME.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   path VARCHAR           the input
--   system VARCHAR         trace system, e.g. block or ext4
--   name VARCHAR           event name, and that of its table in schema raw
--   events BIGINT          how many
--   first_ns BIGINT        time of the first one, ns
--   last_ns BIGINT         time of the last one, ns
--
-- example:
--   SELECT name, events FROM unknown_events LIMIT 3
--
-- output of traces/locks-ext4/trace.txt.gz:
--   name                        events
--   ──────────────────────────  ──────
--   mmap_lock_acquire_returned      39
--   mmap_lock_released              36
--   mmap_lock_start_locking         36
--   (3 rows)
WITH unknown AS (
  SELECT recording_id, regexp_extract(message, 'kept in raw\.(.*)$', 1) AS name, message, count, first_ns
  FROM diagnostic
  WHERE code = 'unknown_event'
)
SELECT unknown.recording_id, recording.path, counts.system, coalesce(counts.name, unknown.name) AS name,
  coalesce(counts.events, unknown.count) AS events, coalesce(counts.first_ns, unknown.first_ns) AS first_ns,
  counts.last_ns
FROM unknown
LEFT JOIN event_counts AS counts ON counts.recording_id = unknown.recording_id AND counts.name = unknown.name
  AND starts_with(unknown.message, concat('no special knowledge of event ', nullif(concat(counts.system, ':'), ':'),
    counts.name, ':'))
LEFT JOIN recording ON recording.recording_id = unknown.recording_id
ORDER BY unknown.recording_id, events DESC, name
