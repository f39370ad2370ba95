import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { asked } from "../results/analysed.ts";
import { readResults } from "./made_results.ts";
import { inFolder, runCli, spawnCli, trace } from "./run_cli.ts";

/** Without what is concluded from what is read, which takes as long as reading. */
const READ = ["--checks", "none", "--conformance", "none"];

/** What a user sees of a failure: one line on standard error, nothing on standard output, no stack. */
function assertOneLine(result: { stdout: string; stderr: string }, pattern: RegExp): void {
  assertEquals(result.stdout, "");
  assertEquals(result.stderr.trimEnd().split("\n").length, 1, result.stderr);
  assertMatch(result.stderr, pattern);
}

Deno.test("analyse reads a trace.dat and says what is in it", async () => {
  await inFolder(async (folder) => {
    const result = await runCli(["analyse", trace("hello-ext4/trace.dat"), "--out", `${folder}/out.duckdb`]);
    assertEquals(result.stderr, "");
    assertEquals(result.code, 0);
    assertStringIncludes(result.stdout, "178 events of 58 types, 16 bios");
    // Of no windows nothing is said of any system.
    assertMatch(result.stdout, /^windows: 0 pairs .* 0 distinct\n {2}left out: .*\nconformance/m);
    assertStringIncludes(result.stdout, "0 data_loss, 0 error, 0 warning");
    assert(Deno.statSync(`${folder}/out.duckdb`).isFile);
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  });
});

Deno.test("analyse writes beside the user, named for the first input, when no --out is given", async () => {
  await inFolder(async (folder) => {
    Deno.copyFileSync(trace("hello-ext4/trace.dat"), `${folder}/my run.dat`);
    const result = await runCli(["analyse", "my run.dat", ...READ], { folder });
    assertEquals(result.code, 0, result.stderr);
    assert(Deno.statSync(`${folder}/my run.dat.duckdb`).isFile);
  });
});

Deno.test("what there is one of is one, and names with line feeds or for no shell stay in their lines", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/it's\n1`, "#\n wl-7 [000] ..... 1.000001: block_bio_queue: 7,0 W 8 + 8 [wl]\n");
    const { code, stdout } = await runCli(["analyse", "it's\n1", "--out", "a b.duckdb", ...READ], { folder });
    assertEquals(code, 0);
    assertMatch(
      stdout,
      /^recording 1: it's\\x0a1 \(ftrace-text\)\n {2}1 event in 0\.000 s; .*\n1 event of 1 type, 1 bio\n/,
    );
    assertMatch(stdout, /\nresults: a b\.duckdb {3}\(deno task query 'a b\.duckdb'\)\n$/);
  });
});

Deno.test("analyse reads standard input, plain and compressed, like the file", async () => {
  await inFolder(async (folder) => {
    // The readers' own tests have every format; here is that bytes come in whole, plain and compressed.
    for (const name of ["hello-ext4/trace.v6.dat.gz", "hello-ext4/blktrace/dev.blktrace.0"]) {
      const stdin = Deno.readFileSync(trace(name));
      const options = ["--format", "json", ...READ];
      const piped = await runCli(["analyse", "-", ...options], { stdin, folder });
      assertEquals(piped.code, 0, piped.stderr);
      assert(Deno.statSync(`${folder}/stdin.duckdb`).isFile);
      const read = await runCli(["analyse", trace(name), ...options], { folder });
      // How many CPUs there were is told by the names of a blktrace set, which standard input has not.
      const same = (text: string) => {
        const { recordings, results: _results, ...rest } = JSON.parse(text);
        return {
          ...rest,
          diagnostics: [],
          recordings: recordings.map((r: object) => ({ ...r, path: "", cpus: null })),
        };
      };
      assertEquals(same(piped.stdout), same(read.stdout));
    }
  });
});

/** A line for each stored table: how many rows it has, and what they are, in their order. */
async function contents(path: string): Promise<string[]> {
  const told: string[] = [];
  await asked(path, async (rows) => {
    const tables = await rows(
      "SELECT schema_name AS schema, table_name AS name FROM duckdb_tables() WHERE database_name = 'results' ORDER BY ALL",
    );
    for (const { schema, name } of tables) {
      const [all] = await rows(
        `SELECT count(*) AS rows, md5(string_agg(each::VARCHAR, chr(10))) AS sum FROM "${schema}"."${name}" each`,
      );
      told.push(`${schema}.${name}: ${all.rows} ${all.sum}`);
    }
  });
  return told;
}

Deno.test("equal input gives equal rows in equal order, in every table", async () => {
  await inFolder(async (folder) => {
    const found: string[][] = [];
    const out = `${folder}/out.duckdb`;
    for (let round = 0; round < 2; round++) {
      assertEquals((await runCli(["analyse", trace("hello-ext4/trace.dat"), "--out", out])).code, 0);
      found.push(await contents(out));
    }
    assertEquals(found[0], found[1]);
    assert(found[0].some((line) => /^store.event: 178 /.test(line)), found[0].join("\n"));
  });
});

