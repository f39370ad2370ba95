/**
 * Names and texts as parts of SQL statements, safe whatever characters a recording brings.
 *
 * @module
 */

/** A name as an SQL identifier, whatever characters it has. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as an SQL string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
