-- lock_waits: how long threads waited for locks that others had, where lock:contention_begin and contention_end were recorded.
--
-- Any kernel since 5.19 has the two events. They name the lock by its address alone; a wait that the recording ends in has
-- no end.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   pid INTEGER            thread id
--   comm VARCHAR           name of the thread
--   address VARCHAR        of the lock: the kernel's own in trace.dat, a stand-in for it in text
--   kind VARCHAR           SPIN, READ, WRITE, MUTEX, ...: what is waited for and how
--   start_ns BIGINT        time of its beginning, ns
--   end_ns BIGINT          time of its end, ns; NULL if that was not recorded
--   result BIGINT          0: the thread has the lock; a negative error number: it gave up
--   first_seq UINTEGER     event.seq of its beginning
--   last_seq UINTEGER      event.seq of its end
--
-- needs:
--   contention_begin: recording_id SMALLINT, seq UINTEGER, ts_ns BIGINT, pid INTEGER, comm VARCHAR, lock_addr VARCHAR, flags_text VARCHAR
--   contention_end: recording_id SMALLINT, seq UINTEGER, ts_ns BIGINT, pid INTEGER, comm VARCHAR, lock_addr VARCHAR, ret BIGINT
--
-- example:
--   SELECT comm, kind, count(*) AS waits, max(end_ns - start_ns) AS longest_ns FROM lock_waits GROUP BY ALL ORDER BY comm, kind
--
-- output of traces/locks-ext4/trace.txt.gz:
--   comm   kind   waits  longest_ns
--   ─────  ─────  ─────  ──────────
--   wl-t1  WRITE      9      131000
--   wl-t2  WRITE     10      173000
--   wl-t3  WRITE      9      146000
--   (3 rows)
WITH moves AS (
  SELECT recording_id, seq, ts_ns, pid, comm, address_text(lock_addr) AS address, flags_text AS kind, NULL::BIGINT AS ret, TRUE AS begins
  FROM contention_begin
  UNION ALL
  SELECT recording_id, seq, ts_ns, pid, comm, address_text(lock_addr), NULL, ret, FALSE FROM contention_end
),
followed AS (
  SELECT *, lead(begins) OVER waited AS next_begins, lead(ts_ns) OVER waited AS next_ns, lead(seq) OVER waited AS next_seq,
    lead(ret) OVER waited AS next_ret
  FROM moves
  WINDOW waited AS (PARTITION BY recording_id, pid, address ORDER BY seq)
)
SELECT recording_id, pid, comm, address, kind, ts_ns AS start_ns, CASE WHEN NOT next_begins THEN next_ns END AS end_ns,
  CASE WHEN NOT next_begins THEN next_ret END AS result, seq AS first_seq, CASE WHEN NOT next_begins THEN next_seq END AS last_seq
FROM followed
WHERE begins
ORDER BY recording_id, first_seq
