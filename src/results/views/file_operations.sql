-- file_operations: operations that read, write, sync or resize a file that is known, with the bytes that they are about.
--
-- An operation that went one part direct and one part buffered is here as its two parts. Ends that are not known, as that
-- of what a sync or truncation reaches, are NULL and mean the end of the file.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   op_id UINTEGER         operation.op_id
--   dev VARCHAR            device of the filesystem, major:minor
--   ino BIGINT             inode number
--   task VARCHAR           name and thread id of who began it
--   kind VARCHAR           operation.kind
--   effect VARCHAR         read, write, sync or size
--   direct BOOLEAN         whether data went past the page cache; NULL if partly, or unknown
--   file_offset BIGINT     first byte
--   end_offset BIGINT      first byte behind it; NULL: to the end of the file
--   start_ns BIGINT        time of its beginning, ns
--   end_ns BIGINT          time of its end, ns; NULL if not recorded
--   result BIGINT          result, negative errno on failure
--
-- example:
--   SELECT effect, direct, count(*) AS operations FROM file_operations GROUP BY ALL ORDER BY ALL
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   effect  direct  operations
--   ──────  ──────  ──────────
--   read    false          106
--   read    true            50
--   read    NULL            17
--   sync    NULL             3
--   write   false           50
--   write   true           100
--   (6 rows)
SELECT recording_id, op_id, dev, ino, task, kind, effect_of(kind) AS effect, direct,
  coalesce(file_offset, 0) AS file_offset,
  CASE WHEN effect_of(kind) IN ('read', 'write') THEN file_offset + bytes END AS end_offset, start_ns, end_ns, result
FROM operation
WHERE effect_of(kind) IS NOT NULL AND ino IS NOT NULL AND execution <> 'mixed'
  AND (file_offset IS NOT NULL OR effect_of(kind) IN ('sync', 'size'))
ORDER BY recording_id, op_id
