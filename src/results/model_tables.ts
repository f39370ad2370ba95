/**
 * Tables of what the model showed: explorations, the runs that are kept of them, findings, verdicts.
 *
 * @module
 */

import type { StoredType } from "./column_types.ts";
import type { Column, Relation } from "./relation.ts";

function columns(...list: readonly [name: string, type: StoredType, description: string][]): Column[] {
  return list.map(([name, type, description]) => ({ name, type, description }));
}

export const MODEL_TABLES: readonly Relation[] = [
  {
    schema: "main",
    name: "run",
    description: "explorations of a scenario on a system, and the single runs that are kept of them",
    columns: columns(
      ["run_id", "INTEGER", "number of the row, from 1"],
      ["scenario", "VARCHAR", "name of the scenario, which is its file's without .yaml"],
      ["system", "VARCHAR", "modelled system, e.g. legacy-dio"],
      ["flags", "VARCHAR", "all flags and their values: name=value, ..."],
      ["strategy", "VARCHAR", "exhaustive, random, pct or replay"],
      ["seed", "BIGINT", "of random and pct; NULL for others"],
      ["token", "VARCHAR", "of a single run: replays it with the scenario in scenario_text; NULL for explorations"],
      ["classes", "BIGINT", "of an exploration: classes of runs, or runs of random and pct; NULL for single runs"],
      ["blocked", "BIGINT", "of an exploration: runs begun that led to no class"],
      ["cut_off", "BIGINT", "of an exploration: classes stopped at the bound of steps"],
      ["outcome", "VARCHAR", "of a single run: complete, deadlock, livelock, crash, cut_off or diverged"],
      ["claim", "VARCHAR", "of an exploration: what has been shown; of a single run: what it is kept for"],
      ["kind", "VARCHAR", "exploration, counterexample or replay"],
      ["of_run", "INTEGER", "run_id of the exploration that a single run was found by"],
      ["same_as", "INTEGER", "run_id of the exploration that this one shares: only flags that nothing reads differ"],
      ["steps", "BIGINT", "steps of the runs of all classes; of a single run: its steps"],
      ["crash_points", "BIGINT", "moments at which a crash was looked at"],
      ["crash_images_possible", "DOUBLE", "images that the medium could have left at them; NULL: not counted"],
      ["crash_images", "BIGINT", "of these, images that recovery can tell apart, and was run on"],
      ["recovered_states", "BIGINT", "different states that recovery came to"],
      ["seconds", "DOUBLE", "time spent; NULL unless asked for, so that the same input gives the same file"],
      ["scenario_text", "VARCHAR", "of a single run: the scenario that it is of, as YAML"],
    ),
  },
  {
    schema: "main",
    name: "step",
    description: "what the steps of single runs do, one row each thing that a step tells of",
    columns: columns(
      ["run_id", "INTEGER", "run.run_id"],
      ["step", "INTEGER", "number of the step in the run, from 0"],
      ["task", "VARCHAR", "task, kernel thread or bio that does it"],
      [
        "action",
        "VARCHAR",
        "what is done: at (a named step), begin, return, lock, read, ...; changed, holds, waits, woken: the state after it",
      ],
      ["resource", "VARCHAR", "what it is done to: page(F,3), i_mutex(F), sector(4)"],
      [
        "detail",
        "VARCHAR",
        "what comes of it: a token, a result, the state before and after; of holds, waits and woken: by whose step, where it is another's",
      ],
    ),
  },
  {
    schema: "main",
    name: "run_event",
    description: "events that single runs fire, as a recording of them would have them in event and raw",
    columns: columns(
      ["run_id", "INTEGER", "run.run_id"],
      ["seq", "INTEGER", "number of the event in the run, from 0"],
      ["step", "INTEGER", "step.step that fires it"],
      ["task", "VARCHAR", "task, kernel thread or bio that fires it"],
      ["op", "VARCHAR", "operation that it is fired for, e.g. T1#0; NULL: none"],
      ["name", "VARCHAR", "event name, e.g. block_rq_issue"],
      ["file", "VARCHAR", "file of the scenario"],
      ["file_offset", "BIGINT", "position in the file, bytes"],
      ["sector", "BIGINT", "first sector on the device, of 512 bytes"],
      ["bytes", "BIGINT", "length, bytes"],
      ["rwbs", "VARCHAR", "request flags, e.g. WS, RA, FF"],
      ["ret", "BIGINT", "result of the call or request, negative errno on failure"],
      ["fields", "VARCHAR", "its other fields: name=value, ..."],
    ),
  },
  {
    schema: "main",
    name: "finding",
    description: "anomalies that runs of the model, or recordings, show",
    columns: columns(
      ["finding_id", "INTEGER", "number of the finding, from 1"],
      ["recording_id", "SMALLINT", "recording.recording_id; NULL for findings of the model"],
      ["run_id", "INTEGER", "run.run_id of the exploration; NULL for findings of a recording"],
      ["anomaly", "VARCHAR", "id in the catalogue, e.g. STALE_CACHE"],
      ["severity", "VARCHAR", "info, warning, error or data_loss"],
      ["op_a", "VARCHAR", "operation that suffers, e.g. T2#0"],
      ["op_b", "VARCHAR", "the other one that has a part in it"],
      ["dev", "VARCHAR", "device, major:minor"],
      ["ino", "BIGINT", "inode number"],
      ["first_sector", "BIGINT", "first sector of the file that it is about, of 512 bytes"],
      ["sectors", "BIGINT", "number of sectors that it is about"],
      ["ts_ns", "BIGINT", "time, ns; NULL in the model"],
      ["event_seqs", "UINTEGER[]", "event.seq of the events that show it; NULL in the model"],
      ["explanation", "VARCHAR", "what happens, in sentences"],
      ["token", "VARCHAR", "replays a run that shows it"],
      ["attributes", "VARCHAR", "what kind of its anomaly it is, e.g. self, window"],
      ["file", "VARCHAR", "file of the scenario"],
      ["count", "BIGINT", "classes, runs or crash images that show it"],
    ),
  },
  {
    schema: "main",
    name: "verdict",
    description: "what scenarios expect against what was shown, one row an expectation and run",
    columns: columns(
      ["scenario", "VARCHAR", "name of the scenario"],
      ["row", "VARCHAR", "row of the verdict tables that the expectation is from, e.g. 20-17"],
      ["system", "VARCHAR", "modelled system"],
      ["flags", "VARCHAR", "flags that do not have their defaults"],
      ["kind", "VARCHAR", "reachable, absent, result, final, cost, order or not_executable"],
      ["subject", "VARCHAR", "anomaly, operation, file or metric that it is about"],
      ["expected", "VARCHAR", "what the scenario says"],
      ["actual", "VARCHAR", "what was shown"],
      ["agrees", "BOOLEAN", "whether they agree; NULL where it could not be decided"],
      ["claim", "VARCHAR", "what has been shown, precisely"],
      ["run_id", "INTEGER", "run.run_id of the exploration; NULL where there was none"],
      ["token", "VARCHAR", "replays a run that decides it, where one does"],
      ["why", "VARCHAR", "why the scenario expects it"],
      ["source", "VARCHAR", "where that is from"],
    ),
  },
];
