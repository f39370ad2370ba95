import { assert, assertEquals, assertThrows } from "@std/assert";
import { PlaceClaim, placeNamed } from "../../src/results/place_claim.ts";
import { ResultsError } from "../../src/results/results_error.ts";
import { withFolder } from "../results/results_files.ts";

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** Claims a place in a process of its own, says so, and does not end. */
function holder(place: string): Deno.ChildProcess {
  const module = new URL("../../src/results/place_claim.ts", import.meta.url).href;
  const script = `import { PlaceClaim, placeNamed } from ${JSON.stringify(module)};
    const claim = PlaceClaim.take(${JSON.stringify(place)});
    Deno.writeTextFileSync(claim.path, "half");
    console.log("claimed");
    setInterval(() => {}, 1000);`;
  return new Deno.Command(Deno.execPath(), { args: ["eval", "--config", "deno.json", script], stdout: "piped" })
    .spawn();
}

async function said(child: Deno.ChildProcess): Promise<void> {
  const reader = child.stdout.getReader();
  await reader.read();
  reader.releaseLock();
}

Deno.test("what is made comes to its place whole, and what is given up is gone", async () => {
  await withFolder((folder) => {
    const place = `${folder}/out`;
    const claim = PlaceClaim.take(place);
    Deno.writeTextFileSync(claim.path, "new");
    assertEquals(namesIn(folder), [`.out.dioscope-${Deno.pid}.tmp`]);
    claim.moveIn();
    assertEquals(namesIn(folder), ["out"]);
    const second = PlaceClaim.take(place);
    Deno.writeTextFileSync(second.path, "newer");
    second.release();
    second.release();
    assertEquals([namesIn(folder), Deno.readTextFileSync(place)], [["out"], "new"]);
  });
});

Deno.test("a place that another process writes to is refused, and is had again when that one was killed", async () => {
  await withFolder(async (folder) => {
    const place = `${folder}/out`;
    const other = holder(place);
    await said(other);
    const refusal = assertThrows(() => PlaceClaim.take(place), ResultsError);
    assertEquals(
      refusal.message,
      `another run is writing ${place} at this moment: wait for it, or name another place`,
    );
    assertEquals(namesIn(folder), [`.out.dioscope-${other.pid}.tmp`], "nothing of the refused one stays");
    // Another place in the same folder has nothing to do with it.
    PlaceClaim.take(`${folder}/out2`).release();
    other.kill("SIGKILL");
    await other.status;
    await other.stdout.cancel();
    assertEquals(namesIn(folder), [`.out.dioscope-${other.pid}.tmp`], "left behind");
    const claim = PlaceClaim.take(place);
    assertEquals(namesIn(folder), [`.out.dioscope-${Deno.pid}.tmp`]);
    claim.release();
    assertEquals(namesIn(folder), []);
  });
});

Deno.test("only folders of our own naming are taken for leftovers", async () => {
  await withFolder((folder) => {
    const others = [
      ".out.dioscope-1.tmp.bak",
      ".out.dioscope-.tmp",
      ".out.dioscope-x1.tmp",
      ".out.dioscope-12345678901.tmp",
      "out.dioscope-1.tmp",
      ".other.dioscope-1.tmp",
      ".out.tmp",
    ];
    for (const name of others) Deno.mkdirSync(`${folder}/${name}`);
    Deno.writeTextFileSync(`${folder}/precious`, "years of work");
    Deno.symlinkSync(`${folder}/precious`, `${folder}/.out.dioscope-3.tmp`);
    Deno.writeTextFileSync(`${folder}/.out.dioscope-4.tmp`, "a file: not ours");
    Deno.mkdirSync(`${folder}/.out.dioscope-5.tmp`);
    Deno.symlinkSync(folder, `${folder}/.out.dioscope-5.tmp/out`);
    const before = namesIn(folder);
    PlaceClaim.take(`${folder}/out`).release();
    assertEquals(namesIn(folder), before.filter((name) => name !== ".out.dioscope-5.tmp"));
    assertEquals(Deno.readTextFileSync(`${folder}/precious`), "years of work");
  });
});

Deno.test("a name of the longest kind can be claimed", async () => {
  await withFolder((folder) => {
    for (const name of ["x".repeat(255), "ä".repeat(127), "\u{1f600}".repeat(63)]) {
      const claim = PlaceClaim.take(`${folder}/${name}`);
      Deno.writeTextFileSync(claim.path, "");
      claim.moveIn();
      assert(Deno.statSync(`${folder}/${name}`).isFile);
    }
  });
});

Deno.test("a place is what a link leads to; what is no file, or nobody may write, is refused in a line", async () => {
  await withFolder((given) => {
    const folder = Deno.realPathSync(given);
    Deno.writeTextFileSync(`${folder}/there`, "old");
    Deno.symlinkSync("there", `${folder}/link`);
    assertEquals(placeNamed(`${folder}/link`), `${folder}/there`);
    assertEquals(placeNamed(`${folder}/new`), `${folder}/new`);
    assertEquals(placeNamed(folder), folder);
    Deno.symlinkSync("nowhere", `${folder}/dangling`);
    Deno.symlinkSync("circle", `${folder}/circle`);
    Deno.writeTextFileSync(`${folder}/protected`, "old", { mode: 0o444 });
    const refusals: [place: string, why: string][] = [
      [`${folder}/dangling`, "it is a symbolic link that leads nowhere: name another place"],
      [`${folder}/circle`, "its symbolic links lead in a circle"],
      [`${folder}/protected`, "it is write-protected: name another place"],
      ["/dev/null", "it is a device, a pipe or a socket: name another place"],
      [`${folder}/there/below`, "a part of the path is no directory"],
    ];
    for (const [place, why] of refusals) {
      assertEquals(assertThrows(() => placeNamed(place), ResultsError).message, `cannot write ${place}: ${why}`);
    }
  });
});
