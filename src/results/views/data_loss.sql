-- data_loss: what is known to be missing from each recording; no rows is good news.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   path VARCHAR           the input
--   code VARCHAR           short name of the kind of loss
--   count BIGINT           how often it was met, or how many events were lost
--   first_seq BIGINT       event.seq at or after the first one
--   first_ns BIGINT        time of the first one, ns
--   message VARCHAR        what it means
--   position VARCHAR       file and byte or line of the first one
--
-- example:
--   SELECT code, sum(count) AS events FROM data_loss GROUP BY code
--
-- output of traces/locks-ext4/small-buffer.txt.gz:
--   code                events
--   ──────────────────  ──────
--   events_overwritten     616
--   (1 row)
SELECT diagnostic.recording_id, recording.path, diagnostic.code, diagnostic.count, diagnostic.first_seq,
  diagnostic.first_ns, diagnostic.message, diagnostic.position
FROM diagnostic
LEFT JOIN recording ON recording.recording_id = diagnostic.recording_id
WHERE diagnostic.severity = 'data_loss'
ORDER BY diagnostic.recording_id, diagnostic.first_seq, diagnostic.code
