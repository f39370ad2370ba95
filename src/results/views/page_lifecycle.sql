-- page_lifecycle: every stay of a page in the page cache: when it came, why, when it went, and what was done to it between.
--
-- Pages are those of recording.page_size; a large folio is as many of them as it covers. A page that goes and whose coming
-- was not recorded was there before the recording began.
--
-- columns:
--   recording_id SMALLINT    which input: recording.recording_id
--   dev VARCHAR              device of the filesystem, major:minor
--   ino BIGINT               inode number
--   page_index BIGINT        index of the page in the file
--   added_ns BIGINT          time it came, ns; NULL: before the recording
--   added_for VARCHAR        why: readahead, read, write, fault or unknown
--   added_by BIGINT          operation.op_id that brought it, where known
--   removed_ns BIGINT        time it went, ns; NULL: it was there at the end
--   removed_for VARCHAR      why: invalidate, truncate, reclaim or unknown
--   removed_by BIGINT        operation.op_id that removed it, where known
--   first_dirty_ns BIGINT    time it was first made dirty, ns; NULL if it never was
--   last_dirty_ns BIGINT     time it was last made dirty, ns
--   times_dirtied BIGINT     how often it was made dirty
--   added_seq UINTEGER       event.seq of its coming
--   removed_seq UINTEGER     event.seq of its going
--
-- example:
--   SELECT added_for, removed_for, count(*) AS pages, count(first_dirty_ns) AS dirtied FROM page_lifecycle GROUP BY ALL ORDER BY ALL
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   added_for  removed_for  pages  dirtied
--   ─────────  ───────────  ─────  ───────
--   fault      invalidate       3        1
--   read       invalidate     314       76
--   read       NULL            28        2
--   readahead  invalidate     164       41
--   readahead  NULL             5        5
--   write      invalidate      59       44
--   write      NULL             9        8
--   (7 rows)
WITH steps AS (
  SELECT recording_id, seq, ts_ns, kind, dev, ino, op_id, cause, unnest(range(page_index, page_index + pages)) AS page_index
  FROM page_event
  WHERE kind IN ('add', 'delete')
),
followed AS (
  SELECT *, lead(kind) OVER page AS next_kind, lead(ts_ns) OVER page AS next_ns, lead(cause) OVER page AS next_cause,
    lead(op_id) OVER page AS next_op, lead(seq) OVER page AS next_seq, lag(kind) OVER page AS last_kind
  FROM steps
  WINDOW page AS (PARTITION BY recording_id, dev, ino, page_index ORDER BY seq)
),
stays AS (
  SELECT recording_id, dev, ino, page_index, ts_ns AS added_ns, cause AS added_for, op_id AS added_by,
    CASE WHEN next_kind = 'delete' THEN next_ns END AS removed_ns,
    CASE WHEN next_kind = 'delete' THEN next_cause END AS removed_for,
    CASE WHEN next_kind = 'delete' THEN next_op END AS removed_by, seq AS added_seq,
    CASE WHEN next_kind = 'delete' THEN next_seq END AS removed_seq
  FROM followed
  WHERE kind = 'add'
  UNION ALL
  SELECT recording_id, dev, ino, page_index, NULL, NULL, NULL, ts_ns, cause, op_id, NULL, seq
  FROM followed
  WHERE kind = 'delete' AND last_kind IS DISTINCT FROM 'add'
),
dirtied AS (
  SELECT recording_id, dev, ino, page_index, added_seq, removed_seq, min(dirty.ts_ns) AS first_dirty_ns,
    max(dirty.ts_ns) AS last_dirty_ns, count(*) AS times_dirtied
  FROM stays
  JOIN (
    SELECT recording_id, seq, ts_ns, dev, ino, unnest(range(page_index, page_index + coalesce(pages, 1))) AS page_index
    FROM page_event
    WHERE kind = 'dirty'
  ) AS dirty USING (recording_id, dev, ino, page_index)
  WHERE dirty.seq > coalesce(added_seq, 0) AND (removed_seq IS NULL OR dirty.seq < removed_seq)
  GROUP BY ALL
)
SELECT stays.recording_id, stays.dev, stays.ino, stays.page_index, stays.added_ns, stays.added_for, stays.added_by,
  stays.removed_ns, stays.removed_for, stays.removed_by, dirtied.first_dirty_ns, dirtied.last_dirty_ns,
  coalesce(dirtied.times_dirtied, 0) AS times_dirtied, stays.added_seq, stays.removed_seq
FROM stays
LEFT JOIN dirtied ON dirtied.recording_id = stays.recording_id AND dirtied.dev = stays.dev AND dirtied.ino = stays.ino
  AND dirtied.page_index = stays.page_index AND dirtied.added_seq IS NOT DISTINCT FROM stays.added_seq
  AND dirtied.removed_seq IS NOT DISTINCT FROM stays.removed_seq
ORDER BY stays.recording_id, stays.dev, stays.ino, stays.page_index, coalesce(stays.added_seq, 0), stays.removed_seq
