-- throughput: bios and bytes completed in each tenth of a second, per device and direction.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   dev VARCHAR            device, major:minor
--   direction VARCHAR      read, write, discard, flush, zone or other, from rwbs
--   ts_ns BIGINT           start of the tenth of a second, ns
--   bios BIGINT            bios completed in it
--   bytes BIGINT           bytes of those bios
--
-- example:
--   SELECT ts_ns, bytes * 10 / 1e6 AS mb_per_s FROM throughput WHERE dev = '7:0' AND direction = 'write'
--
-- output of traces/coherence-bw-ext4/trace.dat:
--           ts_ns  mb_per_s
--   ─────────────  ────────
--   3033100000000  43.33568
--   3036000000000   0.36864
--   (2 rows)
SELECT recording_id, dev,
  direction(rwbs) AS direction,
  complete_ns - complete_ns % 100000000 AS ts_ns, count(*) AS bios, coalesce(sum(bytes), 0)::BIGINT AS bytes
FROM bio
WHERE complete_ns IS NOT NULL
GROUP BY ALL
ORDER BY recording_id, dev, direction, ts_ns
