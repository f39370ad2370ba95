-- first_differences: calls that do not go as the modelled kernel has them, with the first event that differs, the most frequent difference first.
--
-- Numbers are left out where differences are gathered: what is shown is the first call of each.
--
-- columns:
--   recording_id SMALLINT       which input: recording.recording_id
--   kind VARCHAR                kind of the calls
--   calls BIGINT                calls that first differ so
--   expected VARCHAR            what the model expected in the first of them; empty: no more events
--   recorded VARCHAR            what the recording has there; empty: no more events
--   op_id UINTEGER              the first of them: operation.op_id
--   first_seq UINTEGER          its event that differs: event.seq; NULL where the recording has no more
--   prefix BIGINT               events of it that are as expected before that
--
-- example:
--   SELECT kind, calls, expected, recorded FROM first_differences LIMIT 3
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   kind  calls  expected  recorded
--   ────  ─────  ────────  ─────────────────────────────
--   open      1            ext4_es_lookup_extent_enter 0
--   (1 row)
SELECT call.recording_id, any_value(operation.kind ORDER BY call.op_id) AS kind, count(*) AS calls,
  first(call.expected ORDER BY call.op_id) AS expected, first(call.recorded ORDER BY call.op_id) AS recorded,
  first(call.op_id ORDER BY call.op_id) AS op_id, first(call.first_seq ORDER BY call.op_id) AS first_seq,
  first(call.prefix ORDER BY call.op_id) AS prefix
FROM conformance_call AS call
LEFT JOIN operation ON operation.recording_id = call.recording_id AND operation.op_id = call.op_id
WHERE call.expected IS NOT NULL
GROUP BY call.recording_id, operation.kind, regexp_replace(call.expected, '[0-9]+', '', 'g'),
  regexp_replace(call.recorded, '[0-9]+', '', 'g')
ORDER BY call.recording_id, calls DESC, op_id
