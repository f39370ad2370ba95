import { assertEquals } from "@std/assert";
import { ANOMALY_IDS } from "../../../src/checking/catalogue.ts";

Deno.test("every anomaly of the catalogue has a planted defect", () => {
  const tried = new Set<string>();
  for (const { name } of Deno.readDirSync(new URL(".", import.meta.url))) {
    if (!name.endsWith("_test.ts") || name === "catalogue_test.ts") continue;
    const text = Deno.readTextFileSync(new URL(name, import.meta.url));
    for (const [, anomaly] of text.matchAll(/anomaly: "([A-Z_]+)"/g)) tried.add(anomaly);
  }
  assertEquals(ANOMALY_IDS.filter((anomaly) => !tried.has(anomaly)), []);
});
