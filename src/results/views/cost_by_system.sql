-- cost_by_system: what scenarios cost on each modelled system: the metrics that they ask for, beside each other.
--
-- columns:
--   scenario VARCHAR      name of the scenario
--   metric VARCHAR        what is counted, and of which operation
--   system VARCHAR        modelled system
--   flags VARCHAR         flags that do not have their defaults
--   expected VARCHAR      relation that the scenario expects
--   cost VARCHAR          what was counted
--   agrees BOOLEAN        whether they agree; NULL where it could not be decided
--   classes BIGINT        classes of runs that were looked at
--   steps_a_class DOUBLE  mean steps of a class: what a run of it takes
--
-- example:
--   SELECT scenario, metric, system, flags, cost FROM cost_by_system
--
-- output of fixtures/legacy-dio/10-24-reads-map-one-after-the-other.yaml:
--   scenario                             metric        system      flags    cost
--   ───────────────────────────────────  ────────────  ──────────  ───────  ────
--   10-24-reads-map-one-after-the-other  max_parallel  legacy-dio  fs=ext2  2
--   (1 row)
SELECT verdict.scenario, verdict.subject AS metric, verdict.system, verdict.flags, verdict.expected, verdict.actual AS cost,
  verdict.agrees, run.classes, run.steps / nullif(run.classes, 0) AS steps_a_class
FROM verdict
LEFT JOIN run ON run.run_id = verdict.run_id
WHERE verdict.kind = 'cost'
ORDER BY verdict.scenario, verdict.subject, verdict.system, verdict.flags
