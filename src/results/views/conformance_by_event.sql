-- conformance_by_event: how well the modelled kernel explains a recording, by the name of the event.
--
-- Each recorded call is done by the model with what the recording says of its surroundings: where blocks lie, what was
-- read ahead, when things happened. What it fires is laid beside what was recorded; the worst explained events come first.
--
-- columns:
--   recording_id SMALLINT       which input: recording.recording_id
--   system VARCHAR              the model, its kernel and its file system
--   family VARCHAR              what kind of event it is
--   event VARCHAR               its name
--   predicted BIGINT            events that the model fires
--   observed BIGINT             recorded events of calls, and those that nothing explains
--   matched BIGINT              events of both
--   of_predicted DOUBLE         share of the predicted ones that were recorded, percent
--   of_observed DOUBLE          share of the recorded ones that were predicted, percent
--   unexplained BIGINT          part of observed: of no call and of no work of the kernel's own
--   elsewhere BIGINT            not in observed: of writeback, the journal, completions, updates of timestamps
--
-- example:
--   SELECT family, sum(predicted)::BIGINT AS predicted, sum(observed)::BIGINT AS observed, sum(matched)::BIGINT AS matched FROM conformance_by_event WHERE family IN ('direct I/O', 'iomap', 'page cache') GROUP BY family ORDER BY family
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   family      predicted  observed  matched
--   ──────────  ─────────  ────────  ───────
--   direct I/O        292       292      292
--   iomap             438       438      438
--   page cache       1527      1529     1527
--   (3 rows)
SELECT recording_id, system, family, event, predicted, observed, matched,
  round(100.0 * matched / nullif(predicted, 0), 2) AS of_predicted,
  round(100.0 * matched / nullif(observed, 0), 2) AS of_observed, unexplained, elsewhere
FROM conformance
WHERE modelled
ORDER BY recording_id, system, greatest(predicted, observed) - matched DESC, family, event
