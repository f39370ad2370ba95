-- lock_intervals: how long each thread held each lock that events show.
--
-- Of any kernel those of XFS inodes, of one built to check its locks all.
-- Events that are read: xfs_ilock, xfs_ilock_nowait, xfs_ilock_demote, xfs_iunlock; lock_acquire and lock_release (lockdep).
-- Kernels that do not check their locks only show who waits: lock_waits.
-- The event of taking a lock is printed before the thread waits for it, that of letting go after it did: an interval holds
-- the waiting too, and two that overlap are no proof that both had the lock. A try that is followed by no release did not
-- get it. A lock that another thread lets go of has no end here.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   pid INTEGER            thread id
--   comm VARCHAR           name of the thread
--   dev VARCHAR            device of the filesystem, major:minor
--   ino BIGINT             inode number; NULL where events show none
--   address VARCHAR        of the lock, where events show it
--   lock VARCHAR           IOLOCK, MMAPLOCK, ILOCK, or its name
--   mode VARCHAR           SHARED or EXCL
--   how VARCHAR            wait, try or demote: how it was taken
--   start_ns BIGINT        time it was asked for, ns
--   end_ns BIGINT          time it was let go, or demoted, ns; NULL if that was not recorded
--   first_seq UINTEGER     event.seq of its taking
--   last_seq UINTEGER      event.seq of its letting go
--
-- needs:
--   xfs_ilock: recording_id SMALLINT, seq UINTEGER, ts_ns BIGINT, pid INTEGER, comm VARCHAR, dev VARCHAR, ino BIGINT, lock_flags_text VARCHAR
--   xfs_ilock_nowait: recording_id SMALLINT, seq UINTEGER, ts_ns BIGINT, pid INTEGER, comm VARCHAR, dev VARCHAR, ino BIGINT, lock_flags_text VARCHAR
--   xfs_ilock_demote: recording_id SMALLINT, seq UINTEGER, ts_ns BIGINT, pid INTEGER, comm VARCHAR, dev VARCHAR, ino BIGINT, lock_flags_text VARCHAR
--   xfs_iunlock: recording_id SMALLINT, seq UINTEGER, ts_ns BIGINT, pid INTEGER, comm VARCHAR, dev VARCHAR, ino BIGINT, lock_flags_text VARCHAR
--   lock_acquire: recording_id SMALLINT, seq UINTEGER, ts_ns BIGINT, pid INTEGER, comm VARCHAR, flags INTEGER, name VARCHAR, lockdep_addr VARCHAR
--   lock_release: recording_id SMALLINT, seq UINTEGER, ts_ns BIGINT, pid INTEGER, comm VARCHAR, name VARCHAR, lockdep_addr VARCHAR
--
-- example:
--   SELECT lock, mode, count(*) AS times, max(end_ns - start_ns) AS longest_ns FROM lock_intervals GROUP BY ALL ORDER BY ALL
--
-- output of traces/hello-xfs/trace.dat:
--   lock    mode    times  longest_ns
--   ──────  ──────  ─────  ──────────
--   ILOCK   EXCL        2       12799
--   ILOCK   SHARED      8        2534
--   IOLOCK  EXCL        2        7351
--   IOLOCK  SHARED      6       63736
--   (4 rows)
WITH moves AS (
  SELECT *, 'wait' AS how FROM xfs_ilock
  UNION ALL SELECT *, 'try' FROM xfs_ilock_nowait
  UNION ALL SELECT *, 'demote' FROM xfs_ilock_demote
  UNION ALL SELECT *, 'release' FROM xfs_iunlock
),
single AS (
  SELECT * EXCLUDE (lock_flags_text), unnest(string_split(lock_flags_text, '|')) AS flag FROM moves
),
named AS (
  SELECT * EXCLUDE (flag), NULL::VARCHAR AS address, string_split(flag, '_')[1] AS lock,
    CASE WHEN how = 'demote' THEN 'SHARED' ELSE string_split(flag, '_')[2] END AS mode
  FROM single
  WHERE flag LIKE '%\_SHARED' ESCAPE '\' OR flag LIKE '%\_EXCL' ESCAPE '\'
  -- The kernel's own flags: 1 is a try, 2 a shared lock.
  UNION ALL
  SELECT recording_id, seq, ts_ns, pid, comm, NULL, NULL, CASE WHEN flags & 1 = 1 THEN 'try' ELSE 'wait' END, address_text(lockdep_addr), name,
    CASE WHEN flags & 2 = 2 THEN 'SHARED' ELSE 'EXCL' END
  FROM lock_acquire
  UNION ALL
  SELECT recording_id, seq, ts_ns, pid, comm, NULL, NULL, 'release', address_text(lockdep_addr), name, NULL FROM lock_release
),
followed AS (
  SELECT *, lead(how) OVER held AS next_how, lead(ts_ns) OVER held AS next_ns, lead(seq) OVER held AS next_seq
  FROM named
  WINDOW held AS (PARTITION BY recording_id, pid, dev, ino, address, lock ORDER BY seq)
)
SELECT recording_id, pid, comm, dev, ino, address, lock, mode, how, ts_ns AS start_ns,
  CASE WHEN next_how IN ('release', 'demote') THEN next_ns END AS end_ns, seq AS first_seq,
  CASE WHEN next_how IN ('release', 'demote') THEN next_seq END AS last_seq
FROM followed
WHERE how <> 'release' AND NOT (how = 'try' AND coalesce(next_how, 'wait') NOT IN ('release', 'demote'))
ORDER BY recording_id, first_seq, lock
