/**
 * The event descriptions of a file, by the number that records have. A file describes all events of its kernel, some two
 * thousand; only those that occur are parsed.
 *
 * @module
 */

import { shown } from "../inputs.ts";
import { type EventFormat, parseEventFormat, parseEventHead } from "./event_format.ts";

interface Entry {
  system: string;
  name: string;
  text: string;
  /** Parsed when first asked for; null: damaged. */
  format?: EventFormat | null;
}

export class EventFormats {
  readonly #entries = new Map<number, Entry>();
  readonly #damaged: (message: string) => void;

  /** @param damaged told what is wrong with a description */
  constructor(descriptions: readonly { system: string; text: string }[], damaged: (message: string) => void) {
    this.#damaged = damaged;
    const names = new Set<string>();
    for (const { system, text } of descriptions) {
      const head = parseEventHead(text);
      if (head === null) {
        damaged(`an event description of system ${shown(system)} has no name or number`);
        continue;
      }
      let { name } = head;
      // Two descriptions of one name, or of one number, are damage; both are kept apart as far as that goes.
      if (names.has(`${system}:${name}`)) {
        damaged(`two event descriptions are named ${shown(system)}:${name}`);
        name = `${name}_${head.id}`;
      }
      names.add(`${system}:${name}`);
      if (this.#entries.has(head.id)) {
        damaged(`two event descriptions have number ${head.id}: the first is taken`);
        continue;
      }
      this.#entries.set(head.id, { system, name, text });
    }
  }

  /** The description of records of type `id`; null when there is none that makes sense. */
  get(id: number): EventFormat | null {
    const entry = this.#entries.get(id);
    if (entry === undefined) return null;
    if (entry.format === undefined) {
      entry.format = parseEventFormat(entry.system, entry.text);
      if (entry.format === null) {
        this.#damaged(`the description of ${shown(entry.system)}:${entry.name} makes no sense`);
      } else entry.format.name = entry.name;
    }
    return entry.format;
  }
}
