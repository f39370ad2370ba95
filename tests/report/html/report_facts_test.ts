import { assertEquals, assertStringIncludes } from "@std/assert";
import { conforms, type ReportFacts, type Row, verdictOf } from "../../../src/report/html/report_facts.ts";
import { evidenceOf } from "../../../src/report/html/sections/findings_section.ts";
import { pairsOf, windowsSection } from "../../../src/report/html/sections/windows_section.ts";
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
    shapes: [],
    shapeRuns: [],
    counts: { operations: 0, bios: 0, pageEvents: 0 },
    ...more,
  };
}

const WHOLE: Row = { recording_id: 1, lost_events: 0n, skipped_records: 0n };

Deno.test("the verdict is a sentence that says the worst, and claims no more than the file holds", () => {
  const found = { recording_id: 1, anomaly: "STALE_CACHE", severity: "data_loss" };
  const cases: [Partial<ReportFacts>, string, string][] = [
    [{}, "plain", "This file holds neither a recording nor an exploration."],
    [{ recordings: [WHOLE] }, "plain", "This file holds no finding about the recording; nothing of it was lost."],
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
  assertEquals(pairsOf(some), [[4, 9]]);
});
