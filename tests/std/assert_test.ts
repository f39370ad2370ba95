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
  own.assertEquals({ a: [1n, new Set([2])] }, { a: [1n, new Set([2])] });
  refuses(() => own.assertEquals<unknown>([1], [2], "why"), "why");
  refuses(() => own.assertEquals(0, -0));
  own.assertStrictEquals(NaN, NaN);
  refuses(() => own.assertStrictEquals([], []));
  own.assertNotStrictEquals<unknown>([], []);
  refuses(() => own.assertNotStrictEquals(1, 1));
  own.assertStringIncludes("abc", "b");
  refuses(() => own.assertStringIncludes("abc", "d"));
  own.assertMatch("abc", /b/);
  refuses(() => own.assertMatch("abc", /d/));
  own.assertGreater(2, 1);
  refuses(() => own.assertGreater(1, 1));
  own.assertLessOrEqual(1, 1);
  refuses(() => own.assertLessOrEqual(2, 1));
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
  const refused = await own.assertRejects(
    () => own.assertRejects(() => Promise.reject(wrong), Error, "near"),
    AssertionError,
  );
  own.assertStringIncludes(refused.message, "near");
  await own.assertRejects(() => own.assertRejects(() => Promise.resolve()), AssertionError, "reject");
});
