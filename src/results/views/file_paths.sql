-- file_paths: the files that operations name, each with the path that it was opened by.
--
-- Of several paths that of the first open; NULL where the recording has none: most event sets do not hold names.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   dev VARCHAR            device of the filesystem, major:minor
--   ino BIGINT             inode number
--   path VARCHAR           path as opened
--   operations BIGINT      operations on it
--
-- example:
--   SELECT ino, path, operations FROM file_paths
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   ino  path  operations
--   ───  ────  ──────────
--    12  NULL         368
--   (1 row)
SELECT recording_id, dev, ino, arg_min(path, op_id) AS path, count(*) AS operations
FROM operation
WHERE ino IS NOT NULL
GROUP BY ALL
ORDER BY recording_id, dev, ino
