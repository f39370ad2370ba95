-- event_counts: which events a recording holds, how many and when; the most frequent first.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   source VARCHAR         ftrace, blktrace or perf
--   buffer VARCHAR         trace instance, NULL for the main buffer
--   system VARCHAR         trace system, e.g. block or ext4
--   name VARCHAR           event name
--   events BIGINT          how many
--   first_ns BIGINT        time of the first one, ns
--   last_ns BIGINT         time of the last one, ns
--
-- example:
--   SELECT name, events FROM event_counts WHERE system = 'block'
WITH counted AS (
  SELECT tag_id, count(*) AS events, min(ts_ns) AS first_ns, max(ts_ns) AS last_ns
  FROM store.event_rows
  GROUP BY tag_id
)
SELECT kind.recording_id, kind.source, kind.buffer, kind.system, kind.name,
  sum(counted.events)::BIGINT AS events, min(counted.first_ns) AS first_ns, max(counted.last_ns) AS last_ns
FROM counted
JOIN store.tag AS tag ON tag.tag_id = counted.tag_id
JOIN store.kind AS kind ON kind.kind_id = tag.kind_id
GROUP BY ALL
ORDER BY kind.recording_id, events DESC, kind.name, kind.source, kind.buffer
