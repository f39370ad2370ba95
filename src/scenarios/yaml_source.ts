/**
 * A YAML file with the line and column of everything in it.
 *
 * @module
 */

import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";
import type { KeyPath, Problem } from "./problems.ts";

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A control character other than tabs and ends of lines. */
const CONTROL = /[^\P{Cc}\t\n\r]/u;

export class YamlSource {
  readonly file: string;
  readonly document: Document.Parsed;
  /** What the file says, as plain objects; undefined when it is no YAML. */
  readonly content: unknown;
  /** Errors of syntax. */
  readonly problems: readonly Problem[];
  readonly #lines = new LineCounter();

  constructor(file: string, text: string) {
    this.file = file;
    this.document = parseDocument(text, { lineCounter: this.#lines, stringKeys: true, prettyErrors: false });
    const problems = [...this.#syntaxProblems(text), ...this.#scalarProblems()];
    if (problems.length === 0) {
      try {
        this.content = this.document.toJS();
      } catch (error) {
        problems.push(this.#syntaxProblem(0, error instanceof Error ? error.message : String(error)));
      }
    }
    this.problems = problems;
  }

  /** One for each line; what the parser trips over only because it has lost its way is left out. */
  #syntaxProblems(text: string): Problem[] {
    const problems: Problem[] = [];
    for (const { pos, message } of [...this.document.errors, ...this.document.warnings]) {
      const hint = text[pos[0]] === "[" ? ': inside { } and [ ] a place stands in quotes, such as "F[0]"' : "";
      const problem = this.#syntaxProblem(pos[0], `${message}${hint}`);
      const isConsequence = problems.length > 0 && message.includes("token in YAML stream");
      if (!isConsequence && !problems.some(({ line }) => line === problem.line)) problems.push(problem);
    }
    return problems;
  }

  /** What moves a cursor or rings a bell on the terminal of whoever reads it, and a key that would be lost. */
  #scalarProblems(): Problem[] {
    const problems: Problem[] = [];
    visit(this.document, {
      Scalar: (key, { value, range }) => {
        if (key === "key" && value === "__proto__") {
          const message = "no object here has a key __proto__: give it another name";
          problems.push({ file: this.file, ...this.#position(range?.[0] ?? 0), path: [], message });
        }
        const found = typeof value === "string" ? CONTROL.exec(value)?.[0] : undefined;
        if (found === undefined) return;
        const message = `a text has a control character (${JSON.stringify(found)}): leave it out`;
        problems.push({ file: this.file, ...this.#position(range?.[0] ?? 0), path: [], message });
      },
    });
    return problems;
  }

  #syntaxProblem(offset: number, message: string): Problem {
    const oneLine = message.replace(/\s+/g, " ").trim();
    return { file: this.file, ...this.#position(offset), path: [], message: `no YAML here: ${oneLine}` };
  }

  #position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  /** Where the value at the path stands, or as much of the path as there is. */
  positionOf(path: KeyPath): Position {
    let node: Node | null = this.document.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const part of path) {
      const next = this.#step(node, part);
      if (next === null) break;
      node = next.value;
      offset = next.value?.range?.[0] ?? next.offset;
    }
    return this.#position(offset);
  }

  /** Where the key at the end of the path stands. */
  positionOfKey(path: KeyPath): Position {
    let node: Node | null = this.document.contents;
    for (const part of path.slice(0, -1)) node = this.#step(node, part)?.value ?? null;
    const last = this.#step(node, path[path.length - 1]);
    return last === null ? this.positionOf(path) : this.#position(last.offset);
  }

  #step(node: Node | null, part: string | number): { value: Node | null; offset: number } | null {
    const resolved = node !== null && "source" in node && "resolve" in node
      ? (node as { resolve(doc: Document): Node | undefined }).resolve(this.document) ?? null
      : node;
    if (isMap<Node, Node | null>(resolved)) {
      const pair = resolved.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      return pair === undefined ? null : { value: pair.value, offset: pair.key.range?.[0] ?? 0 };
    }
    if (isSeq<Node>(resolved) && typeof part === "number") {
      const item = resolved.items[part];
      return item === undefined ? null : { value: item, offset: item.range?.[0] ?? 0 };
    }
    return null;
  }
}
