-- verdict_matrix: expectations of scenarios against what was shown, with the size of the search.
--
-- columns:
--   row VARCHAR          row of the verdict tables, e.g. 20-17
--   scenario VARCHAR     name of the scenario
--   system VARCHAR       modelled system
--   flags VARCHAR        flags that do not have their defaults
--   kind VARCHAR         reachable, absent, result, final, cost, order or not_executable
--   subject VARCHAR      anomaly, operation, file or metric that it is about
--   expected VARCHAR     what the scenario says
--   actual VARCHAR       what was shown
--   verdict VARCHAR      agrees, disagrees or open
--   classes BIGINT       classes of runs that were looked at
--   crash_images BIGINT  images of crashes that recovery was run on
--
-- example:
--   SELECT row, kind, subject, verdict FROM verdict_matrix
--
-- output of fixtures/legacy-dio/10-12-page-with-busy-buffers.yaml:
--   row    kind       subject         verdict
--   ─────  ─────────  ──────────────  ───────
--   10-12  reachable  SPURIOUS_ERROR  agrees
--   10-12  reachable  STALE_CACHE     agrees
--   (2 rows)
SELECT verdict.row, verdict.scenario, verdict.system, verdict.flags, verdict.kind, verdict.subject, verdict.expected,
  verdict.actual, CASE verdict.agrees WHEN true THEN 'agrees' WHEN false THEN 'disagrees' ELSE 'open' END AS verdict,
  run.classes, run.crash_images
FROM verdict
LEFT JOIN run ON run.run_id = verdict.run_id
ORDER BY verdict.row NULLS LAST, verdict.scenario, verdict.system, verdict.flags, verdict.kind, verdict.subject
