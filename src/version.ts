/**
 * Version of the tool, as deno.json has it.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** As results files and shards name it. */
export const TOOL_VERSION: string = config.version;
