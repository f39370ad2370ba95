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
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   name                 events
--   ───────────────────  ──────
--   block_io_done           307
--   block_rq_complete       307
--   block_rq_issue          303
--   block_bio_queue         302
--   block_getrq             301
--   block_io_start          301
--   block_plug              282
--   block_unplug            282
--   block_dirty_buffer      252
--   block_touch_buffer       11
--   block_bio_backmerge       1
--   block_rq_insert           1
--   (12 rows)
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
