/**
 * A block layer in small: tasks queue bios, these are split and merged into requests, which are inserted, issued, put back
 * and completed, whole or in parts, in an order that a list of numbers decides. It writes the events that the kernel
 * would, and knows what became of every bio.
 *
 * @module
 */

/** Longest request, in sectors: bios beyond it are split. */
const REQUEST_SECTORS_MAX = 64;

interface SimulatedBio {
  id: number;
  rwbs: string;
  start: number;
  sectors: number;
  /** Line of each step, by its letter. */
  steps: Map<string, number>;
  mergedInto: number | null;
  splitFrom: number | null;
  requeues: number;
}

interface SimulatedRequest {
  rwbs: string;
  start: number;
  end: number;
  bios: SimulatedBio[];
}

/** A stream of events and the bios that it is about. */
export interface Simulation {
  lines: string[];
  bios: SimulatedBio[];
}

/** Takes numbers for decisions, and ends when they do. */
class Decisions {
  #at = 0;
  constructor(private readonly numbers: readonly number[]) {}
  get left(): boolean {
    return this.#at < this.numbers.length;
  }
  below(limit: number): number {
    return (this.numbers[this.#at++] ?? 0) % limit;
  }
}

/** Runs the block layer of device 8,0. @param numbers any, from zero; each makes a decision */
export function simulate(numbers: readonly number[]): Simulation {
  const decide = new Decisions(numbers);
  const lines: string[] = [];
  const bios: SimulatedBio[] = [];
  const waiting: SimulatedRequest[] = [];
  const issued: SimulatedRequest[] = [];
  let freshPlace = 1000;

  const tell = (action: string, rwbs: string, start: number, end: number, more = "") => {
    lines.push(`${action} 8,0 ${rwbs} ${start}+${end - start}${more}`);
    return lines.length;
  };
  const overlaps = (start: number, end: number) =>
    [...waiting, ...issued].some((request) => start < request.end && request.start < end);
  const step = (request: SimulatedRequest, letter: string, line: number) => {
    for (const bio of request.bios) bio.steps.set(letter, line);
  };

  function submit(bio: SimulatedBio, pid: string): void {
    const end = bio.start + bio.sectors;
    const behind = waiting.find((r) => r.end === bio.start && r.rwbs === bio.rwbs);
    const ahead = waiting.find((r) => r.start === end && r.rwbs === bio.rwbs);
    if (behind !== undefined) {
      tell("M", bio.rwbs, bio.start, end, pid);
      bio.mergedInto = behind.bios[0].id;
      behind.bios.push(bio);
      behind.end = end;
    } else if (ahead !== undefined) {
      tell("F", bio.rwbs, bio.start, end, pid);
      bio.mergedInto = ahead.bios[0].id;
      ahead.bios.push(bio);
      ahead.start = bio.start;
    } else {
      bio.steps.set("G", tell("G", bio.rwbs, bio.start, end, pid));
      waiting.push({ rwbs: bio.rwbs, start: bio.start, end, bios: [bio] });
    }
  }

  function queue(): void {
    const rwbs = ["R", "W", "RA", "WS"][decide.below(4)];
    const sectors = 8 * (1 + decide.below(decide.below(4) === 0 ? 24 : 4));
    const near = waiting.length > 0 ? waiting[decide.below(waiting.length)] : undefined;
    const side = decide.below(3);
    let start = freshPlace;
    if (near !== undefined && side === 1) start = near.end;
    if (near !== undefined && side === 2) start = near.start - sectors;
    if (start < 0 || overlaps(start, start + sectors)) start = freshPlace;
    freshPlace = Math.max(freshPlace, start + sectors + 8 * decide.below(3));
    const pid = ` pid=${1 + decide.below(3)}`;
    const line = tell("Q", rwbs, start, start + sectors, pid);
    const begin = (at: number, length: number, splitFrom: number | null): SimulatedBio => {
      const bio: SimulatedBio = {
        id: bios.length,
        rwbs,
        start: at,
        sectors: length,
        steps: new Map([["Q", line]]),
        mergedInto: null,
        splitFrom,
        requeues: 0,
      };
      bios.push(bio);
      return bio;
    };
    let bio = begin(start, sectors, null);
    while (bio.sectors > REQUEST_SECTORS_MAX) {
      const at = bio.start + REQUEST_SECTORS_MAX;
      const rest = begin(at, bio.sectors - REQUEST_SECTORS_MAX, bio.id);
      bio.sectors = REQUEST_SECTORS_MAX;
      tell("X", rwbs, bio.start, at, ` / ${at}${pid}`);
      submit(bio, pid);
      bio = rest;
    }
    submit(bio, pid);
  }

  function mergeRequests(): void {
    for (const [i, next] of waiting.entries()) {
      const into = waiting.find((r) => r.end === next.start && r.rwbs === next.rwbs);
      if (into === undefined) continue;
      tell("MM", next.rwbs, next.start, next.end);
      for (const bio of next.bios) bio.mergedInto = into.bios[0].id;
      into.bios.push(...next.bios);
      into.end = next.end;
      waiting.splice(i, 1);
      return;
    }
  }

  function complete(): void {
    const i = decide.below(issued.length);
    const request = issued[i];
    const length = request.end - request.start;
    const done = decide.below(4) === 0 && length > 8 ? 8 * (1 + decide.below(length / 8 - 1)) : length;
    const line = tell("C", request.rwbs, request.start, request.start + done);
    request.start += done;
    for (const bio of request.bios) if (bio.start + bio.sectors <= request.start) bio.steps.set("C", line);
    request.bios = request.bios.filter((bio) => !bio.steps.has("C"));
    if (request.bios.length === 0) issued.splice(i, 1);
  }

  while (decide.left) {
    const what = decide.below(10);
    if (what <= 3) queue();
    else if (what === 4) mergeRequests();
    else if (what === 5 && waiting.length > 0) {
      const request = waiting[decide.below(waiting.length)];
      step(request, "I", tell("I", request.rwbs, request.start, request.end));
    } else if (what <= 7 && waiting.length > 0) {
      const [request] = waiting.splice(decide.below(waiting.length), 1);
      step(request, "D", tell("D", request.rwbs, request.start, request.end));
      issued.push(request);
    } else if (what === 8 && issued.length > 0 && decide.below(4) === 0) {
      const [request] = issued.splice(decide.below(issued.length), 1);
      tell("R", request.rwbs, request.start, request.end);
      for (const bio of request.bios) {
        bio.requeues++;
        bio.steps.delete("D");
      }
      waiting.push(request);
    } else if (issued.length > 0) complete();
  }
  return { lines, bios };
}

/** The bios as {@linkcode pair} writes them, but for the steps with these letters. */
export function bioLines({ bios }: Simulation, without = ""): string[] {
  return bios.map(({ id, rwbs, start, sectors, steps, mergedInto, splitFrom, requeues }) =>
    [
      `${id} 8:0 ${rwbs} ${start}+${sectors}`,
      ...["Q", "G", "I", "D", "C"].flatMap((letter) =>
        steps.has(letter) && !without.includes(letter) ? [`${letter}${steps.get(letter)}`] : []
      ),
      ...(mergedInto === null ? [] : [`merged into ${mergedInto}`]),
      ...(splitFrom === null ? [] : [`split from ${splitFrom}`]),
      ...(requeues === 0 ? [] : [`requeues ${requeues}`]),
    ].join(" ")
  );
}
