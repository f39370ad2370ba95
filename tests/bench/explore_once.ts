/**
 * Explores one of the shared programs and prints what it counted: a process of its own for the benchmark.
 *
 * @module
 */

import { Exhaustive } from "../../src/exploring/exhaustive.ts";
import type { Program } from "../../src/machine/program.ts";
import * as programs from "../exploring/programs.ts";

const [name, ...numbers] = Deno.args;
const make = (programs as unknown as Record<string, (...numbers: number[]) => Program>)[name];
const explorer = new Exhaustive(make(...numbers.map(Number)));
explorer.onRestart = () => {};
explorer.run(() => {}, () => false);
console.log(JSON.stringify(explorer.counts));
