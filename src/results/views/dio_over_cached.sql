-- dio_over_cached: direct reads and writes of ranges that had pages in the page cache when they began, or came to have some.
--
-- A direct write has to write such pages back if they are dirty, and drop them before and after; a page that comes in while
-- it runs, or that stays, may hold older data than the disk.
--
-- columns:
--   recording_id SMALLINT   which input: recording.recording_id
--   op_id UINTEGER          operation.op_id
--   task VARCHAR            who did it
--   kind VARCHAR            operation.kind
--   dev VARCHAR             device of the filesystem, major:minor
--   ino BIGINT              inode number
--   file_offset BIGINT      first byte
--   end_offset BIGINT       first byte behind it
--   start_ns BIGINT         time of its beginning, ns
--   cached_before BIGINT    pages of its range in the cache when it began
--   dirtied_before BIGINT   of them made dirty at some time before
--   removed_by_it BIGINT    pages that it removed itself
--   came_during BIGINT      pages that came into the cache while it ran
--   cached_after BIGINT     pages of its range in the cache when it ended
--
-- example:
--   SELECT kind, count(*) AS operations, sum(cached_before) AS cached, sum(removed_by_it) AS removed, sum(came_during) AS came, sum(cached_after) AS left_over FROM dio_over_cached GROUP BY ALL ORDER BY ALL
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   kind    operations  cached  removed  came  left_over
--   ──────  ──────────  ──────  ───────  ────  ─────────
--   pread           44     275        0    22        288
--   pwrite          85     510      537    48          0
--   (2 rows)
WITH direct AS (
  SELECT operation.*, page_bytes(recording.page_size) AS page_size
  FROM file_operations AS operation
  JOIN recording USING (recording_id)
  WHERE operation.direct AND operation.effect IN ('read', 'write') AND operation.end_ns IS NOT NULL
)
SELECT direct.recording_id, direct.op_id, direct.task, direct.kind, direct.dev, direct.ino, direct.file_offset,
  direct.end_offset, direct.start_ns,
  count(*) FILTER (coalesce(page.added_ns, 0) < direct.start_ns) AS cached_before,
  count(*) FILTER (coalesce(page.added_ns, 0) < direct.start_ns AND page.first_dirty_ns < direct.start_ns) AS dirtied_before,
  count(*) FILTER (page.removed_by = direct.op_id) AS removed_by_it,
  count(*) FILTER (page.added_ns >= direct.start_ns) AS came_during,
  count(*) FILTER (page.removed_ns IS NULL OR page.removed_ns > direct.end_ns) AS cached_after
FROM direct
JOIN page_lifecycle AS page ON page.recording_id = direct.recording_id AND page.dev = direct.dev AND page.ino = direct.ino
  AND page.page_index >= direct.file_offset // direct.page_size
  AND page.page_index * direct.page_size < direct.end_offset
  AND coalesce(page.added_ns, 0) <= direct.end_ns AND (page.removed_ns IS NULL OR page.removed_ns >= direct.start_ns)
GROUP BY direct.recording_id, direct.op_id, direct.task, direct.kind, direct.dev, direct.ino, direct.file_offset,
  direct.end_offset, direct.start_ns
ORDER BY direct.recording_id, direct.op_id
