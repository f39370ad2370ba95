-- merge_ratio: how many bios were merged into requests of others, and how much larger requests are than bios.
--
-- Bios of one direction on one device; a merged bio travels with the request of the bio that it was merged into. Bios
-- without data (a bare flush) cannot be merged and do not count.
--
-- columns:
--   recording_id SMALLINT   which input: recording.recording_id
--   dev VARCHAR             device, major:minor
--   direction VARCHAR       read, write, discard, zone or other, from rwbs
--   bios BIGINT             bios with data
--   merged BIGINT           of them merged into another one's request
--   requests BIGINT         requests that they make: bios less merged ones
--   merged_share DOUBLE     merged / bios, 0 to 1
--   bio_bytes DOUBLE        mean length of a bio, bytes
--   request_bytes DOUBLE    mean length of a request, bytes
--
-- example:
--   SELECT dev, direction, bios, merged, round(request_bytes) AS request_bytes FROM merge_ratio
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   dev  direction  bios  merged  request_bytes
--   ───  ─────────  ────  ──────  ─────────────
--   7:0  read        129       0          30482
--   7:0  write       170       1          25861
--   (2 rows)
SELECT recording_id, dev,
  direction(rwbs) AS direction,
  count(*) AS bios, count(merged_into) AS merged, count(*) - count(merged_into) AS requests,
  count(merged_into) / count(*) AS merged_share, sum(bytes) / count(*) AS bio_bytes,
  sum(bytes) / nullif(count(*) - count(merged_into), 0) AS request_bytes
FROM bio
WHERE bytes > 0
GROUP BY ALL
ORDER BY recording_id, dev, direction
