-- ambiguities: what could not be known for sure from each recording, by the kind of doubt, the most frequent first.
--
-- The kinds are those of the lifting rules; what each means for the results is in its text. A recording with more events
-- leaves fewer: analyse says which to record.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   path VARCHAR           the input
--   kind VARCHAR           number of the kind in the lifting rules, e.g. A3
--   count BIGINT           how often it was met
--   first_seq BIGINT       event.seq of the first one
--   first_ns BIGINT        time of the first one, ns
--   meaning VARCHAR        what is in doubt
--
-- example:
--   SELECT kind, count, meaning FROM ambiguities LIMIT 2
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   kind  count  meaning
--   ────  ─────  ──────────────────────────────────────────────────────────────────────────────────────────────────────
--   A11     169  pages read ahead of what was asked for: they belong to no range of an operation
--   A10      96  direct writes complete without a flush or FUA: complete does not mean durable on a device with a cache
--   (2 rows)
SELECT diagnostic.recording_id, recording.path, substr(diagnostic.code, 11) AS kind, diagnostic.count,
  diagnostic.first_seq, diagnostic.first_ns, diagnostic.message AS meaning
FROM diagnostic
LEFT JOIN recording ON recording.recording_id = diagnostic.recording_id
WHERE diagnostic.code LIKE 'ambiguity\_%' ESCAPE '\'
ORDER BY diagnostic.recording_id, diagnostic.count DESC, kind
