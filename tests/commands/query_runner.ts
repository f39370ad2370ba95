/**
 * The query command as a program of its own, for the tests of query_test.ts.
 *
 * @module
 */
import { complain, EXIT, UsageError } from "../../src/commands/command.ts";
import { queryCommand } from "../../src/commands/query.ts";

try {
  Deno.exit(await queryCommand.main(Deno.args));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  complain(error.message);
  Deno.exit(EXIT.usage);
}
