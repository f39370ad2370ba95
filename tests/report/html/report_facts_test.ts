import { assertEquals, assertStringIncludes } from "@std/assert";
import { conforms, type ReportFacts, type Row, verdictOf } from "../../../src/report/html/report_facts.ts";
import type { Markup } from "../../../src/report/html/markup.ts";
import { conformanceSection } from "../../../src/report/html/sections/conformance_section.ts";
import { evidenceOf } from "../../../src/report/html/sections/findings_section.ts";
import { outcomeMatrix } from "../../../src/report/html/sections/outcome_matrix.ts";
import { windowsSection } from "../../../src/report/html/sections/windows_section.ts";
import { sentencesOf } from "../../../src/report/html/shown_runs.ts";

function facts(more: Partial<ReportFacts>): ReportFacts {
  return {
    meta: new Map(),
    recordings: [],
    filesystems: [],
    diagnostics: [],
    unknownEvents: null,
    devices: [],
    findings: [],
    verdicts: [],
    runs: [],
    conformance: [],
    conformanceCalls: [],
    shapes: [],
    shapeRuns: [],
    counts: { operations: 0, bios: 0, pageEvents: 0 },
    ...more,
  };
}

const WHOLE: Row = { recording_id: 1, events: 9n, lost_events: 0n, skipped_records: 0n };

Deno.test("the verdict is a sentence that says the worst, and claims no more than the file holds", () => {
  const found = { recording_id: 1, anomaly: "STALE_CACHE", severity: "data_loss" };
  const cases: [Partial<ReportFacts>, string, string][] = [
    [{}, "plain", "This file holds neither a recording nor an exploration."],
    [{ recordings: [WHOLE] }, "plain", "This file holds no finding about the recording; nothing of it was lost."],
    [{ recordings: [{ ...WHOLE, events: 0n }] }, "open", "The recording holds no event."],
    [
      { recordings: [{ ...WHOLE, lost_events: 7n }] },
      "open",
      "This file holds no finding about the recording; 7 events were lost or not readable.",
    ],
    [
      { recordings: [WHOLE], findings: [found, { ...found, severity: "warning" }] },
      "bad",
      "The recording shows 1 anomaly: STALE_CACHE; the recording has 1 finding that may be nothing; nothing of it was lost.",
    ],
    // Findings of the model say what could be, not what was.
    [
      { recordings: [WHOLE], findings: [{ ...found, recording_id: null }] },
      "plain",
      "This file holds no finding about the recording; nothing of it was lost.",
    ],
    [
      {
        runs: [{ run_id: 1, claim: "all 4 classes" }, { run_id: 2, claim: "all 2 classes" }, {
          run_id: 3,
          claim: "stopped after 9 classes",
        }, { run_id: 4, claim: "all 4 classes" }],
        findings: [{ run_id: 2, recording_id: null, anomaly: "DEADLOCK", severity: "error" }],
      },
      "open",
      "4 explorations of the model: nothing wrong in 2, a hang in 1, nothing seen before they were cut off in 1.",
    ],
    [{ verdicts: [{ agrees: true }] }, "good", "1 of 1 expectation of the model agrees."],
    [
      { verdicts: [{ agrees: true }, { agrees: null }, { agrees: false }] },
      "bad",
      "1 of 3 expectations of the model agree, 1 disagrees, 1 is open.",
    ],
  ];
  for (const [more, tone, sentence] of cases) assertEquals(verdictOf(facts(more)), { tone, sentence } as unknown);
});

Deno.test("a kind of event conforms when all that was predicted was observed, and nothing else", () => {
  assertEquals(
    [[3n, 3n, 3n], [3n, 4n, 3n], [3n, 2n, 2n], [0n, 0n, 0n]].map(([predicted, observed, matched]) =>
      conforms({ predicted, observed, matched })
    ),
    [true, false, false, true],
  );
  assertEquals(conforms({ matched: false }), false);
});

Deno.test("a finding of a recording leads to its events, its operations and its time; one of the model has none", () => {
  const finding = { recording_id: 1, event_seqs: "5 9", op_a: "operation 78", op_b: null, ts_ns: 1_500n };
  assertEquals(evidenceOf(facts({ findings: [finding, { recording_id: null }] }), "1000"), [
    { events: [5, 9], operations: [78], ts: 500 },
    null,
  ]);
});

Deno.test("what an explanation says again behind the name of the anomaly is said once", () => {
  assertEquals(sentencesOf("A is lost.\nLOST_UPDATE: A is lost. It is gone.\n\nWhy."), [
    "LOST_UPDATE: A is lost. It is gone.",
    "Why.",
  ]);
});

