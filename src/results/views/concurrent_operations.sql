-- concurrent_operations: pairs of operations on one file that were under way at the same time.
--
-- Neither ended before the other began; an operation whose end was not recorded goes on to the end.
--
-- columns:
--   recording_id SMALLINT    which input: recording.recording_id
--   dev VARCHAR              device of the filesystem, major:minor
--   ino BIGINT               inode number
--   op_a UINTEGER            operation.op_id of the one that began first
--   task_a VARCHAR           who did it
--   kind_a VARCHAR           its operation.kind
--   op_b UINTEGER            operation.op_id of the other one
--   task_b VARCHAR           who did it
--   kind_b VARCHAR           its operation.kind
--   overlap_ns BIGINT        how long both were under way, ns; NULL if the end of neither was recorded
--   overlap_offset BIGINT    first byte of the file that both are about; NULL if none is
--   overlap_bytes BIGINT     bytes that both are about; 0 if none, NULL if both reach to the end of the file
--   effects VARCHAR          what each of them does: read, write, sync or size, as in write/read
--
-- example:
--   SELECT effects, count(*) AS pairs, count(overlap_offset) AS overlapping FROM concurrent_operations GROUP BY ALL ORDER BY ALL
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   effects      pairs  overlapping
--   ───────────  ─────  ───────────
--   read/read      205           29
--   read/sync        1            1
--   read/write     151           16
--   sync/read        2            2
--   sync/write       5            5
--   write/read     438           55
--   write/sync       4            4
--   write/write    248           28
--   (8 rows)
SELECT a.recording_id, a.dev, a.ino, a.op_id AS op_a, a.task AS task_a, a.kind AS kind_a, b.op_id AS op_b,
  b.task AS task_b, b.kind AS kind_b, least(a.end_ns, b.end_ns) - b.start_ns AS overlap_ns,
  CASE WHEN meet(a.file_offset, a.end_offset, b.file_offset, b.end_offset)
    THEN greatest(a.file_offset, b.file_offset) END AS overlap_offset,
  CASE WHEN meet(a.file_offset, a.end_offset, b.file_offset, b.end_offset)
    THEN least(a.end_offset, b.end_offset) - greatest(a.file_offset, b.file_offset) ELSE 0 END AS overlap_bytes,
  a.effect || '/' || b.effect AS effects
FROM file_operations AS a
JOIN file_operations AS b ON b.recording_id = a.recording_id AND b.dev = a.dev AND b.ino = a.ino
  AND (b.start_ns, b.op_id) > (a.start_ns, a.op_id) AND (a.end_ns IS NULL OR b.start_ns <= a.end_ns)
ORDER BY a.recording_id, a.op_id, b.op_id
