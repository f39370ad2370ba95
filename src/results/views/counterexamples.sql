-- counterexamples: single runs that were kept because they show something, the shortest first.
--
-- columns:
--   run_id INTEGER        run.run_id; table step has what it does
--   scenario VARCHAR      name of the scenario
--   system VARCHAR        modelled system
--   flags VARCHAR         all flags and their values
--   outcome VARCHAR       complete, deadlock, livelock, crash, cut_off or diverged
--   steps BIGINT          steps of the run
--   tasks BIGINT          tasks, kernel threads and bios that do something in it
--   kept_for VARCHAR      what it shows
--   of_run INTEGER        run_id of the exploration that found it
--   token VARCHAR         replays it with the scenario in run.scenario_text
--
-- example:
--   SELECT scenario, system, outcome, kept_for FROM counterexamples
--
-- output of fixtures/legacy-dio/10-12-page-with-busy-buffers.yaml:
--   scenario                      system      outcome   kept_for
--   ────────────────────────────  ──────────  ────────  ───────────────────────
--   10-12-page-with-busy-buffers  legacy-dio  complete  SPURIOUS_ERROR
--   10-12-page-with-busy-buffers  legacy-dio  complete  STALE_CACHE, state_form
--   (2 rows)
WITH told AS (
  SELECT run_id, count(DISTINCT task) AS tasks, max(step) + 1 AS steps FROM step GROUP BY run_id
)
SELECT run.run_id, run.scenario, run.system, run.flags, run.outcome, coalesce(told.steps, run.steps)::BIGINT AS steps,
  coalesce(told.tasks, 0) AS tasks, run.claim AS kept_for, run.of_run, run.token
FROM run
LEFT JOIN told ON told.run_id = run.run_id
WHERE run.kind = 'counterexample'
ORDER BY steps NULLS LAST, run.run_id
