/**
 * What expectations of single runs say, in words.
 *
 * @module
 */

import { lengthText, rangeText } from "../scenarios/place.ts";
import type {
  Contents,
  FinalExpectation,
  OrderExpectation,
  ResultExpectation,
  Returned,
} from "../scenarios/scenario.ts";

function oneOf(words: readonly string[]): string {
  return words.join(" or ");
}

function returnedWord(returned: Returned): string {
  if (typeof returned === "string") return returned;
  const length = lengthText(returned);
  return typeof length === "number" ? `${length} ${length === 1 ? "page" : "pages"}` : `${length} pages`;
}

function contentsText(contents: readonly Contents[]): string {
  return contents.map(({ range, origins }) => `${oneOf(origins)} in ${rangeText(range)}`).join(", ");
}

/** `w returns all, goes through A16`. */
export function resultText(expectation: ResultExpectation): string {
  const { op, returns, neverReturns, submitReturns, reads, neverReads, through, notThrough } = expectation;
  const parts: string[] = [];
  if (returns.length > 0) parts.push(`returns ${oneOf(returns.map(returnedWord))}`);
  if (neverReturns.length > 0) parts.push(`does not return ${oneOf(neverReturns.map(returnedWord))}`);
  if (submitReturns.length > 0) parts.push(`gives io_submit ${oneOf(submitReturns.map(returnedWord))}`);
  if (reads.length > 0) parts.push(`reads ${contentsText(reads)}`);
  if (neverReads.length > 0) parts.push(`does not read ${contentsText(neverReads)}`);
  if (through.length > 0) parts.push(`goes through ${through.join(", ")}`);
  if (notThrough.length > 0) parts.push(`does not go through ${oneOf(notThrough)}`);
  return `${op} ${parts.join(", ")}`;
}

/** `F has size 4, F[1] is w or zeros`. */
export function finalText({ files }: FinalExpectation): string {
  return Object.entries(files).flatMap(([name, { size, disksize, blocks, cache, content, orphan }]) => {
    const lengths = (list: typeof size) => oneOf(list.map((length) => String(lengthText(length))));
    return [
      ...(size.length > 0 ? [`${name} has size ${lengths(size)}`] : []),
      ...(disksize.length > 0 ? [`${name} has size ${lengths(disksize)} on disk`] : []),
      ...blocks.map(({ range, states }) => `${name}[${rangeText(range)}] is ${oneOf(states)}`),
      ...cache.map(({ range, states }) => `${name}[${rangeText(range)}] is ${oneOf(states)} in the cache`),
      ...content.map(({ range, origins }) => `${name}[${rangeText(range)}] holds ${oneOf(origins)}`),
      ...(orphan === null ? [] : [`${name} is ${orphan === "on" ? "" : "not "}on the orphan list`]),
    ];
  }).join(", ");
}

/** `t waits for w on pgrwsem(F) until returned`. */
export function orderText(expectation: OrderExpectation): string {
  const { party, waitsFor, neverWaitsFor, resource, until, holds, notHolds, at, sequence } = expectation;
  const parts: string[] = [];
  const on = resource === null ? "" : ` on ${resource}`;
  if (waitsFor !== null || resource !== null && neverWaitsFor === null) {
    parts.push(`waits${waitsFor === null ? "" : ` for ${waitsFor}`}${on}${until === null ? "" : ` until ${until}`}`);
  }
  if (neverWaitsFor !== null) parts.push(`does not wait for ${neverWaitsFor}${waitsFor === null ? on : ""}`);
  const where = at === null ? "while it waits" : `at ${at}`;
  if (holds.length > 0) parts.push(`holds ${holds.join(", ")} ${where}`);
  if (notHolds.length > 0) parts.push(`does not hold ${notHolds.join(", ")} ${where}`);
  if (sequence.length > 0) {
    const steps = sequence.map((each) => {
      const words = [...each.holds.map((word) => `with ${word}`), ...each.notHolds.map((word) => `without ${word}`)];
      return `${each.step}${words.length === 0 ? "" : ` (${words.join(", ")})`}`;
    });
    parts.push(`goes through ${steps.join(", ")} in this order`);
  }
  return `${party} ${parts.join(", ")}`;
}