Deno.test("recordings of one run are brought onto one clock, and the offset and its evidence are told", async () => {
  await inFolder(async (folder) => {
    const result = await runCli([
      "analyse",
      trace("hello-ext4/trace.dat"),
      trace("hello-ext4/blktrace/blkparse.txt"),
      ...READ,
      "--out",
      `${folder}/out.duckdb`,
      "--format",
      "json",
    ]);
    assertEquals(result.code, 0, result.stderr);
    const summary = JSON.parse(result.stdout);
    const aligned = summary.diagnostics.find((row: { code: string }) => row.code === "clock_aligned");
    assertMatch(aligned.message, /9 queued bios occur in both/);
    // blkparse counts from its first record, a few microseconds behind the first block_bio_queue.
    const [first, second] = summary.recordings;
    assert(BigInt(second.clock_offset_ns) > 3_021_958_000_000n);
    assert(
      BigInt(second.first_ns) > BigInt(first.first_ns) && BigInt(second.last_ns) < BigInt(first.last_ns) + 100_000n,
    );
  });
});

Deno.test("wrong usage is one line and status 2", async () => {
  for (
    const [args, pattern] of [
      [["analyse"], /needs a recording/],
      [["analyse", "--nonsense", "x"], /no option --nonsense/],
      [["analyse", trace("hello-ext4/trace.dat"), "--format", "xml"], /--format xml/],
      [["analyse", trace("hello-ext4/trace.dat"), "--fail-on", "everything"], /--fail-on everything/],
    ] as const
  ) {
    const result = await runCli([...args]);
    assertEquals(result.code, 2, result.stderr);
    assertOneLine(result, pattern);
  }
});

Deno.test("input that cannot be read is one line, status 3, and nothing is written", async () => {
  await inFolder(async (folder) => {
    const made = (name: string, bytes: Uint8Array | string) => {
      const path = `${folder}/${name}`;
      if (typeof bytes === "string") Deno.writeTextFileSync(path, bytes);
      else Deno.writeFileSync(path, bytes);
      return path;
    };
    const dat = Deno.readFileSync(trace("hello-ext4/trace.dat"));
    Deno.mkdirSync(`${folder}/no traces`);
    const inputs: [string, RegExp][] = [
      [made("empty", ""), /empty/],
      [made("prose.txt", "The quick brown fox\njumps over the lazy dog\n"), /no trace that can be read/],
      [made("noise", crypto.getRandomValues(new Uint8Array(5000)).map((b) => b | 0x80)), /no trace that can be read/],
      [made("cut.dat", dat.subarray(0, 100)), /cut or damaged/],
      [`${folder}/missing.dat`, /no such file/],
      [`${folder}/no traces`, /no blktrace per-CPU files/],
      [trace("hello-ext4/trace-cmd-dump.txt.gz"), /trace-cmd report/],
    ];
    for (const [input, pattern] of inputs) {
      const out = `${folder}/out.duckdb`;
      const result = await runCli(["analyse", input, "--out", out]);
      assertEquals(result.code, 3, `${input}: ${result.stderr}`);
      assertOneLine(result, pattern);
      assertStringIncludes(result.stderr, input.split("/").at(-1)!);
      assertEquals([...Deno.readDirSync(folder)].filter(({ name }) => name.includes("duckdb")), []);
    }
  });
});

Deno.test("a file that is not a results file is never overwritten", async () => {
  await inFolder(async (folder) => {
    const precious = `${folder}/thesis.txt`;
    Deno.writeTextFileSync(precious, "years of work\n");
    const result = await runCli(["analyse", trace("hello-ext4/trace.dat"), "--out", precious]);
    assertEquals(result.code, 3);
    assertOneLine(result, /thesis\.txt/);
    assertEquals(Deno.readTextFileSync(precious), "years of work\n");
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  });
});

Deno.test("old results stay as they are when a later run fails", async () => {
  await inFolder(async (folder) => {
    const out = `${folder}/out.duckdb`;
    Deno.copyFileSync(await readResults("hello-ext4/trace.dat"), out);
    const before = Deno.readFileSync(out);
    Deno.writeTextFileSync(`${folder}/empty`, "");
    assertEquals((await runCli(["analyse", `${folder}/empty`, "--out", out])).code, 3);
    assertEquals(Deno.readFileSync(out), before);
  });
});

Deno.test("Ctrl-C leaves no temporary file and the old results intact", async () => {
  await inFolder(async (folder) => {
    const out = `${folder}/out.duckdb`;
    Deno.copyFileSync(await readResults("hello-ext4/trace.dat"), out);
    const before = Deno.readFileSync(out);
    // Standard input that stays open keeps the run going for as long as it takes.
    const child = spawnCli(["analyse", "-", "--out", out]);
    const writer = child.stdin.getWriter();
    await writer.write(Deno.readFileSync(trace("hello-ext4/blktrace/dev.blktrace.0")));
    while (![...Deno.readDirSync(folder)].some(({ name }) => name.endsWith(".tmp"))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill("SIGINT");
    const { code, stderr } = await child.output();
    assertEquals(code, 130);
    assertMatch(new TextDecoder().decode(stderr), /stopped/);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["out.duckdb"]);
    assertEquals(Deno.readFileSync(out), before);
  });
});

