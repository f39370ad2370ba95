/**
 * The circle of a deadlock: tasks, and what each of them waits for.
 *
 * @module
 */
import { drawing, element } from "./dom.ts";
import type { TaskState } from "./run_state.ts";

/** A task that waits for something that the next one owns. */
export interface Link {
  readonly task: string;
  readonly resource: string;
}

/** `page(F,0) (owners T1, T2)`: what is waited for, and who has it. */
function partsOf(waits: string): { resource: string; owners: string[] } {
  const match = waits.match(/^(.*) \(owners? (.*)\)$/);
  if (match === null) return { resource: waits, owners: [] };
  return { resource: match[1], owners: match[2].split(/, (?![^(]*\))/) };
}

/** The tasks of a circle, each waiting for the next; empty: there is none. */
export function cycleOf(tasks: ReadonlyMap<string, TaskState>): Link[] {
  for (const first of tasks.keys()) {
    const way: Link[] = [];
    let task = first;
    while (!way.some((link) => link.task === task)) {
      const waits = tasks.get(task)?.waits;
      if (waits === null || waits === undefined) break;
      const { resource, owners } = partsOf(waits);
      way.push({ task, resource });
      const next = owners.map((owner) => owner === "self" ? task : owner).find((owner) => tasks.get(owner)?.waits);
      if (next === undefined) break;
      task = next;
      const begin = way.findIndex((link) => link.task === task);
      if (begin >= 0) return way.slice(begin);
    }
  }
  return [];
}

const WIDTH = 560;
const HEIGHT = 300;
const BOX_HEIGHT = 30;

/** Tasks are boxes, resources are round; an arrow goes to what is waited for, and from there to who has it. */
export function drawCycle(links: readonly Link[]): HTMLElement {
  const nodes = links.flatMap(({ task, resource }) => [
    { text: task, isTask: true },
    { text: resource, isTask: false },
  ]);
  const places = nodes.map((_, nth) => {
    const angle = (nth / nodes.length) * 2 * Math.PI - Math.PI / 2;
    return { x: WIDTH / 2 + Math.cos(angle) * 190, y: HEIGHT / 2 + Math.sin(angle) * 110 };
  });
  const text = links.map(({ task, resource }, nth) =>
    `${task} waits for ${resource}, which ${links[(nth + 1) % links.length].task} has`
  ).join("; ");
  const picture = drawing("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": text,
    class: "cycle",
  });
  const arrow = drawing("marker", {
    id: "arrow",
    viewBox: "0 0 8 8",
    refX: 8,
    refY: 4,
    markerWidth: 9,
    markerHeight: 9,
    orient: "auto",
  }, drawing("path", { d: "M0 0 8 4 0 8z" }));
  picture.append(drawing("defs", {}, arrow));
  places.forEach((from, nth) => {
    const to = places[(nth + 1) % places.length];
    const bend = { x: (from.x + to.x) / 2 + (to.y - from.y) * 0.18, y: (from.y + to.y) / 2 - (to.x - from.x) * 0.18 };
    const end = edgeOf(to, bend, nodes[(nth + 1) % nodes.length].text);
    const word = nodes[nth].isTask ? "waits for" : "held by";
    picture.append(
      drawing("path", {
        d: `M${from.x} ${from.y}Q${bend.x} ${bend.y} ${end.x} ${end.y}`,
        class: nodes[nth].isTask ? "waits" : "held",
        "marker-end": "url(#arrow)",
      }),
      // Where the arrow is half way, which is interrupted there.
      drawing("text", { x: half(from.x, bend.x, end.x), y: half(from.y, bend.y, end.y) + 4, class: "word" }, word),
    );
  });
  nodes.forEach(({ text: name, isTask }, nth) => {
    const { x, y } = places[nth];
    const width = widthOf(name);
    picture.append(
      drawing("rect", {
        x: x - width / 2,
        y: y - BOX_HEIGHT / 2,
        width,
        height: BOX_HEIGHT,
        rx: isTask ? 3 : BOX_HEIGHT / 2,
        class: isTask ? "task" : "resource",
      }),
      drawing("text", { x, y: y + 5, class: "name" }, name),
    );
  });
  return element("figure", {}, picture, element("figcaption", {}, text));
}

/** Middle of a curve from one place to another that is bent towards a third. */
function half(from: number, bend: number, to: number): number {
  return (from + 2 * bend + to) / 4;
}

function widthOf(name: string): number {
  return 24 + name.length * 7.6;
}

/** Where an arrow that comes from `from` meets the box around a place. */
function edgeOf(place: { x: number; y: number }, from: { x: number; y: number }, name: string) {
  const [dx, dy] = [from.x - place.x, from.y - place.y];
  const share = Math.min(
    dx === 0 ? Infinity : (widthOf(name) / 2 + 3) / Math.abs(dx),
    dy === 0 ? Infinity : (BOX_HEIGHT / 2 + 3) / Math.abs(dy),
  );
  return { x: place.x + dx * share, y: place.y + dy * share };
}
