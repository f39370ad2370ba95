/**
 * Parsers of text as targets: scenarios, histories, descriptions for `generate`, tokens, and what `query` takes.
 *
 * What must hold: an input is taken, or refused by the parser's own error, each problem of which is one line; what is
 * taken can be used.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { replay, TokenError } from "../../src/exploring/token.ts";
import type { RandomSource } from "../../src/exploring/random_source.ts";
import { Run } from "../../src/exploring/run.ts";
import { generate } from "../../src/generating/generate.ts";
import { parseSpec, SpecError } from "../../src/generating/spec.ts";
import { readHistory } from "../../src/recording/history/read_history.ts";
import { UnreadableInput } from "../../src/recording/recording_format.ts";
import { ExpectationFileError, parseExpectations } from "../../src/results/query/expectation_file.ts";
import { Parameters } from "../../src/results/query/parameters.ts";
import type { QueryConnection, RowStream } from "../../src/results/query/result_rows.ts";
import { ShellSession } from "../../src/results/query/shell_session.ts";
import { splitStatements } from "../../src/results/query/statements.ts";
import { ScenarioError } from "../../src/scenarios/problems.ts";
import { readScenario } from "../../src/scenarios/read_scenario.ts";
import type { Scenario } from "../../src/scenarios/scenario.ts";
import { flagValues, knownSystems, systemNamed } from "../../src/systems/index.ts";
import { NotModelled } from "../../src/systems/not_modelled.ts";
import { scenarioProgram } from "../../src/systems/scenario_program.ts";
import { storeBuffering } from "../exploring/programs.ts";
import { folderInMemory } from "./memory_folder.ts";
import { mutateText } from "./mutation.ts";
import type { FuzzTarget } from "./target.ts";

const ROOT = new URL("../../", import.meta.url);

/** A parser of text. */
interface TextTargetParts {
  name: string;
  share: number;
  /** Words that mean something to it. */
  words: readonly string[];
  /** Texts that it takes. */
  seeds(): readonly string[];
  /** @returns what became of the text; throws what is not as it must be */
  take(text: string, random: RandomSource): Promise<string> | string;
}

class TextTarget implements FuzzTarget {
  readonly name: string;
  readonly share: number;
  readonly #parts: TextTargetParts;
  #seeds: readonly string[] = [];

  constructor(parts: TextTargetParts) {
    this.name = parts.name;
    this.share = parts.share;
    this.#parts = parts;
  }

