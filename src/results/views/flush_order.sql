-- flush_order: whether data was written before the journal, and the journal before the record that commits it.
--
-- A commit record is a metadata write that flushes the device's cache first and is durable when it completes (rwbs FWF...).
-- What belongs to it are the journal's blocks that the same device was given since the commit record before, and the data
-- that the committing thread itself wrote in that time. Data that others have in flight then is no part of the commit.
--
-- columns:
--   recording_id SMALLINT       which input: recording.recording_id
--   dev VARCHAR                 device, major:minor
--   commit_bio UINTEGER         bio.bio_id of the commit record
--   comm VARCHAR                thread that wrote it
--   queue_ns BIGINT             time it was queued, ns
--   issue_ns BIGINT             time it was issued, ns
--   complete_ns BIGINT          time it completed, ns
--   journal_bios BIGINT         bios of the journal that it commits
--   journal_done_ns BIGINT      when the last of them completed, ns
--   data_bios BIGINT            bios of data that the committing thread wrote
--   data_done_ns BIGINT         when the last of them completed, ns
--   others_in_flight BIGINT     writes of others on the device, queued before the record and not complete when it was
--   data_before_journal BOOLEAN whether all data was complete before the first block of the journal was queued
--   in_order BOOLEAN            whether journal and data were complete before the commit record was issued
--
-- example:
--   SELECT journal_bios, data_bios, others_in_flight, in_order, issue_ns - journal_done_ns AS gap_ns FROM flush_order
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   journal_bios  data_bios  others_in_flight  in_order  gap_ns
--   ────────────  ─────────  ────────────────  ────────  ──────
--              4          0                 0  true      109524
--   (1 row)
WITH written AS (
  SELECT recording_id, dev, bio_id, rwbs, role, pid, comm, queue_ns, issue_ns, complete_ns,
    starts_with(rwbs, 'FWF') AND contains(rwbs, 'M') AS is_commit
  FROM bio
  WHERE contains(rwbs, 'W') AND queue_ns IS NOT NULL
),
commits AS (
  SELECT *, coalesce(lag(queue_ns) OVER (PARTITION BY recording_id, dev ORDER BY queue_ns, bio_id), 0) AS since_ns
  FROM written
  WHERE is_commit
),
parts AS (
  SELECT commits.recording_id, commits.dev, commits.bio_id,
    CASE
      WHEN part.role = 'journal' THEN 'journal'
      WHEN part.pid = commits.pid AND part.role NOT IN ('metadata', 'flush', 'unknown') THEN 'data'
      ELSE 'other'
    END AS part, part.queue_ns, part.complete_ns
  FROM commits
  JOIN written AS part ON part.recording_id = commits.recording_id AND part.dev = commits.dev AND NOT part.is_commit
    AND part.queue_ns < commits.queue_ns AND (part.queue_ns >= commits.since_ns OR part.complete_ns > commits.queue_ns
      OR part.complete_ns IS NULL)
),
summed AS (
  SELECT commits.recording_id, commits.dev, commits.bio_id,
    count(*) FILTER (part = 'journal') AS journal_bios, max(parts.complete_ns) FILTER (part = 'journal') AS journal_done_ns,
    min(parts.queue_ns) FILTER (part = 'journal') AS journal_begin_ns,
    count(*) FILTER (part = 'data') AS data_bios, max(parts.complete_ns) FILTER (part = 'data') AS data_done_ns,
    count(*) FILTER (part = 'other' AND (parts.complete_ns > commits.queue_ns OR parts.complete_ns IS NULL))
      AS others_in_flight,
    count(*) FILTER (part <> 'other' AND parts.complete_ns IS NULL) AS unknown_ends
  FROM commits
  LEFT JOIN parts USING (recording_id, dev, bio_id)
  GROUP BY ALL
)
SELECT recording_id, dev, bio_id AS commit_bio, commits.comm, commits.queue_ns, commits.issue_ns, commits.complete_ns,
  journal_bios, journal_done_ns, data_bios, data_done_ns, others_in_flight,
  CASE WHEN data_bios > 0 AND journal_bios > 0 THEN data_done_ns <= journal_begin_ns END AS data_before_journal,
  CASE WHEN unknown_ends = 0 THEN coalesce(greatest(journal_done_ns, data_done_ns)
    <= coalesce(commits.issue_ns, commits.queue_ns), TRUE) END AS in_order
FROM commits
JOIN summed USING (recording_id, dev, bio_id)
ORDER BY recording_id, commits.queue_ns, bio_id
