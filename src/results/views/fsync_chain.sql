-- fsync_chain: everything that each fsync, fdatasync and msync waited for, in the order in which it was done.
--
-- Its own are the bios that it submitted. Data of the file is writeback of the same file that others submitted and that
-- completed while it ran. Of the journal, and of flushes of the device's cache, are those that completed while it ran: that
-- is known by time only, and they may have been somebody else's.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   op_id UINTEGER         operation.op_id of the sync
--   task VARCHAR           who called it
--   kind VARCHAR           fsync, fdatasync, msync or sync_file_range
--   dev VARCHAR            device of the filesystem, major:minor
--   ino BIGINT             inode number
--   place BIGINT           number of the step, from 1
--   waits_for VARCHAR      own data, data of the file, journal, commit record, flush
--   bio_id UINTEGER        bio.bio_id
--   comm VARCHAR           thread that submitted it
--   after_ns BIGINT        from the call to the bio queued, ns; negative where it was queued before
--   done_ns BIGINT         from the call to the bio completed, ns
--   attribution VARCHAR    certain, or by-time
--
-- example:
--   SELECT place, waits_for, comm, after_ns, done_ns FROM fsync_chain WHERE op_id = (SELECT min(op_id) FROM fsync_chain)
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   place  waits_for  comm   after_ns  done_ns
--   ─────  ─────────  ─────  ────────  ───────
--       1  own data   wl-t5      7031    65959
--       2  own data   wl-t5     14312    71787
--       3  own data   wl-t5     21342    76054
--       4  flush      wl-t5    219358   250104
--   (4 rows)
WITH syncs AS (
  SELECT recording_id, op_id, task, kind, dev, ino, start_ns, end_ns
  FROM file_operations
  WHERE effect = 'sync' AND end_ns IS NOT NULL
),
waited AS (
  SELECT syncs.*,
    CASE
      WHEN bio.op_id = syncs.op_id AND bio.role <> 'flush' AND bio.bytes > 0 THEN 'own data'
      WHEN bio.ino = syncs.ino AND bio.role = 'writeback' THEN 'data of the file'
      WHEN starts_with(bio.rwbs, 'FWF') AND contains(bio.rwbs, 'M') THEN 'commit record'
      WHEN bio.role = 'journal' THEN 'journal'
      WHEN bio.role = 'flush' THEN 'flush'
    END AS waits_for, bio.bio_id, bio.comm, bio.queue_ns, bio.complete_ns,
    CASE WHEN bio.op_id = syncs.op_id THEN 'certain' ELSE 'by-time' END AS attribution
  FROM syncs
  JOIN bio ON bio.recording_id = syncs.recording_id AND bio.dev = syncs.dev AND contains(bio.rwbs, 'W')
    AND bio.complete_ns BETWEEN syncs.start_ns AND syncs.end_ns
)
SELECT recording_id, op_id, task, kind, dev, ino,
  row_number() OVER (PARTITION BY recording_id, op_id ORDER BY complete_ns, bio_id) AS place, waits_for, bio_id, comm,
  queue_ns - start_ns AS after_ns, complete_ns - start_ns AS done_ns, attribution
FROM waited
WHERE waits_for IS NOT NULL AND queue_ns IS NOT NULL
ORDER BY recording_id, op_id, place
