import * as own from "@std/assert";
import { AssertionError } from "@std/assert";

/** Fails unless the assertion does. */
function refuses(assertion: () => unknown, text = ""): void {
  try {
    assertion();
  } catch (error) {
    if (error instanceof AssertionError && error.message.includes(text)) return;
    throw error;
  }
  throw new Error(`not refused: ${assertion}`);
}

Deno.test("each assertion lets the true pass and refuses the false with an AssertionError", () => {
  own.assert(1);
  refuses(() => own.assert(0, "why"), "why");
  own.assertFalse(0);
  refuses(() => own.assertFalse(1));
  own.assertEquals({ a: [1n, new Set([2])] }, { a: [1n, new Set([2])] });
  refuses(() => own.assertEquals<unknown>([1], [2], "why"), "why");
  refuses(() => own.assertEquals(0, -0));
  own.assertNotEquals<unknown>([1], [2]);
  refuses(() => own.assertNotEquals([1], [1]));
  own.assertStrictEquals(NaN, NaN);
  refuses(() => own.assertStrictEquals([], []));
  own.assertNotStrictEquals<unknown>([], []);
  refuses(() => own.assertNotStrictEquals(1, 1));
  own.assertExists(0);
  refuses(() => own.assertExists(null));
  own.assertInstanceOf(new Map(), Map);
  refuses(() => own.assertInstanceOf({}, Map), "Map");
  own.assertStringIncludes("abc", "b");
  refuses(() => own.assertStringIncludes("abc", "d"));
  own.assertMatch("abc", /b/);
  refuses(() => own.assertMatch("abc", /d/));
  own.assertNotMatch("abc", /d/);
  refuses(() => own.assertNotMatch("abc", /b/));
  own.assertArrayIncludes([{ a: 1 }, 2], [{ a: 1 }]);
  refuses(() => own.assertArrayIncludes([1], [2]));
  own.assertObjectMatch({ a: { b: 1, c: 2 }, d: [{ e: 1, f: 2 }] }, { a: { b: 1 }, d: [{ e: 1 }] });
  refuses(() => own.assertObjectMatch({ a: 1 }, { a: 2 }));
  refuses(() => own.assertObjectMatch({ a: 1 }, { b: undefined }));
  refuses(() => own.assertObjectMatch({ a: [1, 2] }, { a: [1] }));
  own.assertAlmostEquals(0.1 + 0.2, 0.3);
  refuses(() => own.assertAlmostEquals(1, 2, 0.5));
  own.assertGreater(2, 1);
  refuses(() => own.assertGreater(1, 1));
  own.assertGreaterOrEqual(1n, 1n);
  refuses(() => own.assertGreaterOrEqual(0, 1));
  own.assertLess(1, 2);
  refuses(() => own.assertLess(1, 1));
  own.assertLessOrEqual(1, 1);
  refuses(() => own.assertLessOrEqual(2, 1));
  refuses(() => own.fail("why"), "why");
});

Deno.test("assertThrows and assertRejects look at class and message, and return the error", async () => {
  const wrong = new RangeError("too far");
  own.assertStrictEquals(
    own.assertThrows(
      () => {
        throw wrong;
      },
      RangeError,
      "far",
    ),
    wrong,
  );
  own.assertStrictEquals(await own.assertRejects(() => Promise.reject(wrong), Error, "too"), wrong);
  own.assertStrictEquals(await own.assertRejects(() => Promise.reject("text")), "text");
  refuses(() => own.assertThrows(() => {}), "throw");
  refuses(() => own.assertThrows(() => own.fail(), RangeError), "RangeError");
  const refused = await own.assertRejects(
    () => own.assertRejects(() => Promise.reject(wrong), Error, "near"),
    AssertionError,
  );
  own.assertStringIncludes(refused.message, "near");
  await own.assertRejects(() => own.assertRejects(() => Promise.resolve()), AssertionError, "reject");
});
