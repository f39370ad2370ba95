-- unordered_overlaps: concurrent operations that touch the same bytes of a file, one of them at least changing them.
--
-- Times say nothing of which came first: what a reader sees, or what stays in the file, depends on the kernel.
--
-- columns:
--   recording_id SMALLINT    which input: recording.recording_id
--   dev VARCHAR              device of the filesystem, major:minor
--   ino BIGINT               inode number
--   op_a UINTEGER            operation.op_id of the one that began first
--   task_a VARCHAR           who did it
--   kind_a VARCHAR           its operation.kind
--   direct_a BOOLEAN         whether it went past the page cache
--   op_b UINTEGER            operation.op_id of the other one
--   task_b VARCHAR           who did it
--   kind_b VARCHAR           its operation.kind
--   direct_b BOOLEAN         whether it went past the page cache
--   overlap_offset BIGINT    first byte that both are about
--   overlap_bytes BIGINT     bytes that both are about; NULL: to the end of the file
--   overlap_ns BIGINT        how long both were under way, ns
--   mixed BOOLEAN            whether one went past the page cache and the other through it
--
-- example:
--   SELECT kind_a, kind_b, mixed, count(*) AS pairs FROM unordered_overlaps GROUP BY ALL ORDER BY ALL
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   kind_a  kind_b  mixed  pairs
--   ──────  ──────  ─────  ─────
--   pread   pwrite  false     11
--   pread   pwrite  true       5
--   pwrite  load    false      3
--   pwrite  pread   false     27
--   pwrite  pread   true      25
--   pwrite  pwrite  false     14
--   pwrite  pwrite  true      14
--   (7 rows)
SELECT pair.recording_id, pair.dev, pair.ino, pair.op_a, pair.task_a, pair.kind_a, a.direct AS direct_a, pair.op_b,
  pair.task_b, pair.kind_b, b.direct AS direct_b, pair.overlap_offset, pair.overlap_bytes, pair.overlap_ns,
  coalesce(a.direct <> b.direct, FALSE) AS mixed
FROM concurrent_operations AS pair
JOIN file_operations AS a ON a.recording_id = pair.recording_id AND a.op_id = pair.op_a
JOIN file_operations AS b ON b.recording_id = pair.recording_id AND b.op_id = pair.op_b
WHERE pair.overlap_offset IS NOT NULL AND a.effect <> 'sync' AND b.effect <> 'sync'
  AND NOT (a.effect = 'read' AND b.effect = 'read')
ORDER BY pair.recording_id, pair.op_a, pair.op_b
