-- page_state_at(inode, page, t): what the page cache had of a page at a time, as far as the events up to then tell.
--
-- Absent, clean, dirty or writeback; unknown: no event of the page came before. A dirty page is under writeback from the
-- queueing of the bio that writes it to that bio's completion, and clean then. One row a file with that inode number.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   dev VARCHAR            device of the filesystem, major:minor
--   state VARCHAR          absent, clean, dirty, writeback or unknown
--   since_ns BIGINT        time of the step that made it so, ns
--   step VARCHAR           that step: add, delete, dirty, writeback begins, writeback ends
--   op_id BIGINT           operation.op_id that it belongs to, where known
--
-- example:
--   SELECT state, step FROM page_state_at(12, 3, (SELECT max(ts_ns) FROM page_event WHERE ino = 12))
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   state   step
--   ──────  ──────
--   absent  delete
--   (1 row)
WITH files AS (SELECT DISTINCT recording_id, dev FROM page_event WHERE ino = inode),
writebacks AS (
  SELECT bio.*
  FROM bio
  JOIN recording USING (recording_id)
  WHERE bio.ino = inode AND bio.role = 'writeback'
    AND page BETWEEN bio.file_offset // page_bytes(recording.page_size) AND (bio.file_offset + bio.bytes - 1) // page_bytes(recording.page_size)
),
steps AS (
  SELECT recording_id, dev, ts_ns, seq, kind AS step, op_id,
    CASE kind WHEN 'add' THEN 'clean' WHEN 'delete' THEN 'absent' WHEN 'dirty' THEN 'dirty' END AS state
  FROM page_event
  WHERE ino = inode AND kind IN ('add', 'delete', 'dirty') AND page >= page_index AND page < page_index + coalesce(pages, 1)
  UNION ALL
  SELECT recording_id, dev, queue_ns, first_seq, 'writeback begins', op_id, 'writeback' FROM writebacks
  UNION ALL
  SELECT recording_id, dev, complete_ns, last_seq, 'writeback ends', op_id, 'clean' FROM writebacks
),
lasts AS (
  SELECT recording_id, dev, arg_max(steps, (ts_ns, seq)) AS last FROM steps WHERE ts_ns <= t GROUP BY recording_id, dev
)
SELECT files.recording_id, files.dev, coalesce(last.state, 'unknown') AS state, last.ts_ns AS since_ns, last.step, last.op_id
FROM files
LEFT JOIN lasts USING (recording_id, dev)
ORDER BY files.recording_id, files.dev