  async prepare(): Promise<void> {
    if (this.#seeds.length > 0) return;
    this.#seeds = this.#parts.seeds();
    for (const seed of this.#seeds) await this.#parts.take(seed, { below: () => 1, next: () => 1 } as never);
  }

  async run(random: RandomSource): Promise<string> {
    const { take, words } = this.#parts;
    const text = mutateText(random, this.#seeds[random.below(this.#seeds.length)], words);
    try {
      return await take(text, random);
    } catch (error) {
      throw new Error(JSON.stringify(text), { cause: error });
    }
  }

  close(): void {}
}

/** Texts of files of a folder, every so many of them. */
function textsIn(folder: string, ending: string, every: number): string[] {
  const names = [...Deno.readDirSync(new URL(folder, ROOT))].map(({ name }) => name)
    .filter((name) => name.endsWith(ending)).sort();
  return names.filter((_, nth) => nth % every === 0).map((name) =>
    Deno.readTextFileSync(new URL(`${folder}/${name}`, ROOT))
  );
}

const SYSTEM_FOLDERS = [
  "legacy-dio",
  "placeholder-dio",
  "xip-io",
  "dax",
  "page-cache-dio",
  "ext4-iomap-dio",
  "xfs-iomap-dio",
  "mainline",
  "comparison",
];

const SCENARIO_WORDS = (
  "title system files tasks expect bounds device kernel crash reachable absent result final cost order not_executable " +
  "pread pwrite load store mmap munmap msync fsync ftruncate fallocate open aio_submit io_uring DEADLOCK STALE_CACHE " +
  "F G T1 T2 F[0] F[0..3] F[0.1] map all null true -1 0 99999 1e9 clean dirty hole unwritten delalloc anywhere never " +
  "reclaim flusher journal_commit readahead SECTORS_PER_PAGE pages <<: *a &a !!binary __proto__ constructor toString"
).split(" ");

/** One accepted scenario in so many is also run. */
const RUN_EVERY = 4;
const STEPS_MAX = 400;

const takeScenario: TextTargetParts["take"] = (text, random) => {
  let scenario: Scenario;
  try {
    scenario = readScenario("fuzzed.yaml", text, { systems: knownSystems() });
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    assert(error.problems.length > 0);
    for (const line of error.message.split("\n")) assert(line.startsWith("fuzzed.yaml"), `not one line: ${line}`);
    return "refused";
  }
  if (random.below(RUN_EVERY) !== 0) return "taken";
  return walk(scenario, random);
};

/** One run of it, by chance, on its first system. */
function walk(scenario: Scenario, random: RandomSource): string {
  const [name] = scenario.selection.systems;
  if (name === undefined || name === "all") return "taken";
  const system = systemNamed(name);
  try {
    const run = new Run(
      scenarioProgram(scenario, system, flagValues(system), { complete: () => {}, crash: () => {} } as never),
    );
    for (let step = 0; step < STEPS_MAX && run.outcome === null; step++) {
      const enabled = run.enabled();
      const task = enabled[random.below(enabled.length)];
      run.step(task, random.below(run.world.outcomes(task)));
    }
    return "taken and run";
  } catch (error) {
    if (!(error instanceof NotModelled)) throw error;
    return "not modelled";
  }
}

const HISTORY_WORDS = (
  '"id" "tid" "op" "start_ns" "end_ns" "ret" "errno" "off" "len" "direct" "saw" "seen" "result" "offset" "length" pread ' +
  "pwrite load store open ftruncate null [] {} [1,2] [[1,-1]] -1 1e400 18446744073709551616 0.5 true"
).split(" ");

function historyTarget(): TextTargetParts {
  const folder = folderInMemory() ?? Deno.makeTempDirSync();
  const path = `${folder}/dioscope-fuzz-history-${Deno.pid}.jsonl`;
  return {
    name: "history",
    share: 400,
    words: HISTORY_WORDS,
    seeds: () =>
      ["hello-ext4", "hello-xfs"].map((name) =>
        Deno.readTextFileSync(new URL(`traces/${name}/history.jsonl`, ROOT)).split("\n").slice(0, 12).join("\n")
      ),
    take(text) {
      Deno.writeTextFileSync(path, text);
      try {
        for (const operation of readHistory(path)) {
          assert(operation.line >= 1 && typeof operation.startNs === "bigint");
        }
        return "taken";
      } catch (error) {
        if (!(error instanceof UnreadableInput)) throw error;
        assert(!error.message.includes("\n"), error.message);
        return "refused";
      } finally {
        Deno.removeSync(path);
      }
    },
  };
}

const SPEC_WORDS = (
  "seed operations threads cpus mix sizes positions pause file device dirty_pages anomalies losses blktrace direct_read " +
  "direct_write fsync truncate median_us spread min max 0 -1 1e9 null true [] {} 4294967295 *a &a <<: skewed 7 8"
).split(" ");

/** A description that asks for more than this is not carried out. */
const OPERATIONS_MAX = 60;

const takeSpec: TextTargetParts["take"] = (text) => {
  try {
    const spec = parseSpec(text, "fuzzed.yaml");
    const planted = Object.values(spec.anomalies).reduce((sum, each) => sum + each, 0);
    if (spec.operations + planted > OPERATIONS_MAX || spec.file.size > 1 << 22) return "taken";
    let bytes = 0;
    generate(spec, {
      text: (lines) => bytes += lines.length,
      block: (_cpu, record) => bytes += record.length,
      history: (lines) => bytes += lines.length,
    });
    assert(bytes < 64 << 20, `${bytes} bytes of ${spec.operations} operations`);
    return "taken and generated";
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    assert(/^fuzzed\.yaml:\d+: [^\n]+$/.test(error.message), error.message);
    return "refused";
  }
};

const takeToken: TextTargetParts["take"] = (text) => {
  try {
    const { divergence } = replay(storeBuffering, text);
    assert(divergence === null || !divergence.text.includes("\n"));
    return divergence === null ? "replayed" : "diverged";
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    assert(!error.message.includes("\n") && error.message.length < 300, error.message);
    return "refused";
  }
};

const SQL_WORDS = (
  "SELECT FROM WHERE ; -- /* */ ' \" $$ $a$ e' E'\\' :t0 $t0 :: [1:2] { } ( ) , . ---- NULL CREATE"
).split(" ");

const SQL_SEEDS = [
  "SELECT 'a;b', \"c;d\" FROM t /* ; /* ; */ */ WHERE x = :t0; -- ;\nSELECT $t0, $$;$$, e'\\';', x::INTEGER",
  "SELECT list[1:n], {'a':b}, $tag$ :t0 $tag$; FROM bio WHERE ts > :t0 AND name = ':t0'",
];

const takeSql: TextTargetParts["take"] = (text) => {
  const { complete, rest } = splitStatements(text);
  for (const { text: statement, linesBefore } of [...complete, rest]) {
    assert(text.includes(statement) && linesBefore >= 0);
    // What is a statement by itself stays one, with whatever stands around it.
    if (statement !== "") assertEquals(splitStatements(`${statement}\n;`).complete[0]?.text ?? statement, statement);
  }
  const parameters = new Parameters();
  assertEquals(parameters.bind(text), text, "without values nothing changes");
  parameters.set("t0", "'; DROP TABLE x; --");
  const bound = parameters.bind(text);
  // A text stays inside its quotes: it ends no statement.
  const statementsOf = (sql: string) => splitStatements(sql).complete.length;
  assertEquals(statementsOf(bound), statementsOf(text), "a value ends a statement");
  return bound === text ? "split" : "split and bound";
};

const EXPECTATION_SEEDS = [
  "-- A comment.\nSELECT dev, count(*) AS n FROM bio GROUP BY dev\n----\ndev,n\n7:0,307\n\nSELECT 1\n---- in any order\n1\n1\n",
  'SELECT a, b FROM t\n----\na,b\n"x ""y"", z",\n"two\nlines",NULL\n',
];

const takeExpectations: TextTargetParts["take"] = (text) => {
  try {
    const expectations = parseExpectations(text, "fuzzed.sql");
    for (const { sql, line } of expectations) assert(sql.trim() !== "" && line >= 1);
    return "taken";
  } catch (error) {
    if (!(error instanceof ExpectationFileError)) throw error;
    assert(/^fuzzed\.sql:\d+: [^\n]+$/.test(error.message), error.message);
    return "refused";
  }
};

const SHELL_SEEDS = [
  ".mode csv\nSELECT 1,\n 2;\n.timer on\n.explain Q\n.parameter set :t0 5\n.param list\nSELECT :t0;\n.schema bio\n",
  ".tables\n.views\n.chart SELECT 1, 2\n.help\n.pager off\n.param unset t0\nSELECT 'a\nb';\n.mode\n.quit\n",
];

const SHELL_WORDS = (
  ".mode .timer .pager .explain .schema .tables .views .chart .parameter .param .help .quit .exit on off json csv table " +
  "set unset clear list :t0 $t0 ; ' \" $$"
).split(" ");

/** Answers every statement with no rows. */
const EMPTY: QueryConnection = {
  stream: (): Promise<RowStream> => Promise.resolve({ columns: [], batches: { async *[Symbol.asyncIterator]() {} } }),
  cancel() {},
};

/** Lines that name files have targets of their own, where they can harm nothing. */
const NAMES_A_FILE = /^\s*\.(read|output)\b/;

const takeShell: TextTargetParts["take"] = async (text) => {
  let written = 0;
  const output = {
    width: 80,
    write: (answer: string) => {
      written += answer.length;
      return Promise.resolve();
    },
  };
  const session = new ShellSession(EMPTY, { output, paged: null }, "table");
  for (const line of text.split("\n").filter((each) => !NAMES_A_FILE.test(each))) {
    if (await session.take(line) === "exit") break;
    assert(session.pending.length <= text.length + 1);
  }
  session.close();
  return written > 0 ? "answered" : "silent";
};

/** All of them. */
export function textTargets(): FuzzTarget[] {
  const parts: TextTargetParts[] = [
    {
      name: "scenario",
      share: 300,
      words: SCENARIO_WORDS,
      seeds: () => SYSTEM_FOLDERS.flatMap((folder) => textsIn(`fixtures/${folder}`, ".yaml", 12)),
      take: takeScenario,
    },
    historyTarget(),
    {
      name: "workload spec",
      share: 300,
      words: SPEC_WORDS,
      seeds: () => [...textsIn("fixtures/generated", ".json", 1), SPEC_SEED],
      take: takeSpec,
    },
    { name: "token", share: 1500, words: TOKEN_WORDS, seeds: () => TOKEN_SEEDS, take: takeToken },
    { name: "SQL text and parameters", share: 1500, words: SQL_WORDS, seeds: () => SQL_SEEDS, take: takeSql },
    {
      name: "expectation file",
      share: 1000,
      words: SQL_WORDS,
      seeds: () => EXPECTATION_SEEDS,
      take: takeExpectations,
    },
    { name: "shell", share: 500, words: SHELL_WORDS, seeds: () => SHELL_SEEDS, take: takeShell },
  ];
  return parts.map((each) => new TextTarget(each));
}

const SPEC_SEED = `seed: 3
operations: 20
threads: 2
cpus: 2
mix: {direct_read: 1, direct_write: 1, buffered_read: 1, load: 0.5, truncate: 0.1}
sizes: {min: 512, max: 65536}
positions: skewed
pause: {median_us: 20, spread: 0.5}
file: {ino: 12, size: 1048576, first_block: 6144}
anomalies: {stale_cache: 1, lost_update: 0, io_error: 1}
losses: [{after_operations: 5, cpu: 1, events: 3}]
blktrace: 8
`;

const TOKEN_WORDS = [
  "d1",
  "d2",
  "~",
  "*",
  "=",
  ",",
  "0.0",
  "complete",
  "deadlock",
  "cut_off",
  "crash",
  "crash=1,0",
  "AAAA",
];

const TOKEN_SEEDS = [
  "d1~0*2,1*2~AAAA~complete",
  "d1~1*18,2,0*3,0.0*2,0,0.1~19W4tzAJgzdW7zWVNtk_XAZG6M~crash=1",
  "d1~1*10,2*5,1*9,2~Z_8QsaxcS8PQYNr1KfE8Qsa1O~deadlock",
];
