-- stale_reads: findings of reads that gave older or foreign data, each with who read and who wrote.
--
-- Of recordings: what was judged by the values that were read, or by the state of the cache. Of the model: what runs showed.
--
-- columns:
--   finding_id INTEGER     finding.finding_id
--   recording_id SMALLINT  recording.recording_id; NULL for findings of the model
--   run_id INTEGER         run.run_id; NULL for findings of a recording
--   anomaly VARCHAR        STALE_CACHE, STALE_DATA, STALE_MAPPING or STALE_WINDOW
--   severity VARCHAR       info, warning, error or data_loss
--   reader VARCHAR         operation that suffers
--   writer VARCHAR         the other one that has a part in it
--   dev VARCHAR            device, major:minor
--   ino BIGINT             inode number
--   file_offset BIGINT     first byte of the file that it is about
--   bytes BIGINT           length, bytes
--   ts_ns BIGINT           time, ns; NULL in the model
--   explanation VARCHAR    what happens, in sentences
--   token VARCHAR          replays a run that shows it; NULL for recordings
--
-- example:
--   SELECT anomaly, severity, reader, file_offset, bytes FROM stale_reads
--
-- output of fixtures/legacy-dio/10-12-page-with-busy-buffers.yaml:
--   anomaly      severity   reader  file_offset  bytes
--   ───────────  ─────────  ──────  ───────────  ─────
--   STALE_CACHE  data_loss  w                 0   1024
--   (1 row)
SELECT finding_id, recording_id, run_id, anomaly, severity, op_a AS reader, op_b AS writer, dev, ino,
  first_sector * 512 AS file_offset, sectors * 512 AS bytes, ts_ns, explanation, token
FROM finding
WHERE anomaly LIKE 'STALE\_%' ESCAPE '\'
ORDER BY recording_id NULLS LAST, ts_ns, finding_id
