import { assertEquals } from "@std/assert";
import { loadScenarios } from "../../src/scenarios/load.ts";

const FIXTURES = new URL("../../fixtures", import.meta.url).pathname;
const TABLES = new URL("../../../shared/spec/", import.meta.url);

function isThere(folder: URL): boolean {
  try {
    return Deno.statSync(folder).isDirectory;
  } catch {
    return false;
  }
}

/** The table of a system that is described here and nowhere else. */
const OWN_TABLE = new URL("../../src/systems/dax-iomap/README.md", import.meta.url);

/** Evidence of every row of the verdict tables, by `20-17`. */
function evidence(): Map<string, Set<string>> {
  const rows = new Map<string, Set<string>>();
  const tables = [...Deno.readDirSync(TABLES)].map(({ name }) =>
    [/^([1-8]0)-/.exec(name)?.[1], new URL(name, TABLES)] as const
  );
  for (const [system, table] of [...tables, ["45", OWN_TABLE] as const]) {
    if (system === undefined) continue;
    for (const line of Deno.readTextFileSync(table).split("\n")) {
      const row = /^\| (\d+[a-z]?) +\|/.exec(line)?.[1];
      if (row === undefined) continue;
      const source = line.split("|").at(-2)!;
      const tags = [...source.matchAll(/\[([^\]]*)\]/g)].flatMap(([, inside]) => inside.split(/[\s,:]/)[0].split("/"));
      rows.set(`${system}-${row}`, new Set(tags));
    }
  }
  return rows;
}

Deno.test({
  name: "a fixture claims no row that the tables do not have, and no evidence that the row does not",
  ignore: !isThere(TABLES),
  fn() {
    const rows = evidence();
    const wrong: string[] = [];
    for (const { scenario } of loadScenarios([FIXTURES])) {
      for (const { source } of scenario.expectations) {
        if (source.row === null) continue;
        const tags = rows.get(source.row);
        if (tags === undefined) wrong.push(`${scenario.name}: no row ${source.row}`);
        else for (const tag of source.tags) if (!tags.has(tag)) wrong.push(`${scenario.name}: ${source.text}`);
      }
    }
    assertEquals(wrong, []);
  },
});