Deno.test("what could have happened names anomalies by system, and what was not searched to its end", () => {
  const some = facts({
    shapes: [{ shape: "w1", title: "direct pwrite beside <load>", windows: 3n, op_ids: "[4, 9, 12, 13]" }],
    shapeRuns: [
      { run_id: 1, scenario: "w1", system: "legacy-dio", claim: "all 4 classes" },
      { run_id: 2, scenario: "w1", system: "mainline", claim: "stopped after 9 classes" },
    ],
    findings: [{ run_id: 1, anomaly: "STALE_MAPPING" }],
  });
  const text = (windowsSection(some, []) as { text: string }).text;
  assertStringIncludes(text, "w1: direct pwrite beside &lt;load&gt;");
  assertStringIncludes(text, "<div>STALE_MAPPING</div>");
  assertStringIncludes(text, "nothing found, but stopped early");
  assertStringIncludes(text, 'data-operations="4 9"');
});

Deno.test("systems beside each other: a word for each scenario and system, the gravest that its runs come to", () => {
  const run = (run_id: number, system: string, claim = "all 4 classes") => ({
    run_id,
    scenario: "10-1",
    system,
    claim,
  });
  const some = facts({
    runs: [run(1, "legacy-dio"), run(2, "dax"), run(3, "mainline", "stopped after 2 classes")],
    findings: [{ run_id: 1, recording_id: null, anomaly: "DEADLOCK", severity: "error" }],
  });
  const text = outcomeMatrix(some, []) as Markup;
  const cells = text.text.match(/<td.*?<\/td>/g)!.map((cell) => cell.replaceAll(/<[^>]*>/g, "").trim());
  assertEquals(cells, ["✗ hangs", "✓ coherent", "? none seen"]);
  assertEquals(outcomeMatrix(facts({ runs: [run(1, "dax")] }), []), null, "one system is beside none");
});

/** Kinds of events and calls as analyse has them. */
function conforming(): ReportFacts {
  const kind = {
    recording_id: 1,
    system: "mainline 6.18 ext4",
    family: "iomap",
    modelled: true,
    unexplained: 0,
    elsewhere: 0,
  };
  const call = { recording_id: 1, expected: null, recorded: null, why: null, differs: false };
  const other = { ...call, differs: true, expected: "iomap_iter pos=4096", recorded: "block_bio_queue sector=8" };
  return facts({
    conformance: [
      { ...kind, event: "iomap_dio_rw_begin", predicted: 10n, observed: 10n, matched: 10n },
      { ...kind, event: "iomap_iter", predicted: 30n, observed: 2990n, matched: 29n },
      {
        ...kind,
        event: "ext4_ext_show_extent",
        family: "file system",
        predicted: 0n,
        observed: 7n,
        matched: 0n,
        modelled: false,
      },
    ],
    conformanceCalls: [
      { ...call, op_id: 1 },
      { ...other, op_id: 2, why: "the model maps <first>" },
      { ...other, op_id: 3, expected: "iomap_iter pos=8192" },
      { ...other, op_id: 4, expected: null, recorded: "iomap_iter pos=0" },
    ],
  });
}

Deno.test("conformance: shares are never rounded up, what differs most comes first, differences of a kind are one line", () => {
  const text = (conformanceSection(conforming()) as Markup).text;
  assertStringIncludes(text, "mainline 6.18 ext4: model and recording differ in 1 of 2 kinds of events");
  assertStringIncludes(text, "1 of 4 calls go as predicted.");
  // 39 of 40 predicted and of 3,000 observed.
  assertStringIncludes(text, '97.5 % <span class="hint">of 40</span>');
  assertStringIncludes(text, '1.3 % <span class="hint">of 3,000</span>');
  const names = [...text.matchAll(/<\/span><\/td><td>(\w+)<\/td>/g)].map(([, name]) => name);
  assertEquals(names, ["iomap_iter", "iomap_dio_rw_begin", "ext4_ext_show_extent"]);
  const [, differences] = text.split('id="conformance-differences"');
  const lines = [...differences.matchAll(/<tr><td class="number">(\d+)<\/td><td>(.*?)<\/td><td>(.*?)<\/td>/g)];
  assertEquals(lines.map(([, ...cells]) => cells), [
    ["2", "iomap_iter pos=4096", "block_bio_queue sector=8"],
    ["1", "nothing more", "iomap_iter pos=0"],
  ]);
  assertStringIncludes(differences, 'data-operations="2"');
  assertStringIncludes(differences, "the model maps &lt;first&gt;");
  assertEquals(verdictOf(conforming()).sentence, "The model of the kernel predicts 1.3 % of 3,000 recorded events.");
  assertEquals(conformanceSection(facts({})), null);
});
