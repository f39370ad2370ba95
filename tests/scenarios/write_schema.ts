/** Writes fixtures/scenario.schema.json from the format's declaration. */

import { scenarioJsonSchema } from "../../src/scenarios/scenario_schema.ts";

export const SCHEMA_FILE = new URL("../../fixtures/scenario.schema.json", import.meta.url);

export function schemaText(): string {
  return JSON.stringify(scenarioJsonSchema(), null, 1) + "\n";
}

if (import.meta.main) Deno.writeTextFileSync(SCHEMA_FILE, schemaText());
