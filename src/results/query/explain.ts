/**
 * `--explain WORD`: every meaning that a word has as a letter, stage, column, table, view or anomaly.
 *
 * @module
 */
import { cataloguedAnomaly, type Standing } from "../../checking/catalogue.ts";
import { FINDING_FORMS, type FindingForm } from "../../checking/finding_forms.ts";
import { MACROS } from "../macros.ts";
import type { Relation } from "../relation.ts";
import { MAIN_TABLES, VIEWS } from "../schema.ts";
import { ROW_TABLES, STORE_TABLES } from "../store_tables.ts";
import { SHIPPED_MACROS, SHIPPED_VIEWS } from "../shipped_views.ts";
import { DICTIONARY, rwbsParts } from "./dictionary.ts";
import type { ResultColumn, ResultRows } from "./result_rows.ts";

/** One meaning. */
export interface Meaning {
  term: string;
  /** What kind of word it is: `rwbs letter`, `column of bio (BIGINT)`, `view`. */
  kind: string;
  meaning: string;
  /** Of a view or table macro: a query that uses it. */
  example?: string;
}

const RELATIONS: readonly Relation[] = [...VIEWS, ...MAIN_TABLES, ...STORE_TABLES, ...ROW_TABLES];

/**
 * All meanings of a word. Letters are told apart by case; columns, tables, stages and anomalies
 * are not, `dev` and `DEV` are one.
 *
 * @param word a letter, a whole RWBS text, a column, `TABLE.COLUMN`, a table, a view, or what columns `anomaly` and
 * `attributes` of finding hold
 * @returns none when the word is not known
 */
export function meaningsOf(word: string): Meaning[] {
  const found: Meaning[] = DICTIONARY.filter(({ term, kind }) => matches(term, kind, word));
  if (word.length > 1 && !found.some(({ kind }) => kind === "rwbs operation")) {
    found.push(...(rwbsParts(word) ?? []));
  }
  return [...found, ...declared(word), ...anomalies(word)];
}

const STANDINGS: Readonly<Record<Standing, string>> = {
  anomaly: "",
  quality: ", not wrong but slower",
  report_only: ", which the kernel's promises allow",
};

/** Of an anomaly, of both where it is one of two (`STALE_CACHE|LOST_UPDATE`), with its forms; of a form, itself. */
function anomalies(word: string): Meaning[] {
  const found = word.toUpperCase().split("|").flatMap((term) => {
    const info = cataloguedAnomaly(term);
    if (info === null) return [];
    const { severity, standing, definition, meaning } = info;
    return [
      { term, kind: `anomaly, severity ${severity}${STANDINGS[standing]}`, meaning: `${definition}. ${meaning}` },
      ...FINDING_FORMS.filter(({ of }) => of.includes(term)).map(meaningOfForm),
    ];
  });
  const forms = FINDING_FORMS.filter(({ attribute }) => attribute.toLowerCase() === word.toLowerCase());
  return [...found, ...forms.map(meaningOfForm)];
}

function meaningOfForm({ attribute, of, meaning }: FindingForm): Meaning {
  return {
    term: attribute,
    kind: `finding.attributes, of ${of.length === 0 ? "any anomaly" : of.join(", ")}`,
    meaning,
  };
}

function matches(term: string, kind: string, word: string): boolean {
  if (kind === "btt stage" || kind === "irq_flags column" || kind === "blkparse column") {
    return term.toLowerCase().split(" ").includes(word.toLowerCase());
  }
  return term === word;
}

function declared(word: string): Meaning[] {
  const wanted = word.toLowerCase();
  const found: Meaning[] = [];
  for (const relation of RELATIONS) {
    const title = relation.schema === "main" ? relation.name : `${relation.schema}.${relation.name}`;
    if (title === wanted) {
      const kind = VIEWS.some((view) => view === relation) ? "view" : "table";
      const example = SHIPPED_VIEWS.find((view) => view === relation)?.example;
      found.push({ term: title, kind, meaning: relation.description, ...(example === undefined ? {} : { example }) });
    }
    for (const { name, type, description } of relation.columns) {
      if (name !== wanted && `${title}.${name}` !== wanted) continue;
      found.push({ term: name, kind: `column of ${title} (${type})`, meaning: description });
    }
  }
  for (const { name, parameters, description } of MACROS) {
    if (name === wanted) found.push({ term: `${name}(${parameters})`, kind: "macro", meaning: description });
  }
  for (const { name, parameters, description, columns, example } of SHIPPED_MACROS) {
    if (name === wanted) {
      found.push({ term: `${name}(${parameters})`, kind: "table macro", meaning: description, example });
    }
    for (const column of columns) {
      if (column.name !== wanted && `${name}.${column.name}` !== wanted) continue;
      found.push({ term: column.name, kind: `column of ${name} (${column.type})`, meaning: column.description });
    }
  }
  return found;
}

/** Meanings for the eye: columns of one text in many tables are told of once. */
export function explainText(meanings: readonly Meaning[]): string {
  const lines = new Map<string, Meaning & { tables: string[] }>();
  for (const { term, kind, meaning, example } of meanings) {
    const table = /^column of (\S+) \((.+)\)$/.exec(kind);
    const key = table ? `${term}\0${table[2]}\0${meaning}` : `${term}\0${kind}\0${meaning}`;
    const line = lines.get(key);
    if (line && table) line.tables.push(table[1]);
    else lines.set(key, { term, kind: table ? table[2] : kind, meaning, example, tables: table ? [table[1]] : [] });
  }
  return [...lines.values()].map(({ term, kind, meaning, example, tables }) => {
    const of = tables.length === 0 ? kind : `column, ${kind}, of ${tables.join(", ")}`;
    return `${term} (${of})\n    ${meaning}\n${example === undefined ? "" : `    ${example}\n`}`;
  }).join("");
}

/** Meanings as the rows of a result. */
export function explainRows(meanings: readonly Meaning[]): { columns: readonly ResultColumn[]; rows: ResultRows } {
  const names = ["term", "kind", "meaning"] as const;
  return {
    columns: names.map((name) => ({ name, kind: "other" })),
    rows: { count: meanings.length, readers: names.map((name) => (row: number) => meanings[row][name]) },
  };
}
