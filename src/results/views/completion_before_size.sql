-- completion_before_size: extending direct writes: whether the data was on the device before the file's new size was seen.
--
-- A size that shows too early makes a reader find blocks that have no data yet. The size is seen where an event of the file
-- first shows one that covers the write: events iomap_dio_rw_begin, iomap_dio_complete, xfs_end_io_direct_write and
-- xfs_setfilesize show it; a recording without them has no rows.
--
-- columns:
--   recording_id SMALLINT      which input: recording.recording_id
--   op_id UINTEGER             operation.op_id of the write
--   task VARCHAR               who did it
--   dev VARCHAR                device of the filesystem, major:minor
--   ino BIGINT                 inode number
--   file_offset BIGINT         first byte
--   end_offset BIGINT          size that the write makes, bytes
--   size_before BIGINT         size of the file when it began, bytes
--   data_done_ns BIGINT        when its last bio completed, ns
--   size_seen_ns BIGINT        when an event first showed a size that covers it, ns; NULL if none did
--   size_event VARCHAR         that event
--   disk_size_ns BIGINT        when the size on disk was set to cover it, ns; NULL if no event told
--   in_order BOOLEAN           whether the data was complete before the size was seen; NULL if either is not known
--
-- needs:
--   iomap_dio_rw_begin: recording_id SMALLINT, seq UINTEGER, ts_ns BIGINT, pid INTEGER, dev VARCHAR, ino BIGINT, isize BIGINT, pos BIGINT, count BIGINT
--   iomap_dio_complete: recording_id SMALLINT, seq UINTEGER, ts_ns BIGINT, dev VARCHAR, ino BIGINT, isize BIGINT
--   xfs_end_io_direct_write: recording_id SMALLINT, seq UINTEGER, ts_ns BIGINT, dev VARCHAR, ino BIGINT, isize BIGINT
--   xfs_setfilesize: recording_id SMALLINT, seq UINTEGER, ts_ns BIGINT, dev VARCHAR, ino BIGINT, isize BIGINT, offset BIGINT, count BIGINT
--
-- example:
--   SELECT in_order, count(*) AS writes, min(size_seen_ns - data_done_ns) AS shortest_ns FROM completion_before_size GROUP BY ALL ORDER BY ALL
--
-- output of traces/locks-ext4/trace.txt.gz:
--   in_order  writes  shortest_ns
--   ────────  ──────  ───────────
--   true          25         6000
--   (1 row)
WITH shown AS (
  SELECT recording_id, seq, ts_ns, dev, ino, isize, 'iomap_dio_rw_begin' AS name FROM iomap_dio_rw_begin
  UNION ALL SELECT recording_id, seq, ts_ns, dev, ino, isize, 'iomap_dio_complete' FROM iomap_dio_complete
  UNION ALL SELECT recording_id, seq, ts_ns, dev, ino, isize, 'xfs_end_io_direct_write' FROM xfs_end_io_direct_write
  UNION ALL SELECT recording_id, seq, ts_ns, dev, ino, isize, 'xfs_setfilesize' FROM xfs_setfilesize
),
extending AS (
  SELECT operation.recording_id, operation.op_id, operation.task, operation.dev, operation.ino, operation.file_offset,
    operation.end_offset, begin.isize AS size_before, begin.seq
  FROM file_operations AS operation
  JOIN operation AS whole ON whole.recording_id = operation.recording_id AND whole.op_id = operation.op_id
  JOIN iomap_dio_rw_begin AS begin ON begin.recording_id = operation.recording_id AND begin.dev = operation.dev
    AND begin.ino = operation.ino AND begin.pos = operation.file_offset AND begin.seq BETWEEN whole.first_seq AND whole.last_seq
  WHERE operation.effect = 'write' AND operation.direct AND operation.end_offset > begin.isize
    AND operation.result = operation.end_offset - operation.file_offset
  QUALIFY row_number() OVER (PARTITION BY operation.recording_id, operation.op_id ORDER BY begin.seq DESC) = 1
),
sized AS (
  SELECT extending.recording_id, extending.op_id, arg_min(shown.ts_ns, shown.seq) AS size_seen_ns,
    arg_min(shown.name, shown.seq) AS size_event
  FROM extending
  JOIN shown ON shown.recording_id = extending.recording_id AND shown.dev = extending.dev AND shown.ino = extending.ino
    AND shown.seq > extending.seq AND shown.isize >= extending.end_offset
  GROUP BY ALL
),
on_disk AS (
  SELECT extending.recording_id, extending.op_id, min(xfs_setfilesize.ts_ns) AS disk_size_ns
  FROM extending
  JOIN xfs_setfilesize ON xfs_setfilesize.recording_id = extending.recording_id AND xfs_setfilesize.dev = extending.dev
    AND xfs_setfilesize.ino = extending.ino AND xfs_setfilesize.seq > extending.seq
    AND xfs_setfilesize.offset + xfs_setfilesize.count >= extending.end_offset
  GROUP BY ALL
),
done AS (
  SELECT recording_id, op_id, CASE WHEN bool_and(complete_ns IS NOT NULL) THEN max(complete_ns) END AS data_done_ns
  FROM bio
  WHERE op_id IS NOT NULL AND role = 'direct'
  GROUP BY ALL
)
SELECT recording_id, op_id, task, dev, ino, file_offset, end_offset, size_before, data_done_ns, size_seen_ns, size_event,
  disk_size_ns, data_done_ns <= size_seen_ns AS in_order
FROM extending
LEFT JOIN sized USING (recording_id, op_id)
LEFT JOIN on_disk USING (recording_id, op_id)
LEFT JOIN done USING (recording_id, op_id)
ORDER BY recording_id, op_id
