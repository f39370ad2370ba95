-- invalidations: pages that left the page cache, each with the cause and the operation that did it; and those that would not.
--
-- Failed: a direct write could not drop the pages of its range before it began and goes through the page cache instead, or
-- could not drop them after it (event iomap_dio_invalidate_fail).
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   seq UINTEGER           event.seq
--   ts_ns BIGINT           time, ns
--   dev VARCHAR            device of the filesystem, major:minor
--   ino BIGINT             inode number
--   page_index BIGINT      index of the first page in the file
--   pages BIGINT           number of pages
--   cause VARCHAR          invalidate, truncate, reclaim, unknown, or failed
--   op_id BIGINT           operation.op_id that did it, where known
--   task VARCHAR           who did that
--   kind VARCHAR           its operation.kind
--   direct BOOLEAN         whether it went past the page cache
--
-- example:
--   SELECT cause, kind, direct, sum(pages) AS pages FROM invalidations GROUP BY ALL ORDER BY ALL
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   cause       kind    direct  pages
--   ──────────  ──────  ──────  ─────
--   invalidate  pwrite  true      540
--   (1 row)
WITH moves AS (
  SELECT recording_id, seq, ts_ns, dev, ino, page_index, pages, cause, op_id FROM page_event WHERE kind = 'delete'
  UNION ALL
  SELECT failed.recording_id, failed.seq, failed.ts_ns, failed.dev, failed.ino,
    failed.file_offset // page_bytes(recording.page_size),
    (failed.file_offset + failed.bytes - 1) // page_bytes(recording.page_size) - failed.file_offset // page_bytes(recording.page_size) + 1, 'failed',
    min(operation.op_id)
  FROM event AS failed
  JOIN recording ON recording.recording_id = failed.recording_id
  LEFT JOIN operation ON operation.recording_id = failed.recording_id AND operation.pid = failed.pid
    AND operation.ino = failed.ino AND failed.seq BETWEEN operation.first_seq AND operation.last_seq
  WHERE failed.name = 'iomap_dio_invalidate_fail'
  GROUP BY ALL
)
SELECT moves.recording_id, moves.seq, moves.ts_ns, moves.dev, moves.ino, moves.page_index, moves.pages, moves.cause,
  moves.op_id, operation.task, operation.kind, operation.direct
FROM moves
LEFT JOIN operation ON operation.recording_id = moves.recording_id AND operation.op_id = moves.op_id
ORDER BY moves.recording_id, moves.seq
