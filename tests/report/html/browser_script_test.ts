import { assert, assertEquals, assertThrows } from "@std/assert";
import { browserScript } from "../../../src/report/html/browser_script.ts";

/** Whether a text is a script that can be read. */
function parses(text: string): void {
  new Function(text);
}

Deno.test("scripts of pages are made of all modules that they need, each once, without imports and types", () => {
  for (const entry of ["report.ts", "sql.ts"]) {
    const text = browserScript(entry);
    parses(text);
    assert(!/^(import|export)\b/m.test(text.replaceAll(/`[^`]*`/g, "")), "no import or export is left");
    const names = [...text.matchAll(/^const (module\d+) = /gm)].map(([, name]) => name);
    assertEquals(names.length, new Set(names).size);
    assertEquals(
      [...text.matchAll(/\bconst \{[^}]*\} = (module\d+);/g)].every(([, name]) => names.includes(name)),
      true,
    );
  }
});

Deno.test("the same modules give the same script", () => {
  assertEquals(browserScript("report.ts"), browserScript("report.ts"));
});

Deno.test("no module of a page makes markup out of text", () => {
  const folder = new URL("../../../src/report/html/browser/", import.meta.url);
  for (const { name } of Deno.readDirSync(folder)) {
    const text = Deno.readTextFileSync(new URL(name, folder));
    assertEquals(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/.test(text),
      false,
      name,
    );
  }
});

Deno.test("a module that is not there is an error when the page is made, not in the browser", () => {
  assertThrows(() => browserScript("no_such_module.ts"));
});
