/**
 * Single event types as views read them: `store.EVENT_read` has their fields in the types that views expect, and no rows
 * in a file that has none of them.
 *
 * Views that read single event types are the same in every file so, and part of the empty results file: what the rows
 * decide is these alone.
 *
 * @module
 */
import type { Column, RawNeed, View } from "./relation.ts";
import { quote } from "./sql_text.ts";

/** Name of the view, in schema store. */
export function readEventName(event: string): string {
  return `${event}_read`;
}

/** An event type with all fields that some view reads. */
export interface ReadEvent {
  event: string;
  columns: readonly Column[];
}

/**
 * @param views those whose `needs` are wanted
 * @returns one an event type, in the order of views
 * @throws Error when two of them want the same field as different types
 */
export function readEvents(views: readonly View[]): ReadEvent[] {
  const events = new Map<string, Map<string, Column>>();
  for (const { event, columns } of views.flatMap(({ needs }): readonly RawNeed[] => needs ?? [])) {
    const known = events.get(event) ?? new Map<string, Column>();
    events.set(event, known);
    for (const { name, type } of columns) {
      const old = known.get(name);
      if (old !== undefined && old.type !== type) {
        throw new Error(`${event}.${name} is read as ${old.type} and ${type}`);
      }
      known.set(name, { name, type, description: `raw_full.${event}.${name}` });
    }
  }
  return [...events].map(([event, columns]) => ({ event, columns: [...columns.values()] }));
}

/**
 * @param there names of the columns of `raw_full.EVENT`; null: the file has no such event
 * @returns the view; a field that is not there, or whose value is none of its type, is NULL
 */
export function readEventView({ event, columns }: ReadEvent, there: readonly string[] | null): View {
  const values = columns.map(({ name, type }) =>
    there?.includes(name) ? `TRY_CAST(${quote(name)} AS ${type}) AS ${quote(name)}` : `NULL::${type} AS ${quote(name)}`
  );
  return {
    schema: "store",
    name: readEventName(event),
    description: `raw_full.${event} as views read it: no rows where the file has no such event`,
    columns,
    select: `SELECT ${values.join(", ")}${there === null ? " WHERE FALSE" : ` FROM raw_full.${quote(event)}`}`,
  };
}
