/**
 * Events of the model by the keys that recorded ones are compared by.
 *
 * @module
 */

import type { EnvironmentFacts } from "./environment.ts";
import { modelledKey } from "./event_keys.ts";
import type { PredictedEvent } from "./predicted_log.ts";

/** Events of the call's own task that are compared, with what of them is. */
export function keysOf(
  predicted: readonly PredictedEvent[],
  environment: EnvironmentFacts,
  names: ReadonlySet<string>,
): { readonly name: string; readonly key: string }[] {
  return predicted.flatMap((event) => {
    if (event.by !== "call" || !names.has(event.name)) return [];
    const key = keyOf(event, environment);
    return key === null ? [] : [{ name: event.name, key }];
  });
}

/** Null: it is not compared. */
export function keyOf({ name, fields }: PredictedEvent, environment: EnvironmentFacts): string | null {
  return modelledKey(name, placed(fields, environment), sectorOf(fields, environment));
}

/** Blocks as bytes, as recorded events have them. */
function placed(fields: PredictedEvent["fields"], { sectorsPerBlock }: EnvironmentFacts): PredictedEvent["fields"] {
  const { lblk } = fields;
  return typeof lblk === "number" ? { ...fields, file_offset: lblk * sectorsPerBlock * 512 } : fields;
}

function sectorOf(fields: PredictedEvent["fields"], { places, sectorsPerBlock }: EnvironmentFacts): number | null {
  const { sector, bytes } = fields;
  if (typeof sector !== "number") return null;
  // A flush has no place.
  if (bytes === 0) return 0;
  return places.toRealSector(sector, sectorsPerBlock) ?? -1 - sector;
}
