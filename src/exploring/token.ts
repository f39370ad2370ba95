/**
 * Tokens: the choices of a run as text that replays it exactly.
 *
 *     d1~0*3,1,0.0*2,1=2~hK3_xA4w~deadlock
 *
 * - `d1`: the format, with its version.
 * - steps, in order: the task (its number among those started at set-up; `0.2` is the third task that task 0 started), `=K`
 *   for outcome K of the step's choice where it is not 0, `*N` for N steps of the same kind in a row;
 * - one character a step for what it touched, so that a program that has changed is told from this one where it first
 *   does something else;
 * - how the run ended: complete, deadlock or cut_off (stopped at a bound after these steps); or `crash`, with the picks
 *   that make the image: `crash=1,0,2`.
 *
 * The text has no character that a shell or a table would mind.
 *
 * @module
 */

import type { AccessLog } from "../machine/access_log.ts";
import { type Identities, SETUP } from "../machine/identities.ts";
import type { Program } from "../machine/program.ts";
import type { Finding } from "../machine/world.ts";
import { Run, type ScheduledStep } from "./run.ts";
import { tellEnd } from "./run_end.ts";

const VERSION = "d1";
const CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** How a kept run ended. */
export type TokenEnd = "complete" | "deadlock" | "cut_off" | "crash";

/** What the text of a token says. */
export interface Token {
  /** Steps with the tasks as text, as the token has them. */
  steps: { task: string; outcome: number }[];
  /** A character a step, for what it touched. */
  checks: string;
  /** How the run ended. */
  end: TokenEnd;
  /** Picks of the crash image; empty for other ends. */
  picks: number[];
}

/** A text that is no token; the message is one line for the user. */
export class TokenError extends Error {
  /** Tells it from other errors. */
  override name = "TokenError";
}

/** Name of a task that does not depend on the run: `0.2` is the third task that task 0 started. */
export function taskPath(identities: Identities, task: number): string {
  const [maker, nth] = identities.taskIdentity(task);
  return maker === SETUP ? String(nth) : `${taskPath(identities, maker)}.${nth}`;
}

/** Number of the task of that name. */
export function taskOfPath(identities: Identities, path: string): number {
  let task = SETUP;
  for (const nth of path.split(".")) task = identities.task(task, Number(nth));
  return task;
}

/** One character for what a step touched and how its task goes on. */
function checkOf(log: AccessLog, identities: Identities): string {
  let sum = 0;
  for (let i = 0; i < log.count; i++) {
    const [maker, nth] = identities.objectIdentity(log.objects[i]);
    const path = maker === SETUP ? "" : taskPath(identities, maker);
    let hash = 0x811c9dc5;
    for (const char of `${path}/${nth}/${log.kinds[i]}/${log.deltas[i]}`) {
      hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
    }
    // The sum does not depend on the order of the accesses.
    sum = (sum + (hash ^ (hash >>> 15))) | 0;
  }
  return CHECKS[(sum ^ (sum >>> 6) ^ (sum >>> 12) ^ (sum >>> 18) ^ (sum >>> 24)) & 63];
}

/** The text of a token. */
function tokenText(token: Token): string {
  const parts: string[] = [];
  for (let i = 0; i < token.steps.length;) {
    const { task, outcome } = token.steps[i];
    let end = i + 1;
    while (end < token.steps.length && token.steps[end].task === task && token.steps[end].outcome === outcome) end++;
    parts.push(task + (outcome === 0 ? "" : `=${outcome}`) + (end - i === 1 ? "" : `*${end - i}`));
    i = end;
  }
  const picks = token.end === "crash" ? `=${token.picks.join(",")}` : "";
  return [VERSION, parts.join(","), token.checks, token.end + picks].join("~");
}

/** The beginning of a text as it can stand in a message of one line. */
function quoted(text: string, length: number): string {
  return JSON.stringify(text.slice(0, length).toWellFormed());
}

/**
 * Reads a token; whether its steps are those of a program is not looked at.
 *
 * @param text blanks around it are left out
 * @throws {TokenError} when the text is no token
 */
export function parseToken(text: string): Token {
  const fields = text.trim().split("~");
  if (fields[0] !== VERSION) {
    throw new TokenError(`token begins with ${quoted(fields[0], 10)}: ${VERSION} is the version known here`);
  }
  if (fields.length !== 4) throw new TokenError(`token has ${fields.length} parts, not 4: copy it whole`);
  const [, parts, checks, ending] = fields;
  const steps: Token["steps"] = [];
  for (const part of parts === "" ? [] : parts.split(",")) {
    const match = /^(\d+(?:\.\d+)*)(?:=(\d+))?(?:\*(\d+))?$/.exec(part);
    if (match === null) throw new TokenError(`token has a step ${quoted(part, 20)} that makes no sense`);
    const count = Number(match[3] ?? 1);
    if (steps.length + count > checks.length) throw new TokenError("token has more steps than check characters");
    for (let i = 0; i < count; i++) steps.push({ task: match[1], outcome: Number(match[2] ?? 0) });
  }
  if (steps.length !== checks.length) {
    throw new TokenError(`token has ${steps.length} steps and ${checks.length} check characters: copy it whole`);
  }
  const end = /^(complete|deadlock|cut_off|crash)(?:=([\d,]*))?$/.exec(ending);
  if (end === null || (end[1] === "crash") !== (end[2] !== undefined)) {
    throw new TokenError(
      `token ends with ${quoted(ending, 20)}: complete, deadlock, cut_off or crash=PICKS are known`,
    );
  }
  return {
    steps,
    checks,
    end: end[1] as TokenEnd,
    picks: end[2] === undefined || end[2] === "" ? [] : end[2].split(",").map(Number),
  };
}

