-- seeks: how far apart one request and the next are on a device, as queued (Q) and as issued (D).
--
-- The distance is that between the end of one request and the start of the next, whichever way; requests without
-- sectors (a bare flush) are passed over. Queued and issued together show what scheduler and merging make of it.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   dev VARCHAR            device, major:minor
--   action VARCHAR         Q: as bios are queued; D: as requests are issued to the driver
--   count BIGINT           distances measured
--   mean_sectors DOUBLE    mean distance, sectors of 512 bytes
--   median_sectors BIGINT  median distance, sectors
--   max_sectors BIGINT     longest distance, sectors
--   zero_share DOUBLE      share that begins just where the one before ended, 0 to 1
--
-- example:
--   SELECT dev, action, zero_share FROM seeks ORDER BY zero_share
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   dev  action            zero_share
--   ───  ──────  ────────────────────
--   7:0  D       0.016835016835016835
--   7:0  Q       0.020134228187919462
--   (2 rows)
WITH requests AS (
  SELECT recording_id, dev, action, ts_ns, seq, sector, sector + bytes // 512 AS end_sector
  FROM event
  WHERE action IN ('Q', 'D') AND sector >= 0 AND bytes > 0
),
distances AS (
  SELECT recording_id, dev, action,
    abs(sector - lag(end_sector) OVER (PARTITION BY recording_id, dev, action ORDER BY ts_ns, seq)) AS sectors
  FROM requests
)
SELECT recording_id, dev, action, count(*) AS count, avg(sectors) AS mean_sectors,
  quantile_disc(sectors, 0.5) AS median_sectors, max(sectors) AS max_sectors, avg((sectors = 0)::INTEGER) AS zero_share
FROM distances
WHERE sectors IS NOT NULL
GROUP BY ALL
ORDER BY recording_id, dev, action DESC
