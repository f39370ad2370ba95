-- file_activity: what was done to each file: operations and bytes asked for, what reached the disk, pages cached.
--
-- columns:
--   recording_id SMALLINT     which input: recording.recording_id
--   dev VARCHAR               device of the filesystem, major:minor
--   ino BIGINT                inode number
--   path VARCHAR              path that it was opened by, where the recording has it
--   reads BIGINT              operations that read
--   read_bytes BIGINT         bytes that they got
--   writes BIGINT             operations that write
--   written_bytes BIGINT      bytes that they wrote
--   direct_operations BIGINT  of all these past the page cache
--   syncs BIGINT              fsync, fdatasync, msync, sync_file_range
--   tasks BIGINT              threads that had a part in it
--   disk_reads BIGINT         bios that read it
--   disk_read_bytes BIGINT    bytes of them
--   disk_writes BIGINT        bios that wrote it
--   disk_written_bytes BIGINT bytes of them
--   pages_added BIGINT        pages that came into the page cache
--   pages_removed BIGINT      pages that left it
--   first_ns BIGINT           time of the first operation, ns
--   last_ns BIGINT            time of the end of the last one, ns
--
-- example:
--   SELECT ino, reads, writes, direct_operations, syncs, disk_reads, disk_writes, pages_added FROM file_activity
--
-- output of traces/coherence-bw-ext4/trace.dat:
--       ino  reads  writes  direct_operations  syncs  disk_reads  disk_writes  pages_added
--   ───────  ─────  ──────  ─────────────────  ─────  ──────────  ───────────  ───────────
--        12    173     150                150      3         128          163          582
--   7340032      0       0                  0      0           0            0            0
--   (2 rows)
WITH operations AS (
  SELECT recording_id, dev, ino, count(*) FILTER (effect = 'read') AS reads,
    coalesce(sum(result) FILTER (effect = 'read' AND result > 0 AND kind <> 'load'), 0)::BIGINT AS read_bytes,
    count(*) FILTER (effect = 'write') AS writes,
    coalesce(sum(result) FILTER (effect = 'write' AND result > 0 AND kind <> 'store'), 0)::BIGINT AS written_bytes,
    count(*) FILTER (direct AND effect IN ('read', 'write')) AS direct_operations, count(*) FILTER (effect = 'sync') AS syncs,
    count(DISTINCT task) AS tasks, min(start_ns) AS first_ns, max(end_ns) AS last_ns
  FROM file_operations
  GROUP BY ALL
),
disk AS (
  SELECT recording_id, dev, ino, count(*) FILTER (direction(rwbs) = 'read') AS disk_reads,
    coalesce(sum(bytes) FILTER (direction(rwbs) = 'read'), 0)::BIGINT AS disk_read_bytes,
    count(*) FILTER (direction(rwbs) = 'write') AS disk_writes,
    coalesce(sum(bytes) FILTER (direction(rwbs) = 'write'), 0)::BIGINT AS disk_written_bytes
  FROM bio
  WHERE ino IS NOT NULL
  GROUP BY ALL
),
cached AS (
  SELECT recording_id, dev, ino, coalesce(sum(pages) FILTER (kind = 'add'), 0)::BIGINT AS pages_added,
    coalesce(sum(pages) FILTER (kind = 'delete'), 0)::BIGINT AS pages_removed
  FROM page_event
  WHERE ino IS NOT NULL
  GROUP BY ALL
),
files AS (
  SELECT recording_id, dev, ino FROM operations
  UNION SELECT recording_id, dev, ino FROM disk
  UNION SELECT recording_id, dev, ino FROM cached
)
SELECT recording_id, dev, ino, file_paths.path, coalesce(reads, 0) AS reads, coalesce(read_bytes, 0) AS read_bytes,
  coalesce(writes, 0) AS writes, coalesce(written_bytes, 0) AS written_bytes,
  coalesce(direct_operations, 0) AS direct_operations, coalesce(syncs, 0) AS syncs, coalesce(tasks, 0) AS tasks,
  coalesce(disk_reads, 0) AS disk_reads, coalesce(disk_read_bytes, 0) AS disk_read_bytes,
  coalesce(disk_writes, 0) AS disk_writes, coalesce(disk_written_bytes, 0) AS disk_written_bytes,
  coalesce(pages_added, 0) AS pages_added, coalesce(pages_removed, 0) AS pages_removed, first_ns, last_ns
FROM files
LEFT JOIN operations USING (recording_id, dev, ino)
LEFT JOIN disk USING (recording_id, dev, ino)
LEFT JOIN cached USING (recording_id, dev, ino)
LEFT JOIN file_paths USING (recording_id, dev, ino)
ORDER BY recording_id, dev, ino
