-- run_lock_intervals: from which step to which a task of a kept run of the model had a resource, or waited for one.
--
-- Resources are locks, page locks, transactions, counts of direct I/O: whatever others can wait for.
--
-- columns:
--   run_id INTEGER      run.run_id
--   task VARCHAR         task of the run
--   state VARCHAR        holds or waits
--   resource VARCHAR     what it is, as in i_mutex(F)
--   mode VARCHAR         SHARED or EXCL
--   first_step INTEGER  step with which it begins
--   last_step INTEGER   last step of the task after which it is still so
--   until_end BOOLEAN    whether it is so at the task's last step
--
-- example:
--   SELECT task, state, resource, mode, first_step, last_step FROM run_lock_intervals WHERE until_end ORDER BY ALL
--
-- output of fixtures/legacy-dio/10-39-buffered-write-from-its-own-page.yaml:
--   task  state  resource      mode    first_step  last_step
--   ────  ─────  ────────────  ──────  ──────────  ─────────
--   T1    holds  i_mutex(F)    EXCL             1         24
--   T1    holds  mmap_sem(T1)  SHARED          21         24
--   T1    holds  page(F,0)     EXCL            17         24
--   T1    holds  txn           EXCL            18         24
--   T1    waits  page(F,0)     EXCL            24         24
--   (5 rows)
WITH own AS (
  SELECT run_id, task, step, dense_rank() OVER (PARTITION BY run_id, task ORDER BY step) AS nth
  FROM (SELECT DISTINCT run_id, task, step FROM step WHERE action <> 'changed')
),
lasts AS (SELECT run_id, task, max(nth) AS last_nth FROM own GROUP BY run_id, task),
states AS (
  SELECT step.run_id, step.task, step.action AS state, step.step, own.nth, lasts.last_nth,
    regexp_replace(regexp_replace(step.resource, ' \(owner.*\)$', ''), ',r\)$', ')') AS resource,
    CASE WHEN regexp_matches(step.resource, ',r\)( \(owner.*\))?$') THEN 'SHARED' ELSE 'EXCL' END AS mode
  FROM step
  JOIN own USING (run_id, task, step)
  JOIN lasts USING (run_id, task)
  WHERE step.action IN ('holds', 'waits')
),
islands AS (
  SELECT *, nth - row_number() OVER (PARTITION BY run_id, task, state, resource, mode ORDER BY nth) AS island FROM states
)
SELECT run_id, task, state, resource, mode, min(step) AS first_step, max(step) AS last_step, max(nth) = any_value(last_nth) AS until_end
FROM islands
GROUP BY run_id, task, state, resource, mode, island
ORDER BY run_id, first_step, task, state, resource
