/**
 * What is wrong with a scenario file, one line each.
 *
 * @module
 */

/** Keys and indexes from the top of the document to what is meant. */
export type KeyPath = readonly (string | number)[];

export interface Problem {
  readonly file: string;
  /** From 1; 0 when it is about the file as such. */
  readonly line: number;
  readonly column: number;
  readonly path: KeyPath;
  /** What was expected and what stands there. */
  readonly message: string;
}

/** `tasks.T1[0].pwrite` */
function pathText(path: KeyPath): string {
  return path.reduce<string>(
    (text, part) => typeof part === "number" ? `${text}[${part}]` : text === "" ? part : `${text}.${part}`,
    "",
  );
}

/** `fixtures/a.yaml:3:5: tasks.T1[0].pwrite: ...` */
export function problemText({ file, line, column, path, message }: Problem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return `${place}: ${path.length === 0 ? "" : `${pathText(path)}: `}${message}`;
}

/** Scenario files that cannot be used, with everything that is wrong with them. */
export class ScenarioError extends Error {
  override name = "ScenarioError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(problemText).join("\n"));
    this.problems = problems;
  }
}
