-- lock_order_edges: which locks threads took while they held which others.
--
-- Threads of recordings, and tasks of kept runs of the model, of which also what they wait for counts. Two edges that are each other's reverse can deadlock when both locks are taken to wait. Inodes of a recording are told
-- apart only as the same one or another; resources of a run have their own names.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id; NULL: of a run
--   run_id INTEGER         run.run_id; NULL: of a recording
--   dev VARCHAR            device of the filesystem, major:minor
--   held VARCHAR           lock that was held, as in IOLOCK or i_mutex(F)
--   held_mode VARCHAR      SHARED or EXCL
--   taken VARCHAR          lock that was taken meanwhile
--   taken_mode VARCHAR     SHARED or EXCL
--   inodes VARCHAR         same or other: whether both are of one inode; NULL where it is not told
--   times BIGINT           how often
--   waits BIGINT           of them not as a mere try, and so able to wait
--   first_seq UINTEGER     event.seq of the first time; of a run: its step
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
  SELECT held.recording_id, NULL::INTEGER AS run_id, held.dev, held.lock AS held, held.mode AS held_mode, taken.lock AS taken,
    taken.mode AS taken_mode, CASE WHEN held.ino IS NOT NULL AND taken.ino IS NOT NULL
      THEN CASE WHEN held.ino = taken.ino THEN 'same' ELSE 'other' END END AS inodes, count(*) AS times,
    count(*) FILTER (taken.how = 'wait') AS waits, min(taken.first_seq) AS first_seq
  FROM lock_intervals AS held
  JOIN lock_intervals AS taken ON taken.recording_id = held.recording_id AND taken.pid = held.pid
    AND taken.dev IS NOT DISTINCT FROM held.dev
    AND taken.first_seq > held.first_seq AND taken.first_seq < held.last_seq AND taken.how <> 'demote'
  GROUP BY ALL
  UNION ALL
  SELECT NULL, held.run_id, NULL, held.resource, held.mode, taken.resource, taken.mode, NULL, count(*), count(*), min(taken.first_step)::UINTEGER
  FROM run_lock_intervals AS held
  JOIN run_lock_intervals AS taken ON taken.run_id = held.run_id AND taken.task = held.task AND taken.resource <> held.resource
    AND taken.first_step > held.first_step AND taken.first_step <= held.last_step
  WHERE held.state = 'holds'
  GROUP BY ALL
)
SELECT recording_id, run_id, dev, held, held_mode, taken, taken_mode, inodes, times, waits, first_seq,
  EXISTS (FROM edges AS back
    WHERE back.recording_id IS NOT DISTINCT FROM edges.recording_id AND back.run_id IS NOT DISTINCT FROM edges.run_id
      AND back.dev IS NOT DISTINCT FROM edges.dev AND back.held = edges.taken AND back.taken = edges.held
      AND back.inodes IS NOT DISTINCT FROM edges.inodes AND back.waits > 0) AS reversed
FROM edges
ORDER BY recording_id, run_id, dev, held, held_mode, taken, taken_mode, inodes
