/**
 * A worker of a parallel exploration: explores the parts it is given.
 *
 * @module
 */

/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

import type { Program } from "../machine/program.ts";
import { NoSuchThing } from "../machine/world.ts";
import { ClassRecorder } from "./class_recorder.ts";
import { Execution } from "./execution.ts";
import { Exhaustive } from "./exhaustive.ts";
import { type ExplorationCounts, NOTHING_COUNTED } from "./exploration_counts.ts";
import type { FromWorker, ProgramSource, ToWorker } from "./explore_messages.ts";
import { Translator } from "./portable.ts";

/** @throws {TypeError} when the module does not export a program of that name */
async function load({ module, name, argument }: ProgramSource): Promise<Program> {
  const found = (await import(module))[name];
  const program = typeof found === "function" ? found(argument) : found;
  if (typeof program?.setUp !== "function") throw new TypeError(`${module}: ${name} is no program`);
  return program;
}

class Explorer {
  readonly #program: Program;
  readonly #stepsMax: number;
  readonly #execution: Execution;
  readonly #recorder: ClassRecorder;
  readonly #translator: Translator;
  #part: Exhaustive | null = null;
  #reported: ExplorationCounts = { ...NOTHING_COUNTED };

  constructor(program: Program, { stepsMax, crashes, variable }: Extract<ToWorker, { kind: "start" }>) {
    this.#program = program;
    this.#stepsMax = stepsMax;
    this.#execution = new Execution(program);
    this.#recorder = new ClassRecorder(program, this.#execution, crashes);
    this.#translator = new Translator(this.#execution);
    for (const place of variable) this.#execution.variable.add(place);
  }

  begin({ part, milliseconds }: Extract<ToWorker, { kind: "part" }>): FromWorker {
    const subtree = this.#translator.subtreeIn(part);
    this.#part = new Exhaustive(this.#program, { stepsMax: this.#stepsMax }, subtree, this.#execution);
    this.#reported = { ...NOTHING_COUNTED };
    return this.goOn(milliseconds);
  }

  goOn(milliseconds: number): FromWorker {
    const end = performance.now() + milliseconds;
    this.#part!.run((how, execution) => this.#recorder.add(how, execution), () => performance.now() >= end);
    if (!this.#part!.isUnsteady) return this.#report("keep");
    const variable = [...this.#execution.variable.places()];
    return { kind: "unsteady", variable };
  }

  giveBack(): FromWorker {
    return this.#report("give back");
  }

  #report(rest: "keep" | "give back"): FromWorker {
    const part = this.#part!;
    const counts = { ...part.counts };
    for (const key of Object.keys(counts) as (keyof ExplorationCounts)[]) counts[key] -= this.#reported[key];
    this.#reported = { ...part.counts };
    const insertions = part.insertions.splice(0).map((insertion) => this.#translator.insertionOut(insertion));
    const state = rest === "give back" ? this.#translator.stateOut(part.state()) : null;
    return { kind: "report", done: part.done, insertions, counts, rest: state };
  }

  finish(): FromWorker {
    const { collector, crashPoints, crashImagesPossible, crashImages } = this.#recorder;
    const found = { outcomes: collector.outcomes(), facts: collector.facts() };
    return { kind: "outcomes", ...found, crashPoints, crashImagesPossible, crashImages };
  }
}

let explorer: Explorer | null = null;

async function answer(message: ToWorker): Promise<FromWorker | null> {
  switch (message.kind) {
    case "start":
      explorer = new Explorer(await load(message.source), message);
      return null;
    case "part":
      return explorer!.begin(message);
    case "go_on":
      return explorer!.goOn(message.milliseconds);
    case "give_back":
      return explorer!.giveBack();
    case "finish":
      return explorer!.finish();
  }
}

let queue: Promise<void> = Promise.resolve();

self.addEventListener("message", (event: MessageEvent<ToWorker>) => {
  queue = queue.then(async () => {
    try {
      const reply = await answer(event.data);
      if (reply !== null) self.postMessage(reply);
    } catch (error) {
      if (error instanceof NoSuchThing) {
        return self.postMessage({ kind: "no such thing", message: error.message } satisfies FromWorker);
      }
      const message = error instanceof Error ? error.stack ?? error.message : String(error);
      self.postMessage({ kind: "failed", message } satisfies FromWorker);
    }
  });
});
