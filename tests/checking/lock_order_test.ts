import { assertEquals } from "@std/assert";
import { lockEdges, lockInversions, parseLockEdge } from "../../src/checking/lock_order.ts";
import { readRunLog } from "../../src/checking/waits.ts";
import type { ResourceEvent } from "../../src/machine/resource_log.ts";

const BLANK: ResourceEvent = {
  kind: "acquire",
  step: 0,
  name: "",
  who: "T1",
  isTask: true,
  by: "T1",
  to: "",
  mode: "exclusive",
  acquisition: "waited",
  operation: "",
};

/** Events of a run, one a step: `+A T1` takes, `?A T1` takes by a try-lock, `-A T1` gives back, `A T1>bio` hands over. */
function events(...texts: string[]): ResourceEvent[] {
  return texts.map((text, step) => {
    const [, sign, name, who, to, by = who] = /^([-+?]?)(\S+) ([^> ]+)(?:>(\S+))?(?: by (\S+))?$/.exec(text)!;
    const common = { ...BLANK, step, name, who, by };
    if (to !== undefined) return { ...common, kind: "hand_over", to };
    if (sign === "-") return { ...common, kind: "release" };
    return { ...common, acquisition: sign === "?" ? "tried" : "waited" };
  });
}

const inOrder = (earlier: number, later: number) => earlier <= later;

function edgesOf(...texts: string[]): string[] {
  return lockEdges(readRunLog(events(...texts)), inOrder);
}

Deno.test("an edge leads from each lock that a task holds to the next that it takes", () => {
  assertEquals(edgesOf("+a T1", "+b T1", "+c T2", "+d T1", "-b T1", "+e T1"), [
    "lock a -> b by T1",
    "lock a -> d by T1",
    "lock a -> e by T1",
    "lock b -> d by T1",
    "lock d -> e by T1",
  ]);
});

Deno.test("a try-lock is the beginning of edges only, and what an I/O has is nobody's", () => {
  assertEquals(edgesOf("+a T1", "?b T1", "+c T1"), ["lock a -> c by T1", "lock b -> c by T1"]);
  assertEquals(edgesOf("+a T1", "a T1>dio(1)", "+b T1", "-a dio(1) by irq", "+c T1"), ["lock b -> c by T1"]);
});

Deno.test("a lock that somebody else gives back is held for as long as it is in some run of the class", () => {
  const log = readRunLog(events("+a T1", "-a T1 by irq", "+b T1"));
  assertEquals(lockEdges(log, inOrder), []);
  // The interrupt is ordered with nothing of T1 but the taking of a.
  assertEquals(lockEdges(log, (earlier, later) => earlier <= later && earlier !== 1), ["lock a -> b by T1"]);
});

Deno.test("a lock that a task waits for in vain is one that it would take", () => {
  const arrival: ResourceEvent = { ...BLANK, kind: "arrive", step: 2, name: "b", who: "T1", by: "T1" };
  assertEquals(lockEdges(readRunLog([...events("+a T1", "+b T2"), arrival]), inOrder), ["lock a -> b by T1"]);
});

function inversions(edges: string[], documented: [string, string][] = []): string[] {
  const facts = edges.map((edge) => ({ text: `lock ${edge}`, count: 1, token: edge }));
  return lockInversions(facts, documented).map(({ text }) => text);
}

Deno.test("an edge is read back as it was written", () => {
  assertEquals(parseLockEdge("lock page(F,0) -> placeholder(F,[0,1]) by T1 in w"), {
    from: "page(F,0)",
    to: "placeholder(F,[0,1])",
    task: "T1",
    operation: "w",
  });
  assertEquals(parseLockEdge("step A9"), null);
});

Deno.test("a circle may go over classes, over objects of one class, and over what is documented", () => {
  assertEquals(inversions(["i_mutex(F) -> mmap_sem(m) by T1", "mmap_sem(n) -> i_mutex(G) by T2 in s"]), [
    "i_mutex(F) -> mmap_sem(m) by T1, mmap_sem(n) -> i_mutex(G) by T2 in s",
  ]);
  assertEquals(inversions(["i_mutex(F) -> i_mutex(G) by T1", "i_mutex(G) -> i_mutex(F) by T2"]).length, 1);
  assertEquals(inversions(["i_mutex(F) -> i_mutex(G) by T1", "i_mutex(G) -> i_mutex(H) by T2"]), []);
  assertEquals(inversions(["mmap_sem(m) -> mmap_sem(m) by T1"]).length, 1);
  assertEquals(inversions(["page(F,0) -> mmap_sem(m) by T1"], [["mmap_sem", "page"]]), [
    "page(F,0) -> mmap_sem(m) by T1, mmap_sem -> page as documented",
  ]);
  assertEquals(inversions([], [["a", "b"], ["b", "a"]]), []);
  assertEquals(inversions(["a -> b by T1", "b -> c by T1", "c -> d by T2", "d -> a by T3"]).length, 1);
});

Deno.test("of runs that take two locks of a circle, those that take the two that fewest take stand for it", () => {
  const edges: readonly (readonly [string, number])[] = [["a -> b by T1", 5], ["b -> c by T1", 2], ["c -> a by T1", 9]];
  const facts = edges.map(([edge, count]) => ({ text: `lock ${edge}`, count, token: edge }));
  assertEquals(lockInversions(facts, []).map(({ token, count }) => [token, count]), [["b -> c by T1", 2]]);
});

Deno.test("placeholders are pages, commits are handles", () => {
  assertEquals(
    inversions(["placeholder(F,[0,1]) -> mmap_sem(m) by T1"], [["mmap_sem", "page"]]).length,
    1,
  );
  assertEquals(inversions(["page(F,0) -> txn by T1", "commit(3) -> page(F,1) by jbd2"]).length, 1);
});

Deno.test("pages go up by file and index, with entries that cover several", () => {
  assertEquals(inversions(["page(F,0) -> page(F,1) by T1", "page(F,3) -> page(G,0) by T1"]), []);
  assertEquals(inversions(["placeholder(F,[0,1]) -> page(F,2) by T1"]), []);
  assertEquals(inversions(["placeholder(F,[0,2]) -> page(F,2) by T1"]).length, 1);
  assertEquals(inversions(["page(G,0) -> page(F,1) by T1"]).length, 1);
  assertEquals(inversions(["page(F,1) -> page(F,1) by T1"]).length, 1);
});
