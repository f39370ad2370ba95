/**
 * Runs a command and says how long it took and how much memory it had at most.
 *
 * @module
 */

export interface Measured {
  seconds: number;
  /** Peak resident memory in MiB, as the kernel counts it (VmHWM); null when nobody asked, or it was over too soon. */
  peakMib: number | null;
}

/** Asking for memory takes time from what is measured, more from who uses all cores: a run is for one or the other. */
export type Measure = "time" | "memory";

/** @throws {Error} when the command fails */
export async function runMeasured(command: string, args: string[], what: Measure = "time"): Promise<Measured> {
  const start = performance.now();
  const child = new Deno.Command(command, { args, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
  let peakMib: number | null = null;
  // Deno itself may not read /proc without every permission there is; grep may.
  let asking = false;
  const poll = setInterval(async () => {
    if (asking || what === "time") return;
    asking = true;
    const status = await new Deno.Command("grep", { args: ["VmHWM", `/proc/${child.pid}/status`], stderr: "null" })
      .output();
    const high = /(\d+) kB/.exec(new TextDecoder().decode(status.stdout))?.[1];
    if (high !== undefined) peakMib = Number(high) / 1024;
    asking = false;
  }, 250);
  const { code, stderr } = await child.output();
  clearInterval(poll);
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: exit ${code}: ${new TextDecoder().decode(stderr)}`);
  return { seconds, peakMib };
}

/** Is a program there? */
export async function installed(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command("which", { args: [program], stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