/** Makes the token of a run by doing its steps again. */
export function tokenOf(
  program: Program,
  identities: Identities,
  steps: readonly ScheduledStep[],
  end: TokenEnd,
  picks: readonly number[] = [],
): string {
  const run = new Run(program, identities);
  let checks = "";
  for (const { task, outcome } of steps) {
    run.step(run.world.task(task), outcome);
    checks += checkOf(run.log, identities);
  }
  return tokenText({
    steps: steps.map(({ task, outcome }) => ({ task: taskPath(identities, task), outcome })),
    checks,
    end,
    picks: [...picks],
  });
}

/** Where a replay left the way that its token describes. */
export interface Divergence {
  /** Number of the step, from 0. */
  step: number;
  /** What is different, in one line. */
  text: string;
}

/** What became of a token that was run again. */
export interface Replay {
  /** At its end, or where it left the way that the token describes. */
  run: Run;
  /** The token as it was read. */
  token: Token;
  /** Null: the run is the one that the token was made of. */
  divergence: Divergence | null;
  /** What recovery made of the crash, where the token is of one. */
  recovered: { text: string; findings: Finding[]; facts: string[] } | null;
}

/** Thrown where a program does not do what its token says. */
export class Diverged extends Error {
  /** Tells it from other errors. */
  override name = "Diverged";
}

/**
 * Runs a program as a token says.
 *
 * @throws {TokenError} when the text is no token
 * @throws {Diverged} at the first step that is not as it was
 */
export function replayStrictly(program: Program, text: string): Replay {
  const replayed = replay(program, text);
  if (replayed.divergence !== null) throw new Diverged(replayed.divergence.text);
  return replayed;
}

/** Recovers from a crash as the token says. */
function recover(run: Run, picks: readonly number[]): Pick<Replay, "divergence" | "recovered"> {
  const step = run.steps.length;
  const diverged = (what: string) => ({ divergence: { step, text: `after the crash: ${what}` }, recovered: null });
  const model = run.prepared.crash;
  if (model === undefined) return diverged("the program has no recovery");
  const findings: Finding[] = [];
  const facts: string[] = [];
  let asked = 0;
  let wrong = "";
  const text = model.recover(
    (count, what) => {
      const pick = picks[asked++] ?? 0;
      if (pick < count) return pick;
      wrong = `${what} has ${count} possibilities, not ${pick + 1}`;
      return 0;
    },
    (anomaly, text, subject = {}) => findings.push({ anomaly, text, task: "recovery", step, subject }),
    (text) => facts.push(text),
  );
  if (wrong !== "") return diverged(wrong);
  if (asked !== picks.length) return diverged(`recovery asks for ${asked} picks, the token has ${picks.length}`);
  return { divergence: null, recovered: { text, findings, facts } };
}

/**
 * Runs a program as a token says, up to the first step that is not as it was. What the program checks at the end of a
 * complete run is checked.
 *
 * @throws {TokenError} when the text is no token
 */
export function replay(program: Program, text: string): Replay {
  const token = parseToken(text);
  const run = new Run(program);
  const recovered = null;
  const { identities } = run.world;
  const names = (tasks: readonly { name: string }[]) => tasks.map(({ name }) => name).join(", ") || "none";
  for (const [step, { task: path, outcome }] of token.steps.entries()) {
    const diverged = (what: string): Replay => {
      return { run, token, divergence: { step, text: `step ${step}: ${what}` }, recovered };
    };
    const task = run.world.task(taskOfPath(identities, path));
    if (task === undefined) return diverged(`there is no task ${path}; tasks that can go on: ${names(run.enabled())}`);
    if (!run.world.isEnabled(task)) {
      const state = task.generator === null ? "has ended" : "waits";
      return diverged(`${task.name} ${state}; tasks that can go on: ${names(run.enabled())}`);
    }
    const outcomes = run.world.outcomes(task);
    if (outcome >= outcomes) {
      return diverged(`${task.name} has ${outcomes} outcomes to choose from, not ${outcome + 1}`);
    }
    run.step(task, outcome);
    if (checkOf(run.log, identities) !== token.checks[step]) {
      return diverged(`${task.name} touches something else than when the token was made`);
    }
  }
  if (token.end === "crash") return { run, token, ...recover(run, token.picks) };
  const end = run.outcome;
  if (token.end !== "cut_off" && end !== token.end) {
    const text = `after the last step the run is ${end ?? "not at its end"}, and was ${token.end}`;
    return { run, token, divergence: { step: token.steps.length, text }, recovered };
  }
  tellEnd(run, end ?? "cut_off");
  return { run, token, divergence: null, recovered };
}
