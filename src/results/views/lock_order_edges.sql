-- lock_order_edges: which locks threads took while they held which others.
--
-- Two edges that are each other's reverse can deadlock when both locks are taken to wait. Inodes are told apart only as the
-- same one or another.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   dev VARCHAR            device of the filesystem, major:minor
--   held VARCHAR           lock that was held, as in IOLOCK
--   held_mode VARCHAR      SHARED or EXCL
--   taken VARCHAR          lock that was taken meanwhile
--   taken_mode VARCHAR     SHARED or EXCL
--   inodes VARCHAR         same or other: whether both are of one inode
--   times BIGINT           how often
--   waits BIGINT           of them not as a mere try, and so able to wait
--   first_seq UINTEGER     event.seq of the first time
--   reversed BOOLEAN       whether the two are also taken in the reverse order, waiting
--
-- example:
--   SELECT held, taken, inodes, times, reversed FROM lock_order_edges ORDER BY times DESC, held, taken
--
-- output of traces/hello-xfs/trace.dat:
--   held    taken  inodes  times  reversed
--   ──────  ─────  ──────  ─────  ────────
--   IOLOCK  ILOCK  same        4  false
--   IOLOCK  ILOCK  same        2  false
--   IOLOCK  ILOCK  same        1  false
--   IOLOCK  ILOCK  same        1  false
--   (4 rows)
WITH edges AS (
  SELECT held.recording_id, held.dev, held.lock AS held, held.mode AS held_mode, taken.lock AS taken,
    taken.mode AS taken_mode, CASE WHEN held.ino = taken.ino THEN 'same' ELSE 'other' END AS inodes, count(*) AS times,
    count(*) FILTER (taken.how = 'wait') AS waits, min(taken.first_seq) AS first_seq
  FROM lock_intervals AS held
  JOIN lock_intervals AS taken ON taken.recording_id = held.recording_id AND taken.pid = held.pid AND taken.dev = held.dev
    AND taken.first_seq > held.first_seq AND taken.first_seq < held.last_seq AND taken.how <> 'demote'
  GROUP BY ALL
)
SELECT recording_id, dev, held, held_mode, taken, taken_mode, inodes, times, waits, first_seq,
  (held, inodes) IN (SELECT (back.taken, back.inodes) FROM edges AS back
    WHERE back.recording_id = edges.recording_id AND back.dev = edges.dev AND back.held = edges.taken AND back.waits > 0)
    AS reversed
FROM edges
ORDER BY recording_id, dev, held, held_mode, taken, taken_mode, inodes
