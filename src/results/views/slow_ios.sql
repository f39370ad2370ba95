-- slow_ios: the slowest hundredth of the bios of each device and direction, and where their time went.
--
-- Slow is what takes as long from queued to completed as the 99th percentile of its device and direction, or longer; of
-- a few bios that is the slowest one. The slowest come first.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   dev VARCHAR            device, major:minor
--   direction VARCHAR      read, write, discard, flush, zone or other, from rwbs
--   bio_id UINTEGER        bio.bio_id
--   rwbs VARCHAR           request flags
--   sector BIGINT          first sector, of 512 bytes
--   bytes BIGINT           length, bytes
--   pid INTEGER            thread id of its first event
--   comm VARCHAR           name of that thread
--   queue_ns BIGINT        time queued, ns
--   q2c_ns BIGINT          from queued to completed, ns
--   q2d_ns BIGINT          of it before the driver had it, ns; NULL for merged bios, which are not issued themselves
--   d2c_ns BIGINT          of it with the driver and device, ns
--   spent VARCHAR          where most of it went: block layer or device; NULL if not known
--   times_median DOUBLE    q2c_ns over the median of its device and direction
--
-- example:
--   SELECT rwbs, bytes, comm, q2c_ns, spent, round(times_median, 1) AS times_median FROM slow_ios LIMIT 4
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   rwbs   bytes  comm          q2c_ns  spent   times_median
--   ─────  ─────  ────────────  ──────  ──────  ────────────
--   FWFSM   4096  jbd2/loop0-8  264099  device          15.4
--   RA     53248  wl-t2         263914  device            16
--   WS      4096  wl-t1         245115  device          14.3
--   RA      4096  wl-t2         235612  device          14.3
--   (4 rows)
WITH timed AS (
  SELECT recording_id, dev,
    direction(rwbs) AS direction,
    bio_id, rwbs, sector, bytes, pid, comm, queue_ns, complete_ns - queue_ns AS q2c_ns, issue_ns - queue_ns AS q2d_ns,
    complete_ns - issue_ns AS d2c_ns
  FROM bio
  WHERE queue_ns IS NOT NULL AND complete_ns IS NOT NULL
),
usual AS (
  SELECT recording_id, dev, direction, quantile_disc(q2c_ns, 0.5) AS median_ns, quantile_disc(q2c_ns, 0.99) AS slow_ns
  FROM timed
  GROUP BY ALL
)
SELECT recording_id, dev, direction, bio_id, rwbs, sector, bytes, pid, comm, queue_ns, q2c_ns, q2d_ns, d2c_ns,
  CASE WHEN q2d_ns > d2c_ns THEN 'block layer' WHEN q2d_ns <= d2c_ns THEN 'device' END AS spent,
  q2c_ns / nullif(median_ns, 0) AS times_median
FROM timed
JOIN usual USING (recording_id, dev, direction)
WHERE q2c_ns >= slow_ns
ORDER BY q2c_ns DESC, recording_id, bio_id
