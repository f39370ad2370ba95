-- blocks_beyond_eof: data written to blocks of a file that lie beyond every size that the recording shows of it.
--
-- Sizes shown are the ends of reads and writes that succeeded, the size in events of direct I/O, and what ftruncate and
-- fallocate set; the last block of a file may reach beyond its size. Blocks beyond the end of a file are left by a write
-- that failed or was cut short: a later growth of the file shows them.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   dev VARCHAR            device of the filesystem, major:minor
--   ino BIGINT             inode number
--   bio_id UINTEGER        bio.bio_id
--   role VARCHAR           bio.role
--   file_offset BIGINT     first byte of it in the file
--   end_offset BIGINT      first byte behind it
--   largest_size BIGINT    largest size that the recording shows, bytes
--   beyond_bytes BIGINT    bytes beyond it and its block
--   op_id BIGINT           operation.op_id that it belongs to, where known
--   result BIGINT          result of that operation
--
-- needs:
--   iomap_dio_rw_begin: recording_id SMALLINT, dev VARCHAR, ino BIGINT, isize BIGINT
--   iomap_dio_complete: recording_id SMALLINT, dev VARCHAR, ino BIGINT, isize BIGINT
--   xfs_end_io_direct_write: recording_id SMALLINT, dev VARCHAR, ino BIGINT, isize BIGINT
--   xfs_setfilesize: recording_id SMALLINT, dev VARCHAR, ino BIGINT, isize BIGINT
--
-- example:
--   SELECT ino, count(*) AS bios, sum(beyond_bytes) AS bytes FROM blocks_beyond_eof GROUP BY ino ORDER BY ino
--
-- output of traces/locks-ext4/trace.txt.gz:
--   ino  bios    bytes
--   ───  ────  ───────
--    14    10  2198528
--   (1 row)
WITH sizes AS (
  SELECT recording_id, dev, ino, isize AS size FROM iomap_dio_rw_begin
  UNION ALL SELECT recording_id, dev, ino, isize FROM iomap_dio_complete
  UNION ALL SELECT recording_id, dev, ino, isize FROM xfs_end_io_direct_write
  UNION ALL SELECT recording_id, dev, ino, isize FROM xfs_setfilesize
  UNION ALL
  SELECT recording_id, dev, ino, file_offset + result FROM file_operations
  WHERE effect IN ('read', 'write') AND result > 0 AND kind NOT IN ('load', 'store')
  UNION ALL
  SELECT recording_id, dev, ino, coalesce(file_offset, 0) + coalesce(bytes, 0) FROM operation
  WHERE kind IN ('ftruncate', 'fallocate') AND ino IS NOT NULL AND result = 0
  UNION ALL SELECT recording_id, dev, ino, end_offset FROM file_operations WHERE kind IN ('load', 'store')
),
largest AS (SELECT recording_id, dev, ino, max(size) AS size FROM sizes WHERE size IS NOT NULL GROUP BY ALL),
bounds AS (
  SELECT largest.*,
    (largest.size + coalesce(device.fs_block_size, page_bytes(recording.page_size)) - 1)
      // coalesce(device.fs_block_size, page_bytes(recording.page_size)) * coalesce(device.fs_block_size, page_bytes(recording.page_size)) AS bound
  FROM largest
  JOIN recording ON recording.recording_id = largest.recording_id
  LEFT JOIN device ON device.recording_id = largest.recording_id AND device.dev = largest.dev
)
SELECT bio.recording_id, bio.dev, bio.ino, bio.bio_id, bio.role, bio.file_offset, bio.file_offset + bio.bytes AS end_offset,
  bounds.size AS largest_size, bio.file_offset + bio.bytes - greatest(bounds.bound, bio.file_offset) AS beyond_bytes,
  bio.op_id, operation.result
FROM bio
JOIN bounds ON bounds.recording_id = bio.recording_id AND bounds.dev = bio.dev AND bounds.ino = bio.ino
LEFT JOIN operation ON operation.recording_id = bio.recording_id AND operation.op_id = bio.op_id
WHERE contains(bio.rwbs, 'W') AND bio.role IN ('direct', 'zeroing', 'writeback') AND bio.file_offset + bio.bytes > bounds.bound
ORDER BY bio.recording_id, bio.bio_id
