-- bio_to_file: every bio with the file, the position in it and the operation that it is for.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   bio_id UINTEGER        bio.bio_id
--   dev VARCHAR            device, major:minor
--   sector BIGINT          first sector, of 512 bytes
--   bytes BIGINT           length, bytes
--   rwbs VARCHAR           request flags
--   queue_ns BIGINT        time queued, ns
--   role VARCHAR           what it carries: direct, read, readahead, writeback, journal, metadata, ...
--   ino BIGINT             inode number; NULL if the file is not known
--   path VARCHAR           path that it was opened by, where the recording has it
--   file_offset BIGINT     position in the file, bytes
--   op_id BIGINT           operation.op_id that had it submitted; NULL if not known
--   task VARCHAR           who did that
--   kind VARCHAR           its operation.kind
--   attribution VARCHAR    how this is known: certain, by-interval, by-time or unknown
--
-- example:
--   SELECT role, count(*) AS bios, count(ino) AS with_file, count(op_id) AS with_operation FROM bio_to_file GROUP BY ALL ORDER BY ALL
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   role       bios  with_file  with_operation
--   ─────────  ────  ─────────  ──────────────
--   direct      146        146             146
--   flush         8          0               3
--   journal       5          0               0
--   metadata      3          0               1
--   read         27         27              27
--   readahead    51         51              51
--   writeback    67         67              66
--   (7 rows)
SELECT bio.recording_id, bio.bio_id, bio.dev, bio.sector, bio.bytes, bio.rwbs, bio.queue_ns, bio.role, bio.ino,
  file_paths.path, bio.file_offset, bio.op_id, operation.task, operation.kind, bio.attribution
FROM bio
LEFT JOIN file_paths ON file_paths.recording_id = bio.recording_id AND file_paths.dev = bio.dev AND file_paths.ino = bio.ino
LEFT JOIN operation ON operation.recording_id = bio.recording_id AND operation.op_id = bio.op_id
ORDER BY bio.recording_id, bio.bio_id
