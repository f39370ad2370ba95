-- slow_operations: the slowest hundredth of the operations of each kind, and where their time went.
--
-- On the device: one of its bios at least was under way. On locks: the thread slept for a contended lock (events
-- contention_begin and contention_end; NULL where they were not recorded). The rest is page cache, copying, the filesystem,
-- and waits that no event shows. The slowest come first.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   op_id UINTEGER         operation.op_id
--   task VARCHAR           who did it
--   kind VARCHAR           operation.kind
--   execution VARCHAR      how its data went: direct, buffered, dax, ...
--   dev VARCHAR            device of the filesystem, major:minor
--   ino BIGINT             inode number
--   file_offset BIGINT     position in the file, bytes
--   bytes BIGINT           length asked for, bytes
--   start_ns BIGINT        time of its beginning, ns
--   duration_ns BIGINT     how long it took, ns; of an asynchronous request until it was complete, where that is known
--   bios BIGINT            bios that it had submitted
--   device_ns BIGINT       time with one of them under way, ns
--   lock_ns BIGINT         time asleep for contended locks, ns
--   rest_ns BIGINT         all other time, ns
--   spent VARCHAR          where most of it went: device, lock or page cache
--   times_median DOUBLE    duration over the median of its kind and execution
--
-- example:
--   SELECT kind, execution, bytes, duration_ns, device_ns, spent FROM slow_operations LIMIT 4
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   kind    execution  bytes  duration_ns  device_ns  spent
--   ──────  ─────────  ─────  ───────────  ─────────  ──────────
--   pwrite  direct     53248      1278307     217254  page cache
--   pread   direct     40960      1200702     123044  page cache
--   pwrite  buffered   29184      1065200          0  page cache
--   pread   buffered   65536       629510      65317  page cache
--   (4 rows)
WITH timed AS (
  SELECT recording_id, op_id, task, kind, execution, dev, ino, file_offset, bytes, start_ns,
    coalesce(done_ns, end_ns) AS end_ns, coalesce(done_ns, end_ns) - start_ns AS duration_ns, pid
  FROM operation
  WHERE end_ns IS NOT NULL AND effect_of(kind) IS NOT NULL
),
usual AS (
  SELECT recording_id, kind, execution, quantile_disc(duration_ns, 0.5) AS median_ns,
    quantile_disc(duration_ns, 0.99) AS slow_ns
  FROM timed
  GROUP BY ALL
),
slow AS (
  SELECT timed.*, usual.median_ns FROM timed JOIN usual USING (recording_id, kind, execution)
  WHERE timed.duration_ns >= usual.slow_ns
),
contention AS (
  SELECT recording_id, pid, name, ts_ns AS from_ns,
    lead(ts_ns) OVER (PARTITION BY recording_id, pid ORDER BY seq) AS to_ns,
    lead(name) OVER (PARTITION BY recording_id, pid ORDER BY seq) AS next_name
  FROM event
  WHERE name IN ('contention_begin', 'contention_end')
),
slept AS (
  SELECT slow.recording_id, slow.op_id,
    sum(least(contention.to_ns, slow.end_ns) - greatest(contention.from_ns, slow.start_ns))::BIGINT AS lock_ns
  FROM slow
  JOIN contention ON contention.recording_id = slow.recording_id AND contention.pid = slow.pid
    AND contention.name = 'contention_begin' AND contention.next_name = 'contention_end'
    AND contention.from_ns < slow.end_ns AND contention.to_ns > slow.start_ns
  GROUP BY ALL
),
split AS (
  SELECT slow.*, coalesce(operation_bios.bios, 0) AS bios, coalesce(operation_bios.device_ns, 0) AS device_ns,
    CASE WHEN slow.recording_id IN (SELECT recording_id FROM contention) THEN coalesce(slept.lock_ns, 0) END AS lock_ns
  FROM slow
  LEFT JOIN operation_bios ON operation_bios.recording_id = slow.recording_id AND operation_bios.op_id = slow.op_id
  LEFT JOIN slept ON slept.recording_id = slow.recording_id AND slept.op_id = slow.op_id
)
SELECT recording_id, op_id, task, kind, execution, dev, ino, file_offset, bytes, start_ns, duration_ns, bios, device_ns,
  lock_ns, duration_ns - device_ns - coalesce(lock_ns, 0) AS rest_ns,
  CASE
    WHEN device_ns >= greatest(coalesce(lock_ns, 0), duration_ns - device_ns - coalesce(lock_ns, 0)) THEN 'device'
    WHEN coalesce(lock_ns, 0) >= duration_ns - device_ns - coalesce(lock_ns, 0) THEN 'lock'
    ELSE 'page cache'
  END AS spent, duration_ns / nullif(median_ns, 0) AS times_median
FROM split
ORDER BY duration_ns DESC, recording_id, op_id
