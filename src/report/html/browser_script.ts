/**
 * Makes the one script of a page out of the modules in `browser/`: types are taken off by the runtime itself, and each
 * module becomes a function that is called once, in the order in which they import one another. So nothing has to be
 * downloaded or built before, and what runs in a page is what is in the checkout.
 *
 * It takes what our own modules have: imports and exports of names, and imports of text, at the beginning of a line. Anything else (default
 * exports of our own, `export *`, circles of imports) is refused, so that no page is made that fails in the browser.
 *
 * @module
 */
import * as fs from "node:fs";
import * as nodeModule from "node:module";
import uPlotScript from "uplot/dist/uPlot.iife.min.js" with { type: "text" };

/** Deno has it, the types that come with Deno do not name it. */
const { stripTypeScriptTypes } = nodeModule as unknown as {
  stripTypeScriptTypes(source: string, options: { readonly mode: "strip" | "transform" }): string;
};

/** A package that is one script. */
interface LibraryScript {
  /** Empty where a page loads it itself. */
  readonly text: string;
  /** The name that it makes known. */
  readonly global: string;
}

/** What a module may import by its bare name. As text imports they are fetched with everything else, and kept. */
const LIBRARIES: Readonly<Record<string, LibraryScript>> = {
  uplot: { text: uPlotScript, global: "uPlot" },
  "apache-arrow": { text: "", global: "globalThis.Arrow" },
};

/** Taking off types may put a statement behind the comment above it. */
const BEFORE = "^((?:.*\\*/ )?)";
const IMPORT = new RegExp(
  `${BEFORE}import\\s+(?:([\\w$]+)|\\{([^}]*)\\})\\s+from\\s+"([^"]+)"(\\s+with\\s*\\{\\s*type:\\s*"text"\\s*\\})?;?$`,
  "gm",
);
const EXPORT = new RegExp(`${BEFORE}export\\s+((?:async\\s+)?function\\*?|const|let|class)\\s+([\\w$]+)`, "gm");
const LEFT = new RegExp(`${BEFORE}(?:import|export)\\b.*`, "m");

class Assembler {
  readonly #names = new Map<string, string>();
  readonly #parts: string[] = [];
  readonly #open: string[] = [];
  readonly #libraries = new Set<string>();

  /** @returns the name by which the module's exports are known in the script */
  module(url: URL): string {
    const known = this.#names.get(url.href);
    if (known !== undefined) return known;
    if (this.#open.includes(url.href)) throw new Error(`modules of a page import each other in a circle: ${url.href}`);
    this.#open.push(url.href);
    const body = this.#body(url);
    this.#open.pop();
    const name = `module${this.#names.size}`;
    this.#names.set(url.href, name);
    this.#parts.push(`const ${name} = (() => {\n${body}\n})();`);
    return name;
  }

  #body(url: URL): string {
    const source = stripTypeScriptTypes(fs.readFileSync(url, "utf8"), { mode: "transform" });
    const exported: string[] = [];
    const body = source.replaceAll(
      IMPORT,
      (_text, before: string, single: string, names: string, specifier: string, isText: string | undefined) => {
        if (isText !== undefined) {
          return `${before}const ${single} = ${JSON.stringify(fs.readFileSync(new URL(specifier, url), "utf8"))};`;
        }
        const from = specifier.startsWith(".") ? this.module(new URL(specifier, url)) : this.#library(specifier);
        if (single === from) return before;
        const taken = single ?? `{ ${names.replaceAll(/\s+as\s+/g, ": ").replaceAll(/\s+/g, " ").trim()} }`;
        return `${before}const ${taken} = ${from};`;
      },
    ).replaceAll(EXPORT, (_text, before: string, kind: string, name: string) => {
      exported.push(name);
      return `${before}${kind} ${name}`;
    });
    const left = body.match(LEFT);
    if (left !== null) throw new Error(`${url.href}: a page cannot have "${left[0]}"`);
    return `${body.trim()}\nreturn { ${exported.join(", ")} };`;
  }

  #library(specifier: string): string {
    const library = LIBRARIES[specifier];
    if (library === undefined) throw new Error(`a page has no package ${specifier}`);
    if (!this.#libraries.has(specifier)) {
      this.#libraries.add(specifier);
      this.#parts.push(library.text.trim());
    }
    return library.global;
  }

  text(): string {
    return `${this.#parts.join("\n")}\n`;
  }
}

/** The script of a page that begins with a module of `browser/`. */
export function browserScript(entry: string): string {
  const assembler = new Assembler();
  assembler.module(new URL(`./browser/${entry}`, import.meta.url));
  const text = assembler.text();
  if (/<\/script|<!--/i.test(text)) throw new Error("a script that ends its own element cannot be put into a page");
  return text;
}