Deno.test("a full disk is told in one line and leaves nothing behind", async () => {
  await inFolder(async (folder) => {
    const mount = await new Deno.Command("mount", {
      args: ["-t", "tmpfs", "-o", "size=256k", "tmpfs", folder],
      stderr: "null",
    }).output().catch(() => ({ success: false }));
    if (!mount.success) {
      console.log("no small file system can be mounted here: not tested");
      return;
    }
    try {
      const result = await runCli([
        "analyse",
        trace("fio-ext4/trace.dat"),
        ...READ,
        "--out",
        `${folder}/out.duckdb`,
      ]);
      assertEquals(result.code, 3, result.stderr);
      assertOneLine(result, /no space left/i);
      assertEquals([...Deno.readDirSync(folder)], []);
    } finally {
      await new Deno.Command("umount", { args: [folder] }).output();
    }
  });
});

Deno.test("--fail-on looks at diagnostics of that severity and graver ones", async () => {
  await inFolder(async (folder) => {
    const whole = trace("hello-ext4/trace.dat");
    const cut = `${folder}/cut.dat`;
    // A section that goes on behind the end of the file is an error; whether events are lost is not known then.
    Deno.writeFileSync(cut, Deno.readFileSync(whole).subarray(0, -500));
    const more = ["--out", `${folder}/out.duckdb`, ...READ, "--fail-on"];
    const statuses = [];
    for (const args of [[whole, ...more, "warning"], [cut, ...more, "warning"], [cut, ...more, "data_loss"]]) {
      statuses.push((await runCli(["analyse", ...args])).code);
    }
    assertEquals(statuses, [0, 1, 0]);
  });
});

Deno.test("a second start needs no network: with it denied and only the cache, analyse and query work", async () => {
  await inFolder(async (folder) => {
    // The first start was this test run; what the commands import is in the cache by now.
    const options = { denoFlags: ["--cached-only"], env: { HTTPS_PROXY: "http://127.0.0.1:9" } };
    const out = `${folder}/out.duckdb`;
    const analysed = await runCli(["analyse", trace("hello-ext4/trace.dat"), ...READ, "--out", out], options);
    assertEquals(analysed.code, 0, analysed.stderr);
    const asked = await runCli(["query", out, "SELECT count(*) FROM event", "--format", "csv"], options);
    assertEquals(asked.stdout.trim().split("\n").at(-1), "178", asked.stderr);
  });
});

Deno.test("without any network and with a read-only cache, the tasks work as they stand in deno.json", async () => {
  await inFolder(async (folder) => {
    const info = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
    const { denoDir } = JSON.parse(new TextDecoder().decode(info.stdout));
    const script = `mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && ! touch "$1/x" 2>/dev/null && ` +
      `"$0" task analyse "$2" --out "$3" && "$0" task query "$3" "SELECT 'rows', count(*) FROM event"`;
    const { success, stdout, stderr } = await new Deno.Command("unshare", {
      args: [
        "-n",
        "-m",
        "sh",
        "-c",
        script,
        Deno.execPath(),
        denoDir,
        trace("hello-ext4/trace.dat"),
        `${folder}/out.duckdb`,
      ],
      env: { NO_COLOR: "1" },
    }).output();
    const said = new TextDecoder().decode(stderr);
    if (/unshare|mount/.test(said) && !success) {
      console.log("no namespace of its own can be made here: not tested");
      return;
    }
    assertEquals(success, true, said);
    assertMatch(new TextDecoder().decode(stdout), /rows +178/);
  });
});

Deno.test("analyse judges by a history, and what it cannot use is one line", async () => {
  await inFolder(async (folder) => {
    const out = `${folder}/h.duckdb`;
    const history = trace("hello-ext4/history.jsonl");
    const good = await runCli(["analyse", trace("hello-ext4/trace.dat"), "--history", history, "--out", out]);
    assertEquals([good.code, good.stderr], [0, ""]);
    assertMatch(
      good.stdout,
      /\nhistory: 15 lines: 10 found in the recording, 5 from before it\njudged: nothing wrong was found\n/,
    );
    const bad = await runCli([
      "analyse",
      trace("hello-ext4/trace.dat"),
      "--history",
      trace("hello-ext4/PROVENANCE.md"),
    ]);
    assertEquals(bad.code, 3);
    assertMatch(bad.stderr, /^dioscope: [^\n]+PROVENANCE.md, line 1: no JSON[^\n]+\n$/);
    for (
      const [args, said] of [
        [["--checks", "some"], /--checks some: auto, all, none are known/],
        [["--systems", "linux-9"], /--systems linux-9: linux-9 is not modelled/],
        [["--systems", "mainline", "--budget", "soon"], /--budget soon: /],
        [["--save", "x", "--systems", "none"], /--systems/],
      ] as const
    ) {
      const wrong = await runCli(["analyse", trace("hello-ext4/trace.dat"), ...args]);
      assertEquals(wrong.code, 2);
      assertMatch(wrong.stderr, said);
    }
  });
});
