-- reads_after_direct_write: reads through the page cache or a mapping of bytes that a direct write had written before.
--
-- For every page of a read the last direct write of it that ended before the read began. A page that was in the cache since
-- before that write ended cannot have the new data unless somebody put it there: such reads are worth a look.
--
-- columns:
--   recording_id SMALLINT   which input: recording.recording_id
--   read_op UINTEGER        operation.op_id of the read
--   read_task VARCHAR       who read
--   read_kind VARCHAR       its operation.kind
--   write_op UINTEGER       operation.op_id of the direct write
--   write_task VARCHAR      who wrote
--   dev VARCHAR             device of the filesystem, major:minor
--   ino BIGINT              inode number
--   first_page BIGINT       index of the first page that both are about
--   pages BIGINT            number of pages that both are about
--   gap_ns BIGINT           from the end of the write to the beginning of the read, ns
--   cached_since_before BIGINT  of them in the cache from before the end of the write to the read
--   rewritten BIGINT        of those, made dirty again after the write ended
--
-- example:
--   SELECT read_kind, count(*) AS reads, sum(pages) AS pages, sum(cached_since_before) AS old_pages FROM reads_after_direct_write GROUP BY ALL ORDER BY ALL
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   read_kind  reads  pages  old_pages
--   ─────────  ─────  ─────  ─────────
--   load           5      5          0
--   pread         40    329          0
--   (2 rows)
WITH touched AS (
  SELECT operation.*,
    unnest(range(file_offset // page_bytes(page_size), (end_offset + page_bytes(page_size) - 1) // page_bytes(page_size))) AS page_index
  FROM file_operations AS operation
  JOIN recording USING (recording_id)
  WHERE effect IN ('read', 'write') AND end_offset > file_offset
),
reads AS (SELECT * FROM touched WHERE effect = 'read' AND direct IS DISTINCT FROM TRUE),
writes AS (SELECT * FROM touched WHERE effect = 'write' AND direct AND end_ns IS NOT NULL AND result > 0),
pairs AS (
  SELECT reads.recording_id, reads.dev, reads.ino, reads.page_index, reads.op_id AS read_op, reads.task AS read_task,
    reads.kind AS read_kind, reads.start_ns AS read_ns, writes.op_id AS write_op, writes.task AS write_task,
    writes.end_ns AS written_ns
  FROM reads
  ASOF JOIN writes ON writes.recording_id = reads.recording_id AND writes.dev = reads.dev AND writes.ino = reads.ino
    AND writes.page_index = reads.page_index AND writes.end_ns < reads.start_ns
),
judged AS (
  SELECT pairs.*, count(page.page_index) AS old_pages,
    count(*) FILTER (page.last_dirty_ns > pairs.written_ns AND page.last_dirty_ns < pairs.read_ns) AS rewritten
  FROM pairs
  LEFT JOIN page_lifecycle AS page ON page.recording_id = pairs.recording_id AND page.dev = pairs.dev
    AND page.ino = pairs.ino AND page.page_index = pairs.page_index AND coalesce(page.added_ns, 0) < pairs.written_ns
    AND (page.removed_ns IS NULL OR page.removed_ns > pairs.read_ns)
  GROUP BY ALL
)
SELECT recording_id, read_op, read_task, read_kind, write_op, write_task, dev, ino, min(page_index) AS first_page,
  count(*) AS pages, min(read_ns - written_ns) AS gap_ns, count(*) FILTER (old_pages > 0) AS cached_since_before,
  count(*) FILTER (rewritten > 0) AS rewritten
FROM judged
GROUP BY ALL
ORDER BY recording_id, read_op, write_op
