/**
 * The scenario format: the one declaration that the loader checks by and that editors get as JSON Schema.
 *
 * @module
 */

import * as z from "zod";
import { expectationSchema, selection } from "./expectation_schema.ts";
import { operationSchema, taskSchema } from "./operation_schema.ts";
import {
  boundsSchema,
  deviceSchema,
  fileSchema,
  kernelSchema,
  mapSchema,
  mountSchema,
  name,
  oneOrMore,
} from "./world_schema.ts";

const recordedSchema = z.strictObject({
  recording: z.string().min(1),
  operations: z.array(z.string()).optional().describe("op_id of the operations that it was cut from"),
  windows: z.int().min(1).optional().describe("windows of the recording that have this shape"),
}).describe("the recording that the scenario was saved from");

/** Of every key at the top; each is checked by itself. */
export const SECTIONS = {
  title: z.string().min(1).describe("how the row reads"),
  ...selection,
  steps: z.array(z.string()).optional().describe("steps of the system that the search must have reached, such as W9"),
  long: z.number().positive().optional().describe(
    "seconds that its exploration takes, measured: it is one of those that wait for --deep",
  ),
  bounds: boundsSchema.optional(),
  mount: mountSchema.optional(),
  device: deviceSchema.optional(),
  files: z.record(name, fileSchema).optional().describe("default: F and G, 4 written pages each"),
  maps: z.record(name, mapSchema).optional(),
  tasks: z.record(name, taskSchema).optional(),
  kernel: kernelSchema.optional(),
  crash: z.union([
    z.enum(["never", "anywhere"]),
    z.strictObject({ after: oneOrMore(name) }),
  ]).optional().describe("default never; after: once these operations have returned"),
  after_recovery: z.array(operationSchema).min(1).optional(),
  recorded: recordedSchema.optional(),
  expect: z.array(expectationSchema).optional(),
} as const;

const scenarioSchema = z.strictObject(SECTIONS);

/** JSON Schema of the format, as fixtures/scenario.schema.json holds it. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return { title: "dioscope scenario", ...z.toJSONSchema(scenarioSchema, { io: "input", reused: "ref" }) };
}
