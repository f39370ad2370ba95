-- happens_before: which operation on a file ended before which other one began, without what follows from the rest.
--
-- Times order two operations where one ended before the other began. Of all such pairs these are the direct ones: none
-- has a third operation of the file between its two, and every other pair follows from a chain of these.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   dev VARCHAR            device of the filesystem, major:minor
--   ino BIGINT             inode number
--   before_op UINTEGER     operation.op_id of the earlier one
--   before_task VARCHAR    who did it
--   before_kind VARCHAR    its operation.kind
--   after_op UINTEGER      operation.op_id of the later one
--   after_task VARCHAR     who did it
--   after_kind VARCHAR     its operation.kind
--   gap_ns BIGINT          from the end of the one to the beginning of the other, ns
--
-- example:
--   SELECT before_kind, after_kind, count(*) AS pairs FROM happens_before GROUP BY ALL ORDER BY pairs DESC, before_kind, after_kind LIMIT 3
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   before_kind  after_kind  pairs
--   ───────────  ──────────  ─────
--   pwrite       pwrite        242
--   pread        pread         160
--   pwrite       pread         151
--   (3 rows)
WITH moments AS (
  SELECT recording_id, dev, ino, op_id, start_ns AS ts_ns, 0 AS ended, NULL::BIGINT AS begun_ns FROM file_operations
  UNION ALL
  SELECT recording_id, dev, ino, op_id, end_ns, 1, start_ns FROM file_operations WHERE end_ns IS NOT NULL
),
bounded AS (
  SELECT *, max(begun_ns) OVER (PARTITION BY recording_id, dev, ino ORDER BY ts_ns, ended
    RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS latest_start_ns
  FROM moments
)
SELECT later.recording_id, later.dev, later.ino, earlier.op_id AS before_op, earlier.task AS before_task,
  earlier.kind AS before_kind, later.op_id AS after_op, operation.task AS after_task, operation.kind AS after_kind,
  later.ts_ns - earlier.end_ns AS gap_ns
FROM bounded AS later
JOIN file_operations AS earlier ON earlier.recording_id = later.recording_id AND earlier.dev = later.dev
  AND earlier.ino = later.ino AND earlier.end_ns >= later.latest_start_ns AND earlier.end_ns < later.ts_ns
JOIN file_operations AS operation ON operation.recording_id = later.recording_id AND operation.op_id = later.op_id
WHERE later.ended = 0
ORDER BY later.recording_id, later.op_id, earlier.op_id
