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
--   SELECT ts_ns, bytes * 10 / 1e6 AS mb_per_s FROM throughput WHERE dev = '8:0' AND direction = 'write'
SELECT recording_id, dev,
  CASE
    WHEN rwbs LIKE '%Z%' THEN 'zone'
    WHEN rwbs LIKE '%W%' THEN 'write'
    WHEN rwbs LIKE '%R%' THEN 'read'
    WHEN rwbs LIKE '%D%' THEN 'discard'
    WHEN rwbs LIKE '%F%' THEN 'flush'
    ELSE 'other'
  END AS direction,
  complete_ns - complete_ns % 100000000 AS ts_ns, count(*) AS bios, coalesce(sum(bytes), 0)::BIGINT AS bytes
FROM bio
WHERE complete_ns IS NOT NULL
GROUP BY ALL
ORDER BY recording_id, dev, direction, ts_ns
