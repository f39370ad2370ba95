import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatOf, FORMATS, headOf } from "../../src/recording/formats.ts";
import { failureReason } from "../../src/std/file_failure.ts";
import { expandInputs, shown } from "../../src/recording/inputs.ts";
import { UnreadableInput } from "../../src/recording/recording_format.ts";

/** Runs in a folder that holds these files, each with its name as content. */
async function withFiles(names: readonly string[], body: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    for (const name of names) {
      Deno.mkdirSync(`${folder}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
      Deno.writeTextFileSync(`${folder}/${name}`, name);
    }
    await body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The inputs with the folder left out of the paths. */
function expanded(folder: string, ...paths: string[]) {
  const plain = (file: string) => file.replace(`${folder}/`, "").replace(folder, ".");
  return expandInputs(paths.map((path) => path === "-" ? path : `${folder}/${path}`)).map(({ path, files }) => ({
    path: plain(path),
    files: files.map(plain),
  }));
}

/** The message is one line that names what is wrong and what to do. */
function assertRefused(paths: string[], pattern: RegExp): void {
  const error = assertThrows(() => expandInputs(paths), UnreadableInput);
  assert(pattern.test(error.message), `${error.message} should match ${pattern}`);
  assert(!error.message.includes("\n"), error.message);
}

Deno.test("a file is a recording, in the order given, and so is standard input", async () => {
  await withFiles(["b.dat", "a.txt", "my trace (1).dat.gz"], (folder) => {
    assertEquals(expanded(folder, "b.dat", "-", "my trace (1).dat.gz", "a.txt"), [
      { path: "b.dat", files: ["b.dat"] },
      { path: "-", files: ["-"] },
      { path: "my trace (1).dat.gz", files: ["my trace (1).dat.gz"] },
      { path: "a.txt", files: ["a.txt"] },
    ]);
  });
});

Deno.test("a folder stands for its per-CPU files, by number and not by letter", async () => {
  const files = [...Array(12).keys()].map((cpu) => `sda.blktrace.${cpu}`);
  await withFiles([...files.toSorted(), "notes.txt", "sda.blktrace.x", "deeper/sda.blktrace.0"], (folder) => {
    assertEquals(expanded(folder, ""), [{ path: "", files }]);
  });
});

Deno.test("a folder with the files of several devices holds a recording for each", async () => {
  await withFiles(["sdb.blktrace.0", "sda.blktrace.1", "sda.blktrace.0", "dm 0.blktrace.0.gz"], (folder) => {
    assertEquals(expanded(folder, "."), [
      { path: "dm 0", files: ["dm 0.blktrace.0.gz"] },
      { path: "sda", files: ["sda.blktrace.0", "sda.blktrace.1"] },
      { path: "sdb", files: ["sdb.blktrace.0"] },
    ]);
  });
});

Deno.test("a base name stands for the files that blktrace writes with it", async () => {
  await withFiles(["run 1/sda.blktrace.1", "run 1/sda.blktrace.0", "run 1/sda2.blktrace.0"], (folder) => {
    assertEquals(expanded(folder, "run 1/sda"), [
      { path: "run 1/sda", files: ["run 1/sda.blktrace.0", "run 1/sda.blktrace.1"] },
    ]);
  });
});

Deno.test("a file that has the base name goes before the set of that name", async () => {
  await withFiles(["sda", "sda.blktrace.0"], (folder) => {
    assertEquals(expanded(folder, "sda"), [{ path: "sda", files: ["sda"] }]);
  });
});

Deno.test("per-CPU files that are given one by one are one recording, in any order", async () => {
  const files = ["a.blktrace.0", "a.blktrace.2.zst", "a.blktrace.10", "b.blktrace.0"];
  await withFiles([...files, "c.dat"], (folder) => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...files, "c.dat"], { minLength: 5 }), (order) => {
        const inputs = expanded(folder, ...order);
        assertEquals(inputs.length, 3);
        assertEquals(inputs.find(({ path }) => path === "a"), { path: "a", files: files.slice(0, 3) });
        assertEquals(inputs.find(({ path }) => path.startsWith("b")), {
          path: "b.blktrace.0",
          files: ["b.blktrace.0"],
        });
        assertEquals(inputs[0].files.includes(order[0]), true);
      }),
      { seed: 41, numRuns: 30 },
    );
  });
});

Deno.test("what is given twice is refused", async () => {
  await withFiles(["a.dat", "x.blktrace.0", "x.blktrace.1"], (folder) => {
    assertRefused(["-", `${folder}/a.dat`, "-"], /^-: standard input is given twice: it can be read once$/);
    assertRefused([`${folder}/a.dat`, `${folder}/./a.dat`], /a\.dat: given twice: give each recording once$/);
    assertRefused([`${folder}/x`, `${folder}/x.blktrace.1`], /x\.blktrace\.1: given twice/);
    assertRefused([`${folder}/x.blktrace.0`, folder], /x\.blktrace\.0: given twice/);
  });
});

Deno.test("two files of one CPU are refused, for their events would count twice", async () => {
  await withFiles(["x.blktrace.0", "x.blktrace.0.gz", "x.blktrace.1"], (folder) => {
    const twice = /x\.blktrace\.0 and x\.blktrace\.0\.gz: two files of one CPU: give one of them/;
    assertRefused([folder], twice);
    assertRefused([`${folder}/x`], twice);
    assertRefused([`${folder}/x.blktrace.0.gz`, `${folder}/x.blktrace.0`], twice);
    assertEquals(expanded(folder, "x.blktrace.0.gz", "x.blktrace.1").length, 1);
  });
});

Deno.test("what is not there is named, with the per-CPU files that it could have stood for", async () => {
  await withFiles(["a.dat"], (folder) => {
    assertRefused([`${folder}/b.dat`], /\/b\.dat: no such file, and no b\.dat\.blktrace\.N beside it: check the path$/);
    assertRefused([`${folder}/no/b`], /\/no\/b: no such file/);
    assertRefused([`${folder}/a.dat/b`], /a\.dat\/b: no such file/);
    assertRefused([""], /^a path is empty: give a file/);
  });
});

Deno.test("a folder without traces says what a folder has to hold", async () => {
  await withFiles(["some folder/trace.dat", "some folder/sda.blktrace.0/x"], (folder) => {
    assertRefused(
      [`${folder}/some folder`],
      /some folder: no blktrace per-CPU files \(NAME\.blktrace\.N\) in this folder/,
    );
  });
});

Deno.test("a path that the system cannot follow is told with the system's reason", async () => {
  await withFiles(["a.dat"], (folder) => {
    Deno.symlinkSync(`${folder}/loop`, `${folder}/loop`);
    assertRefused(
      [`${folder}/loop`],
      /loop: cannot be read \(its symbolic links lead in a circle\): check the path and its permissions$/,
    );
    assertRefused([`${folder}/${"n".repeat(300)}`], /n: cannot be read \(the name is too long\): check the path/);
  });
});

Deno.test("a pipe or a device is not read twice but asked for as standard input", async () => {
  await withFiles([], async (folder) => {
    const { success } = await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
    assert(success);
    assertRefused([`${folder}/pipe`], /pipe: a pipe or a device, not a file: give it as standard input \(-\)$/);
    assertRefused(["/dev/null"], /null: a pipe or a device/);
  });
});

Deno.test("names with strange characters are read, and shown on one line", async () => {
  const strange = "a\nb\t\x1b[31m é ü 漢.dat";
  await withFiles([strange, "new\nline/x.blktrace.0"], async (folder) => {
    assertEquals(expanded(folder, strange), [{ path: strange, files: [strange] }]);
    assertRefused([`${folder}/${strange}.gone`], /a\\x0ab\\x09\\x1b\[31m é ü 漢\.dat\.gone: no such file/);
    assertEquals(expanded(folder, "new\nline")[0].files, ["new\nline/x.blktrace.0"]);
    const [input] = expandInputs([`${folder}/${strange}`]);
    const error = assertThrows(() => formatOf(new Uint8Array([1, 2, 3]), input), UnreadableInput);
    assert(!error.message.includes("\n") && error.message.includes("\\x0ab"), error.message);
    Deno.removeSync(`${folder}/${strange}`);
    const gone = await headOf(input.files[0]).catch((e) => e);
    assert(gone instanceof UnreadableInput);
    assertEquals(gone.message, `${shown(input.path)}: cannot be read (no such file or directory): check the file`);
  });
});

Deno.test("any name can be shown, and none takes two lines", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x1f\x7f]/.test(shown(name)));
    }),
    { seed: 42, numRuns: 50 },
  );
});

Deno.test("the system's reasons are one line without repetition", () => {
  assertEquals(failureReason(new Deno.errors.PermissionDenied("x")), "permission denied");
  assertEquals(failureReason(new Deno.errors.IsADirectory("x")), "it is a directory");
  assertEquals(failureReason(new Error("first\n  second")), "first; second");
  assertEquals(failureReason(new Error("Disk quota exceeded (os error 122): open '/x'")), "disk quota exceeded");
  assertEquals(failureReason("thrown text"), "thrown text");
});

Deno.test("what is there and cannot be read is named with the reason", async () => {
  await withFiles([], async (folder) => {
    const error = await headOf(folder).catch((e) => e);
    assert(error instanceof UnreadableInput);
    assertEquals(error.message, `${folder}: cannot be read (it is a directory): check the file`);
  });
});

Deno.test("an empty input and one that is no trace are told apart", () => {
  const input = { path: "some file", files: ["some file"] };
  const empty = assertThrows(() => formatOf(new Uint8Array(), input), UnreadableInput);
  assertEquals(empty.message, "some file: the input is empty: nothing was recorded");
  const text = assertThrows(() => formatOf(new TextEncoder().encode("Dear reader,\n"), input), UnreadableInput);
  assert(/^some file: no trace that can be read: give a trace\.dat/.test(text.message), text.message);
  assert(!text.message.includes("\n"));
});

Deno.test("every format has an id of its own, and none knows an empty head", () => {
  assertEquals(new Set(FORMATS.map(({ id }) => id)).size, FORMATS.length);
  for (const format of FORMATS) assertEquals(format.sniff(new Uint8Array()), false, format.id);
});
