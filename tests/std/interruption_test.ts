import { assertEquals } from "@std/assert";

const MODULE = new URL("../../src/std/interruption.ts", import.meta.url).href;

/** Its worker counts; the main thread never comes back to the event loop, and asks. */
const BUSY = `
import { InterruptionCount } from "${MODULE}";
let told = 0;
const interruption = new InterruptionCount(() => {
  told++;
});
const LISTENER = "import { countInterruptions } from '${MODULE}';" +
  "self.onmessage = ({ data }) => { countInterruptions(data); self.postMessage(0); };";
const worker = new Worker("data:text/javascript," + encodeURIComponent(LISTENER), { type: "module" });
await new Promise((resolve) => {
  worker.onmessage = resolve;
  worker.postMessage(interruption.heard);
});
console.log("busy");
while (told === 0) interruption.check();
interruption.check();
console.log("told while busy:", told);
// The same signal comes to the main thread's own listener as well.
await new Promise((resolve) => setTimeout(resolve, 100));
console.log("told in all:", told);
Deno.exit(0);
`;

Deno.test("Ctrl-C is told once, also to work that gives the event loop no turn", async () => {
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", "--no-check", BUSY], stdout: "piped" }).spawn();
  let said = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (said === "") child.kill("SIGINT");
    said += part;
  }
  assertEquals([said, (await child.status).code], ["busy\ntold while busy: 1\ntold in all: 1\n", 0]);
});
