-- page_cache_traffic: pages that enter and leave the page cache in each tenth of a second, per inode.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   dev VARCHAR            device of the filesystem, major:minor
--   ino BIGINT             inode number
--   ts_ns BIGINT           start of the tenth of a second, ns
--   added BIGINT           pages added in it
--   removed BIGINT         pages removed in it
--   cached BIGINT          pages added less pages removed since the recording began; what was cached before is not in it
--
-- example:
--   SELECT dev, ino, max(cached) AS most_cached FROM page_cache_traffic GROUP BY ALL ORDER BY most_cached DESC
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   dev  ino  most_cached
--   ───  ───  ───────────
--   7:0   12           42
--   (1 row)
WITH moves AS (
  SELECT recording_id, dev, ino, ts_ns - ts_ns % 100000000 AS ts_ns,
    sum(CASE WHEN kind = 'add' THEN pages ELSE 0 END)::BIGINT AS added,
    sum(CASE WHEN kind = 'delete' THEN pages ELSE 0 END)::BIGINT AS removed
  FROM page_event
  WHERE kind IN ('add', 'delete')
  GROUP BY ALL
)
SELECT recording_id, dev, ino, ts_ns, added, removed,
  (sum(added - removed) OVER (PARTITION BY recording_id, dev, ino ORDER BY ts_ns))::BIGINT AS cached
FROM moves
ORDER BY recording_id, dev, ino, ts_ns
