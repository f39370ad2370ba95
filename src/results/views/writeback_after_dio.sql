-- writeback_after_dio: writeback of pages whose data is older than a direct write that ended before it.
--
-- The page was last made dirty before the direct write ended, stayed in the cache, and its writeback was queued after
-- that end: what the page held goes over what the direct write wrote. Where it was made dirty while the direct write ran,
-- the two were concurrent and either may be last. A direct write that writes back first and drops the page leaves no row.
--
-- columns:
--   recording_id SMALLINT   which input: recording.recording_id
--   bio_id UINTEGER         bio.bio_id of the writeback
--   queue_ns BIGINT         time it was queued, ns
--   comm VARCHAR            thread that wrote it back
--   write_op UINTEGER       operation.op_id of the direct write
--   write_task VARCHAR      who wrote directly
--   dev VARCHAR             device of the filesystem, major:minor
--   ino BIGINT              inode number
--   page_index BIGINT       index of the page
--   dirtied_ns BIGINT       time the page was last made dirty before the writeback, ns
--   written_ns BIGINT       time the direct write ended, ns
--   dirtied_during BOOLEAN  whether the page was made dirty while the direct write ran
--
-- example:
--   SELECT write_task, comm, count(*) AS pages FROM writeback_after_dio GROUP BY ALL ORDER BY ALL
--
-- output of traces/fio-ext4/trace.dat:
--   write_task  comm  pages
--   ──────────  ────  ─────
--   fio-5616    fio       1
--   (1 row)
WITH written_back AS (
  SELECT bio.recording_id, bio.dev, bio.ino, bio.bio_id, bio.queue_ns, bio.comm,
    unnest(range(bio.file_offset // page_bytes(page_size), (bio.file_offset + bio.bytes + page_bytes(page_size) - 1) // page_bytes(page_size))) AS page_index
  FROM bio
  JOIN recording USING (recording_id)
  WHERE bio.role = 'writeback' AND bio.ino IS NOT NULL AND bio.file_offset IS NOT NULL AND bio.bytes > 0
    AND bio.queue_ns IS NOT NULL
),
dirtied AS (
  SELECT recording_id, dev, ino, ts_ns, unnest(range(page_index, page_index + coalesce(pages, 1))) AS page_index
  FROM page_event
  WHERE kind = 'dirty'
),
aged AS (
  SELECT written_back.*, dirtied.ts_ns AS dirtied_ns
  FROM written_back
  ASOF JOIN dirtied ON dirtied.recording_id = written_back.recording_id AND dirtied.dev = written_back.dev
    AND dirtied.ino = written_back.ino AND dirtied.page_index = written_back.page_index
    AND dirtied.ts_ns < written_back.queue_ns
),
kept AS (
  SELECT aged.* FROM aged
  ANTI JOIN page_lifecycle AS page ON page.recording_id = aged.recording_id AND page.dev = aged.dev AND page.ino = aged.ino
    AND page.page_index = aged.page_index AND page.removed_ns > aged.dirtied_ns AND page.removed_ns < aged.queue_ns
)
SELECT kept.recording_id, kept.bio_id, kept.queue_ns, kept.comm, operation.op_id AS write_op, operation.task AS write_task,
  kept.dev, kept.ino, kept.page_index, kept.dirtied_ns, operation.end_ns AS written_ns,
  kept.dirtied_ns >= operation.start_ns AS dirtied_during
FROM kept
JOIN recording ON recording.recording_id = kept.recording_id
JOIN file_operations AS operation ON operation.recording_id = kept.recording_id AND operation.dev = kept.dev
  AND operation.ino = kept.ino AND operation.effect = 'write' AND operation.direct AND operation.result > 0
  AND operation.end_ns > kept.dirtied_ns AND operation.end_ns < kept.queue_ns
  AND kept.page_index >= operation.file_offset // page_bytes(recording.page_size)
  AND kept.page_index * page_bytes(recording.page_size) < operation.end_offset
ORDER BY kept.recording_id, kept.bio_id, kept.page_index, operation.op_id
