-- bio_stages: the time that every bio spent in each stage of the block layer, with whose it is.
--
-- Stages as btt names them: Q2G queued to request allocated, G2I to inserted into the scheduler, I2D to issued to the
-- driver, D2C to completed, Q2C queued to completed. A row for every stage both of whose ends were recorded.
--
-- columns:
--   recording_id SMALLINT  which input: recording.recording_id
--   bio_id UINTEGER        bio.bio_id
--   dev VARCHAR            device, major:minor
--   rwbs VARCHAR           request flags
--   pid INTEGER            thread id of the bio's first event
--   comm VARCHAR           name of that thread
--   op_id BIGINT           operation.op_id it belongs to, where known
--   ino BIGINT             inode number, where known
--   place INTEGER          order of the stages: 2 for Q2G to 6 for Q2C
--   stage VARCHAR          Q2G, G2I, I2D, D2C or Q2C
--   ns BIGINT              time spent, ns
--
-- example:
--   SELECT stage, count(*) AS bios, sum(ns) AS total_ns FROM bio_stages GROUP BY place, stage ORDER BY place
--
-- output of traces/coherence-bw-ext4/trace.dat:
--   stage  bios  total_ns
--   ─────  ────  ────────
--   Q2G     301    635697
--   G2I       1     65402
--   I2D       1      3155
--   D2C     304   7093604
--   Q2C     302   9388427
--   (5 rows)
WITH stages AS (
  SELECT unnest([2, 3, 4, 5, 6]) AS place, unnest(['Q2G', 'G2I', 'I2D', 'D2C', 'Q2C']) AS stage
),
spans AS (
  SELECT bio.recording_id, bio.bio_id, bio.dev, bio.rwbs, bio.pid, bio.comm, bio.op_id, bio.ino, stages.place,
    stages.stage,
    CASE stages.stage
      WHEN 'Q2G' THEN getrq_ns - queue_ns
      WHEN 'G2I' THEN insert_ns - getrq_ns
      WHEN 'I2D' THEN issue_ns - insert_ns
      WHEN 'D2C' THEN complete_ns - issue_ns
      ELSE complete_ns - queue_ns
    END AS ns
  FROM bio
  CROSS JOIN stages
)
SELECT * FROM spans WHERE ns IS NOT NULL
ORDER BY recording_id, bio_id, place
