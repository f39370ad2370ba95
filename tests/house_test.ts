import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("..", import.meta.url);

/** Folders of src/ in the order in which data goes through them; each may import from those before it. */
const ORDER = [
  "std",
  "recording",
  "lifting",
  "scenarios",
  "machine",
  "systems",
  "exploring",
  "checking",
  "replaying",
  "generating",
  "results",
  "report",
  "commands",
];

/** The machine knows nothing of systems, systems nothing of exploring. */
const INDEPENDENT: Record<string, readonly string[]> = {
  machine: ["std"],
  systems: ["std", "scenarios", "machine"],
};

function* sourceFiles(folder: URL): Iterable<URL> {
  for (const entry of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    const url = new URL(entry.name + (entry.isDirectory ? "/" : ""), folder);
    if (entry.isDirectory) yield* sourceFiles(url);
    else if (entry.name.endsWith(".ts")) yield url;
  }
}

/** The folder of src/ that a file is in; "" for files beside the folders. */
function roomOf(url: URL): string {
  const path = url.pathname.slice(new URL("src/", ROOT).pathname.length);
  return path.includes("/") ? path.slice(0, path.indexOf("/")) : "";
}

function importsOf(file: URL): URL[] {
  const text = Deno.readTextFileSync(file);
  return [
    ...text.matchAll(
      /^\s*(?:import|export)\b[^"';]*?from\s+"(\.[^"]+)"|new URL\("(\.[^"]+\.ts)", import\.meta\.url\)/gm,
    ),
  ]
    .map((match) => new URL(match[1] ?? match[2], file));
}

Deno.test("every folder of src imports only from the folders before it", () => {
  const wrong: string[] = [];
  for (const file of sourceFiles(new URL("src/", ROOT))) {
    const room = roomOf(file);
    if (room === "") continue;
    assert(ORDER.includes(room), `src/${room} has no place in the order`);
    const allowed = INDEPENDENT[room] ?? ORDER.slice(0, ORDER.indexOf(room));
    for (const imported of importsOf(file)) {
      const other = roomOf(imported);
      if (other === "" || other === room || allowed.includes(other)) continue;
      wrong.push(`${file.pathname.slice(ROOT.pathname.length)} imports from ${other}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("the top level holds what it should and nothing else", () => {
  const agreed = new Set([
    ".ci",
    ".git",
    ".gitignore",
    "LICENSE",
    "README.md",
    "deno.json",
    "deno.lock",
    // What the task compile makes.
    "dioscope",
    "fixtures",
    "src",
    "tests",
    "traces",
  ]);
  const there = [...Deno.readDirSync(ROOT)].map((entry) => entry.name).filter((name) => !name.endsWith(".duckdb"));
  assertEquals(there.filter((name) => !agreed.has(name)), []);
});

/** READMEs of src that have a table of their folder's files. */
function* filesTold(folder: string): Generator<{ folder: string; text: string }> {
  for (const entry of Deno.readDirSync(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* filesTold(path);
    else if (entry.name === "README.md") {
      const text = Deno.readTextFileSync(path);
      if (/^\| file +\|/m.test(text)) yield { folder, text };
    }
  }
}

Deno.test("a README with a table of files tells of all that are in its folder, and of none that is not", () => {
  const all = [...filesTold(new URL("src", ROOT).pathname)];
  assert(all.length >= 3, `${all.length} tables of files`);
  for (const { folder, text } of all) {
    const there = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".ts"));
    assertEquals(there.filter((name) => !text.includes(`\`${name}\``)), [], `not told of in ${folder}/README.md`);
    const rows = text.split("\n").filter((line) => line.startsWith("| `"));
    const told = rows.flatMap((row) => [...row.split("|")[1].matchAll(/`([\w/.-]+\.ts)`/g)].map(([, name]) => name));
    for (const name of told) assert(Deno.statSync(`${folder}/${name}`).isFile, `${folder}/${name}`);
  }
});

Deno.test("every file of src says first what it is", () => {
  const silent: string[] = [];
  for (const file of sourceFiles(new URL("src/", ROOT))) {
    const [comment] = Deno.readTextFileSync(file).split("*/", 1);
    if (!comment.startsWith("/**") || !comment.includes("@module")) silent.push(file.pathname);
  }
  assertEquals(silent, []);
});

Deno.test("whatever a module offers is used by another one, or at least by a test", () => {
  const words = (text: string) => new Set(text.replace(/\/\*[^]*?\*\//g, "").match(/[\w$]+/g));
  const read = (folder: string) =>
    [...sourceFiles(new URL(folder, ROOT))].map((file) => {
      const text = Deno.readTextFileSync(file);
      return { path: file.pathname, text, words: words(text) };
    });
  const [src, tests] = [read("src/"), read("tests/")];
  const offered = /^export (?:async )?(?:function\*?|const|class) ([\w$]+)/gm;
  const unused = src.flatMap(({ path, text }) =>
    [...text.matchAll(offered)].map(([, name]) => name).filter((name) =>
      ![...src, ...tests].some((other) => other.path !== path && other.words.has(name))
    ).map((name) => `${name} of ${path}`)
  );
  assertEquals(unused, []);
});
