/** Version of the tool, as deno.json has it. */
import config from "../deno.json" with { type: "json" };

export const TOOL_VERSION: string = config.version;
