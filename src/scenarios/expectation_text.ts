/**
 * Expectations of a scenario, as its YAML has them and in a line each; and which systems and flags they are about.
 *
 * @module
 */

import { lengthText, placeText, rangeText } from "./place.ts";
import type { Contents, Expectation, FinalFile, Returned, Selection } from "./scenario.ts";
import { type Entries, mapValues, oneOrMore, some, unless, withoutUndefined } from "./yaml_entries.ts";

export function selectionEntries({ systems, presets, flags }: Selection): Entries {
  return withoutUndefined({
    system: oneOrMore(systems),
    preset: oneOrMore(presets),
    flags: some(mapValues(flags, (values) => oneOrMore(values))),
  });
}

/** What an expectation says, in a line: `result w, returns all`; without where and why. */
export function expectationLine(expectation: Expectation): string {
  const text = (value: unknown): string => {
    if (Array.isArray(value)) return value.map(text).join(" or ");
    if (typeof value !== "object" || value === null) return String(value);
    return Object.entries(value).map(([key, each]) => `${key.replaceAll("_", " ")} ${text(each)}`).join(", ");
  };
  return text(withoutUndefined(kindEntries(expectation)));
}

function contentsEntries(contents: readonly Contents[]): Entries | undefined {
  return some(Object.fromEntries(contents.map(({ range, origins }) => [rangeText(range), oneOrMore(origins)])));
}

function returnedText(value: Returned): string | number {
  return typeof value === "string" ? value : lengthText(value);
}

function finalEntries(file: FinalFile): Entries {
  return withoutUndefined({
    size: oneOrMore(file.size.map(lengthText)),
    disksize: oneOrMore(file.disksize.map(lengthText)),
    blocks: some(Object.fromEntries(file.blocks.map(({ range, states }) => [rangeText(range), oneOrMore(states)]))),
    cache: some(Object.fromEntries(file.cache.map(({ range, states }) => [rangeText(range), oneOrMore(states)]))),
    content: contentsEntries(file.content),
    orphan: file.orphan ?? undefined,
  });
}

export function expectationEntries(expectation: Expectation): Entries {
  return withoutUndefined({
    ...kindEntries(expectation),
    why: expectation.why,
    source: expectation.source.text,
    ...selectionEntries(expectation.on),
    again: oneOrMore(expectation.again.map(selectionEntries)),
    kept: some(expectation.kept.map(({ run, token, classes, shown }) =>
      withoutUndefined({
        run,
        token: token ?? undefined,
        classes: classes ?? undefined,
        shown: shown ?? undefined,
      })
    )),
  });
}

function kindEntries(expectation: Expectation): Entries {
  switch (expectation.kind) {
    case "reachable":
    case "absent":
      return {
        ...(expectation.kind === "reachable" ? { reachable: expectation.anomaly } : {
          absent: oneOrMore(expectation.anomalies),
          sibling: oneOrMore(expectation.siblings),
        }),
        attributes: oneOrMore(expectation.attributes),
        tasks: oneOrMore(expectation.tasks),
        resources: oneOrMore(expectation.resources),
        at: expectation.at === null ? undefined : placeText(expectation.at),
        op: expectation.op ?? undefined,
      };
    case "result":
      return {
        result: expectation.op,
        in: unless(expectation.in, "every"),
        returns: oneOrMore(expectation.returns.map(returnedText)),
        never_returns: oneOrMore(expectation.neverReturns.map(returnedText)),
        submit_returns: oneOrMore(expectation.submitReturns.map(returnedText)),
        reads: contentsEntries(expectation.reads),
        never_reads: contentsEntries(expectation.neverReads),
        through: oneOrMore(expectation.through),
        not_through: oneOrMore(expectation.notThrough),
      };
    case "final":
      return {
        final: expectation.when,
        in: unless(expectation.in, "every"),
        files: mapValues(expectation.files, finalEntries),
      };
    case "cost": {
      const { to } = expectation;
      return {
        cost: expectation.metric,
        of: expectation.of ?? undefined,
        resource: expectation.resource ?? undefined,
        over: unless(expectation.over, "every"),
        [expectation.relation]: typeof to === "number"
          ? to
          : withoutUndefined({ of: to.of ?? undefined, ...selectionEntries(to.on) }),
      };
    }
    case "order":
      return {
        order: expectation.party,
        in: unless(expectation.in, "every"),
        waits_for: expectation.waitsFor ?? undefined,
        never_waits_for: expectation.neverWaitsFor ?? undefined,
        on: expectation.resource ?? undefined,
        until: expectation.until ?? undefined,
        holds: oneOrMore(expectation.holds),
        not_holds: oneOrMore(expectation.notHolds),
        at: expectation.at ?? undefined,
        sequence: some(
          expectation.sequence.map(({ step, holds, notHolds }) =>
            withoutUndefined({ step, holds: oneOrMore(holds), not_holds: oneOrMore(notHolds) })
          ),
        ),
      };
    case "not_executable":
      return { not_executable: expectation.reason };
  }
}
