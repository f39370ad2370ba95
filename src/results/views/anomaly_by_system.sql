-- anomaly_by_system: which anomalies each modelled system showed, in how many scenarios, and out of how many explored.
--
-- columns:
--   system VARCHAR         modelled system
--   anomaly VARCHAR        id in the catalogue, e.g. STALE_CACHE
--   severity VARCHAR       severest one of it: info, warning, error or data_loss
--   scenarios BIGINT       scenarios that showed it
--   explored BIGINT        scenarios that were explored on the system
--   flag_sets BIGINT       scenarios and flags that showed it
--   occurrences BIGINT     classes, runs or crash images that show it
--   shortest_token VARCHAR replays the run of the shortest token
--
-- example:
--   SELECT system, anomaly, scenarios, explored FROM anomaly_by_system WHERE severity <> 'info'
--
-- output of fixtures/legacy-dio/10-12-page-with-busy-buffers.yaml:
--   system      anomaly         scenarios  explored
--   ──────────  ──────────────  ─────────  ────────
--   legacy-dio  LOCK_INVERSION          1         1
--   legacy-dio  SPURIOUS_ERROR          1         1
--   legacy-dio  STALE_CACHE             1         1
--   (3 rows)
WITH explored AS (
  SELECT system, count(DISTINCT scenario) AS explored FROM run WHERE kind = 'exploration' GROUP BY system
)
SELECT run.system, finding.anomaly,
  ['info', 'warning', 'error', 'data_loss'][max(list_position(['info', 'warning', 'error', 'data_loss'], finding.severity))]
    AS severity,
  count(DISTINCT run.scenario) AS scenarios, any_value(explored.explored) AS explored,
  count(DISTINCT (run.scenario, run.flags)) AS flag_sets, coalesce(sum(finding.count), 0)::BIGINT AS occurrences,
  arg_min(finding.token, (length(finding.token), finding.token)) AS shortest_token
FROM finding
JOIN run ON run.run_id = finding.run_id
JOIN explored ON explored.system = run.system
GROUP BY run.system, finding.anomaly
ORDER BY run.system, finding.anomaly
