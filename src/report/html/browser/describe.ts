/**
 * Items in words: a line for tooltips and screen readers, and all that is known for the details.
 *
 * @module
 */
import { WAITS } from "./item_classes.ts";
import type { EventDetails } from "./event_details.ts";
import type { Item, Recording } from "./recording.ts";
import type { Table } from "./tables.ts";
import { bytesText, exactTimeText, fileText, numberText, timeText, word } from "./words.ts";

export type Fact = readonly [name: string, value: string];

/** An item in a line. */
export function titleOf(recording: Recording, { kind, row }: Item, events: Table | null): string {
  const { words, operations, bios, pages } = recording;
  switch (kind) {
    case "operation": {
      const execution = word(words.executions, operations.column("execution")[row]);
      const way = execution === "unknown" || execution === "none" ? "" : ` ${execution}`;
      const name = word(words.kinds, operations.column("kind")[row]);
      return `${name}${way}${rangeText(operations.column("file_offset")[row], operations.column("bytes")[row])}`;
    }
    case "bio": {
      const role = word(words.roles, bios.column("role")[row]);
      const of = role === "unknown" ? "" : ` (${role})`;
      const sector = bios.column("sector")[row];
      const where = Number.isNaN(sector) ? "" : `, sector ${numberText(sector)}`;
      return `bio ${word(words.rwbs, bios.column("rwbs")[row])}${of}, ${bytesText(bios.column("bytes")[row])}${where}`;
    }
    case "page_event": {
      const cause = word(words.causes, pages.column("cause")[row]);
      const index = pages.column("page_index")[row];
      const count = pages.column("pages")[row];
      const which = count === 1 ? `page ${numberText(index)}` : `${numberText(count)} pages from ${numberText(index)}`;
      return `${word(words.pageKinds, pages.column("page_kind")[row])} ${which}${
        cause === "unknown" ? "" : ` by ${cause}`
      }`;
    }
    case "lock":
      return lockTitle(word(words.locks, recording.locks.column("lock")[row]));
    case "event":
      return events === null ? "event" : words.tags[events.column("tag")[row]]?.name ?? "event";
  }
}

function lockTitle(lock: string): string {
  return lock.startsWith(WAITS) ? `waits for a lock (${lock.slice(WAITS.length)})` : `${lock}, held or waited for`;
}

function rangeText(offset: number, bytes: number): string {
  if (Number.isNaN(offset)) return Number.isNaN(bytes) ? "" : `, ${bytesText(bytes)}`;
  return `, ${bytesText(bytes)} at ${numberText(offset)}`;
}

/** When it was and how long it took, in a line. */
export function whenOf(recording: Recording, item: Item, events: Table | null): string {
  const [begin, end] = recording.span(item, events);
  const isOpen = item.kind === "operation" && Number.isNaN(recording.operations.column("duration")[item.row]) ||
    item.kind === "bio" && Number.isNaN(recording.bios.column("complete")[item.row]) ||
    item.kind === "lock" && Number.isNaN(recording.locks.column("duration")[item.row]);
  const length = isOpen ? ", its end is not recorded" : end > begin ? `, ${timeText(end - begin)}` : "";
  return `at ${exactTimeText(begin)}${length}`;
}

/** All that is known of an item. */
export function factsOf(
  recording: Recording,
  item: Item,
  events: Table | null,
  details: EventDetails | null,
): Fact[] {
  const { words, operations, bios, pages } = recording;
  const { kind, row } = item;
  const facts: [string, string | null][] = [["time", whenOf(recording, item, events)]];
  const file = (code: number) => Number.isNaN(code) ? null : fileText(words.files[code], recording.recordings);
  const known = (value: number) => Number.isNaN(value) ? null : numberText(value);
  if (kind === "operation") {
    const result = operations.column("result")[row];
    facts.push(
      ["operation", known(operations.column("op_id")[row])],
      ["task", word(words.tasks, operations.column("task")[row])],
      ["system call", word(words.syscalls, operations.column("syscall")[row])],
      ["file", file(operations.column("file")[row])],
      ["offset", known(operations.column("file_offset")[row])],
      ["bytes asked for", known(operations.column("bytes")[row])],
      ["result", known(result)],
      ["its file is known", word(words.attributions, operations.column("attribution")[row])],
      ["events", eventsText(operations.column("first_seq")[row], operations.column("last_seq")[row])],
    );
  } else if (kind === "bio") {
    const at = (name: string) => bios.column(name)[row];
    facts.push(
      ["bio", known(at("bio_id"))],
      ["device", word(words.devices, at("dev"))],
      ["queued by", word(words.tasks, at("task"))],
      ["sector", known(at("sector"))],
      ["bytes", known(at("bytes"))],
      ["to a request", stageText(at("getrq"))],
      ["to the scheduler", stageText(at("insert"))],
      ["to the driver", stageText(at("issue"))],
      ["to completion", stageText(at("complete"))],
      ["file", file(at("file"))],
      ["offset", known(at("file_offset"))],
      ["merged into bio", known(at("merged_into"))],
      ["error", at("error") === 0 ? null : known(at("error"))],
      ["its owner is known", word(words.attributions, at("attribution"))],
      ["first event", known(at("first_seq"))],
    );
  } else if (kind === "page_event") {
    facts.push(
      ["file", file(pages.column("file")[row])],
      ["page", known(pages.column("page_index")[row])],
      ["pages", known(pages.column("pages")[row])],
      ["cause", word(words.causes, pages.column("cause")[row])],
      ["event", known(pages.column("seq")[row])],
    );
  } else if (kind === "lock") {
    const { locks } = recording;
    facts.push(
      ["task", word(words.tasks, locks.column("task")[row])],
      ["lock", word(words.locks, locks.column("lock")[row])],
      ["of", file(locks.column("file")[row])],
      ["from event", known(locks.column("first_seq")[row])],
    );
  } else if (events !== null) {
    const tag = words.tags[events.column("tag")[row]];
    facts.push(["event", numberText(row)], ["task", tag === undefined ? null : word(words.tasks, tag.task)]);
    facts.push(["CPU", tag?.cpu === null ? null : String(tag?.cpu)], ["device", tag?.dev ?? null]);
    facts.push(["rwbs", tag?.rwbs ?? null]);
    if (tag !== undefined && details !== null) {
      const at = (name: string) => details.at(name, row);
      const scaled = (name: string, unit: number | null) => unit === null ? null : known(at(name) * unit);
      facts.push(
        ["inode", known(at("ino")) ?? tag.ino],
        ["offset in the file, bytes", scaled("position", tag.offsetUnit)],
        ["sector", scaled("position", tag.sectorUnit)],
        ["bytes", scaled("bytes", tag.bytesUnit)],
        ["result", known(at("ret"))],
      );
    }
  }
  return facts.filter((fact): fact is [string, string] => fact[1] !== null);
}

/** Stages are kept as the time since the bio was queued. */
function stageText(sinceQueue: number): string | null {
  return Number.isNaN(sinceQueue) ? null : `${timeText(sinceQueue)} after it was queued`;
}

function eventsText(first: number, last: number): string {
  return first === last ? numberText(first) : `${numberText(first)} to ${numberText(last)}`;
}
