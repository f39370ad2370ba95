/**
 * The SQL page's script.
 *
 * @module
 */
import { type NamedRelation, namedRelations } from "../../../results/query/completion.ts";
import type { SqlPageData } from "../page_data.ts";
import { button, byId, element } from "./dom.ts";
import { type Answer, AnswerTable, collected, csvOf, tabbedOf } from "./sql_answer.ts";
import { SqlChart } from "./sql_chart.ts";
import { SqlDatabase } from "./sql_database.ts";
import { SqlEditor } from "./sql_editor.ts";
import { embedded } from "./tables.ts";
import { startTheme } from "./theme.ts";
import { bytesText, timeText } from "./words.ts";

/** What is asked when the address asks nothing. */
const FIRST_QUESTION = "SELECT * FROM event_counts LIMIT 20";
/** The part of the address behind # that is the query. */
const QUERY = "q";

const data = embedded<SqlPageData>("sql-data");
const status = byId("status");
const chart = new SqlChart();
const editor = new SqlEditor(() => void run());
let database: SqlDatabase | null = null;
let answer: Answer | null = null;
let isRunning = false;

function say(text: string, kind: "done" | "failed" = "done"): void {
  status.textContent = text;
  status.className = kind;
}

/** The query of the address; null: it has none. */
function addressed(): string | null {
  return new URLSearchParams(location.hash.slice(1)).get(QUERY);
}

function addressOf(sql: string): string {
  return `${location.origin}${location.pathname}#${new URLSearchParams({ [QUERY]: sql })}`;
}

async function run(): Promise<void> {
  const sql = editor.text.trim().replace(/;\s*$/, "");
  if (database === null || isRunning) return;
  if (sql === "") return say("There is nothing to run.");
  isRunning = true;
  setButtons();
  history.replaceState(null, "", addressOf(sql));
  say("Running.");
  const begun = performance.now();
  try {
    const found = await collected(await database.stream(sql), () => database!.cancel());
    answer = found;
    new AnswerTable(byId("answer"), found);
    chart.show(found);
    const rows = found.rows.length;
    const count = found.isCut ? `The first ${rows.toLocaleString("en")} rows; there are more` : rowsText(rows);
    say(`${count}, ${timeText((performance.now() - begun) * 1e6, 3)}.`);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error), "failed");
  }
  isRunning = false;
  setButtons();
}

function rowsText(rows: number): string {
  return rows === 1 ? "1 row" : `${rows.toLocaleString("en")} rows`;
}

function setButtons(): void {
  (byId("run") as HTMLButtonElement).disabled = database === null || isRunning;
  (byId("cancel") as HTMLButtonElement).disabled = !isRunning;
  for (const id of ["copy", "csv"]) (byId(id) as HTMLButtonElement).disabled = answer === null;
}

/** @param there names of what the results file has; older files lack the newer views */
function listViews(there: ReadonlySet<string>): void {
  const views = data.views.filter(({ name }) => there.has(name));
  byId("views").replaceChildren(
    ...views.map(({ name, description, example }) =>
      element("li", {}, button(name, () => ask(example), { class: "link" }), element("p", {}, description))
    ),
  );
}

/** Schemas that only some questions need, in lists of their own. */
const FOLDED: readonly [schema: string, title: string][] = [
  ["raw", "every event type with its own fields"],
  ["store", "coded tables behind the views"],
];

function listTables(relations: readonly NamedRelation[]): void {
  const of = (schema: string) => relations.filter(({ title }) => title.startsWith(`${schema}.`)).map(relationItem);
  byId("tables").replaceChildren(
    ...relations.filter(({ title }) => !title.includes(".")).map(relationItem),
    ...FOLDED.map(([schema, title]) => {
      const own = of(schema);
      const summary = element("summary", {}, `${schema}: ${title} (${own.length})`);
      return element("details", { class: "schema" }, summary, ...own);
    }),
  );
}

function relationItem({ title, columns }: NamedRelation): HTMLElement {
  return element(
    "details",
    {},
    element("summary", {}, title),
    button("first rows", () => ask(`SELECT * FROM ${title} LIMIT 100`), { class: "link" }),
    element("ul", {}, ...columns.map((column) => element("li", {}, column))),
  );
}

function ask(sql: string): void {
  editor.text = sql;
  editor.focus();
  void run();
}

async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(`${what} copied.`);
  } catch {
    say("The browser does not let this page copy.", "failed");
  }
}

function download(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  element("a", { href: url, download: "answer.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

async function start(): Promise<void> {
  startTheme();
  setButtons();
  byId("run").addEventListener("click", () => void run());
  byId("cancel").addEventListener("click", () => database?.cancel());
  byId("copy").addEventListener("click", () => answer && void copy(tabbedOf(answer), "Rows"));
  byId("csv").addEventListener("click", () => answer && download(csvOf(answer)));
  byId("link").addEventListener("click", () => void copy(addressOf(editor.text.trim()), "Link"));
  editor.text = addressed() ?? FIRST_QUESTION;
  addEventListener("hashchange", () => {
    const asked = addressed();
    if (asked !== null && asked !== editor.text.trim()) ask(asked);
  });
  try {
    database = await SqlDatabase.open(data.bytes, (share) => {
      const come = `${bytesText(share * data.bytes)} of ${bytesText(data.bytes)}`;
      say(share < 1 ? `The results file is coming: ${come}.` : "The results file is here, the database is starting.");
    });
    editor.relations = await namedRelations(database);
    listTables(editor.relations);
    listViews(new Set(editor.relations.map(({ title }) => title)));
    setButtons();
    say("Ready.");
    await run();
    document.documentElement.dataset.ready = "yes";
  } catch (error) {
    say(`The database does not start: ${error instanceof Error ? error.message : String(error)}`, "failed");
  }
}

void start();
