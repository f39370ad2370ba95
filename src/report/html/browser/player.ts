/**
 * Plays a run of the model: its lanes step by step, with what is held and waited for beside them.
 *
 * @module
 */
import { cycleOf, drawCycle } from "./deadlock_cycle.ts";
import { button, byId, element } from "./dom.ts";
import type { ShownRun, ShownStep } from "../page_data.ts";
import { replayCommand } from "../replay_command.ts";
import { laneOf, lanesOfRun, type RunState, stateAt } from "./run_state.ts";

const STEP_MS = 900;

export class Player {
  readonly #choice = byId("player-run") as HTMLSelectElement;
  readonly #body = byId("player-body");
  #run: ShownRun;
  #at = 0;
  #timer: ReturnType<typeof setInterval> | null = null;
  #rows: HTMLTableRowElement[] = [];
  #parts: { slider: HTMLInputElement; status: HTMLElement; state: HTMLElement; play: HTMLButtonElement } | null = null;

  constructor(private readonly runs: readonly ShownRun[]) {
    this.#run = runs[0];
    this.#choice.addEventListener("change", () => this.show(Number(this.#choice.value)));
    byId("player").addEventListener("keydown", (event) => this.#onKey(event));
    this.show(this.#run.id);
  }

  /** Shows a run from its end: what went wrong is there. */
  show(id: number): void {
    const run = this.runs.find((each) => each.id === id);
    if (run === undefined) return;
    this.#stop();
    this.#run = run;
    this.#choice.value = String(id);
    this.#build();
    this.#go(run.steps.length - 1);
  }

  #build(): void {
    const run = this.#run;
    const last = run.steps.length - 1;
    const slider = element("input", { type: "range", min: 0, max: Math.max(0, last), "aria-label": "Step" });
    slider.addEventListener("input", () => this.#go(Number(slider.value)));
    const play = button("Play", () => this.#timer === null ? this.#play() : this.#stop(), { class: "play-pause" });
    const status = element("p", { role: "status", "aria-live": "polite", class: "step-status" });
    const state = element("div", { class: "run-state" });
    this.#parts = { slider, status, state, play };
    const cycle = run.outcome === "deadlock" ? cycleOf(stateAt(run, last).tasks) : [];
    this.#body.replaceChildren(
      element(
        "div",
        { class: "run-head" },
        ...run.explanation.map((line) => element("p", {}, line)),
        element("p", { class: "hint" }, `On ${run.system}`),
        run.flags === "" ? "" : element(
          "details",
          { class: "hint" },
          element("summary", {}, "Flags of the system"),
          element("p", {}, run.flags),
        ),
      ),
      element(
        "div",
        { class: "toolbar" },
        button("First", () => this.#go(0), { "aria-label": "First step" }),
        button("Back", () => this.#go(this.#at - 1), { "aria-label": "One step back" }),
        play,
        button("Step", () => this.#go(this.#at + 1), { "aria-label": "One step on" }),
        button("Last", () => this.#go(last), { "aria-label": "Last step" }),
        slider,
      ),
      status,
      element("div", { class: "run-picture" }, this.#laneTable(), state),
      cycle.length > 0 ? drawCycle(cycle) : "",
      this.#replayBox(),
    );
  }

  #replayBox(): HTMLElement {
    const command = replayCommand(this.#run);
    const copy = button("Copy", () => {
      // Pages opened from disk may not have the clipboard; the text is there to be selected.
      navigator.clipboard?.writeText(command).then(() => copy.textContent = "Copied", () => {});
    });
    return element(
      "details",
      { class: "replay" },
      element("summary", {}, "Token, and the command that replays it"),
      element("p", { class: "token" }, this.#run.token),
      element("pre", { tabindex: 0, "aria-label": "Command" }, command),
      copy,
    );
  }

  #laneTable(): HTMLElement {
    const lanes = lanesOfRun(this.#run);
    const head = element("tr", {}, element("th", { scope: "col", class: "number" }, "step"));
    for (const lane of lanes) head.append(element("th", { scope: "col" }, lane));
    head.append(element("th", { scope: "col" }, "what has changed"));
    const body = element("tbody");
    this.#rows = this.#run.steps.map((step, nth) => {
      const row = element("tr", {}, element("th", { scope: "row", class: "number" }, step.step));
      const { tasks } = stateAt(this.#run, nth);
      for (const lane of lanes) row.append(this.#cell(lane, nth, tasks));
      row.append(
        element("td", {}, ...step.changes.map(([thing, , after]) => element("div", {}, `${thing}: ${after}`))),
      );
      row.addEventListener("click", () => this.#go(nth));
      body.append(row);
      return row;
    });
    const table = element("table", { class: "lanes" }, element("thead", {}, head), body);
    return element("div", { class: "wide lanes-frame", tabindex: 0, role: "region", "aria-label": "Lanes" }, table);
  }

  #cell(lane: string, nth: number, tasks: RunState["tasks"]): HTMLElement {
    const { tasks: names } = this.#run;
    const step = this.#run.steps[nth];
    const own = [...tasks].filter(([task]) => laneOf(task) === lane).map(([, state]) => state);
    const state = own.some(({ waits }) => waits !== null)
      ? "waits"
      : own.some(({ holds }) => holds.length > 0)
      ? "holds"
      : own.length > 0
      ? "begun"
      : "";
    const cell = element("td", { class: `lane ${state}` });
    for (const [task, text, tone] of step.notes) {
      if (laneOf(names[task]) !== lane) continue;
      const name = names[task] === lane ? "" : `${names[task]}: `;
      cell.append(element("div", { class: tone || null }, `${name}${text}`));
    }
    for (const [task, waits] of waitsOf(step)) {
      if (laneOf(names[task]) === lane) cell.append(element("div", { class: "waiting" }, `waits for ${waits}`));
    }
    for (const task of wokenBy(step)) {
      if (laneOf(names[task]) === lane) cell.append(element("div", { class: "woken" }, "can go on"));
    }
    return cell;
  }

  #go(to: number): void {
    const { steps, tasks } = this.#run;
    if (this.#parts === null || steps.length === 0) return;
    const { slider, status, state } = this.#parts;
    this.#at = Math.min(steps.length - 1, Math.max(0, to));
    slider.value = String(this.#at);
    this.#rows.forEach((row, nth) => {
      row.className = nth === this.#at ? "now" : nth > this.#at ? "later" : "";
      if (nth === this.#at) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
    });
    this.#scrollTo(this.#rows[this.#at]);
    const step = steps[this.#at];
    const told = step.notes.map(([, text]) => text).join("; ");
    const waits = waitsOf(step).map(([task, waits]) => {
      return task === step.task ? `waits for ${waits}` : `${tasks[task]} waits for ${waits}`;
    });
    const woken = wokenBy(step).map((task) => `${tasks[task]} can go on`);
    const what = [told, ...waits, ...woken].filter((part) => part !== "").join("; ") || "goes on";
    status.textContent = `Step ${step.step} of ${steps[steps.length - 1].step}: ${tasks[step.task]}: ${what}`;
    state.replaceChildren(...statePanel(stateAt(this.#run, this.#at)));
    if (this.#at === steps.length - 1) this.#stop();
  }

  /** Within its frame only: the page stays where it is. */
  #scrollTo(row: HTMLTableRowElement): void {
    const frame = row.closest<HTMLElement>(".lanes-frame");
    if (frame === null) return;
    const top = row.offsetTop - frame.clientHeight / 2;
    frame.scrollTop = Math.max(0, top);
  }

  #play(): void {
    if (this.#at === this.#run.steps.length - 1) this.#go(0);
    this.#parts!.play.textContent = "Pause";
    this.#timer = setInterval(() => this.#go(this.#at + 1), STEP_MS);
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    if (this.#parts !== null) this.#parts.play.textContent = "Play";
  }

  #onKey(event: KeyboardEvent): void {
    const { target } = event;
    if (target instanceof HTMLSelectElement || target instanceof HTMLInputElement) return;
    const actions: Record<string, () => void> = {
      ArrowRight: () => this.#go(this.#at + 1),
      ArrowLeft: () => this.#go(this.#at - 1),
      Home: () => this.#go(0),
      End: () => this.#go(this.#run.steps.length - 1),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }
}

/** Who cannot go on after a step, and what for: the task that does it, and those that it keeps from going on. */
function waitsOf({ task, waits, others }: ShownStep): (readonly [task: number, waits: string])[] {
  return [[task, waits] as const, ...others.map(([other, , waits]) => [other, waits] as const)]
    .flatMap(([each, waits]) => waits === null ? [] : [[each, waits] as const]);
}

/** Who can go on again because of a step of another. */
function wokenBy({ others }: ShownStep): number[] {
  return others.filter(([, , waits]) => waits === null).map(([task]) => task);
}

/** What is held and waited for, and the state of what has changed so far. */
function statePanel({ tasks, groups }: RunState): HTMLElement[] {
  const locks = element("table", {}, element("caption", {}, "Locks"));
  locks.append(element(
    "thead",
    {},
    element(
      "tr",
      {},
      element("th", { scope: "col" }, "task"),
      element("th", { scope: "col" }, "holds"),
      element("th", { scope: "col" }, "waits for"),
    ),
  ));
  const body = element("tbody");
  for (const [task, { holds, waits }] of tasks) {
    if (holds.length === 0 && waits === null) continue;
    body.append(element(
      "tr",
      {},
      element("th", { scope: "row" }, task),
      element("td", {}, holds.join(", ")),
      element("td", { class: waits === null ? null : "waiting" }, waits ?? ""),
    ));
  }
  if (body.childElementCount === 0) body.append(element("tr", {}, element("td", { colspan: 3 }, "nothing is held")));
  locks.append(body);
  const panels = groups.map(([title, things]) => {
    const list = element("tbody");
    for (const [thing, { value, isNew }] of things) {
      list.append(element(
        "tr",
        { class: isNew ? "changed" : null },
        element("th", { scope: "row" }, thing),
        element("td", {}, value),
      ));
    }
    return element("table", {}, element("caption", {}, title), list);
  });
  return [locks, ...panels];
}
