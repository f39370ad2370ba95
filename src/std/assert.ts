/**
 * The functions of `@std/assert` that this project uses, over `node:assert`, with the same names and signatures.
 *
 * Tests import `@std/assert`; deno.json resolves the name to this file, because the registry that has the package
 * cannot be reached everywhere this is built and tested. To take the package instead, change that one line.
 *
 * @module
 */
import nodeAssert from "node:assert";

/** Thrown when an assertion fails. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

function failure(text: string, msg: string | undefined): AssertionError {
  return new AssertionError(msg ? `${text}: ${msg}` : text);
}

/** Runs an assertion of node and gives its text, with the difference it found, to our error. */
function reporting(assertion: () => void, msg: string | undefined): void {
  try {
    assertion();
  } catch (error) {
    throw failure((error as Error).message, msg);
  }
}

function show(value: unknown): string {
  return Deno.inspect(value, { depth: 6, iterableLimit: 50 });
}

/** Fails unless `expr` is true or like it. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg || "Expected a true value");
}

/** Fails unless both have the same value, deeply; objects of one class are equal when their members are. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  reporting(() => nodeAssert.deepStrictEqual(actual, expected), msg);
}

/** Fails unless both are the same by `Object.is`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  reporting(() => nodeAssert.strictEqual(actual, expected), msg);
}

/** Fails when both are the same by `Object.is`. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (Object.is(actual, expected)) throw failure(`Expected another value than ${show(expected)}`, msg);
}

/** Fails unless the text has the other in it. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) throw failure(`Expected ${show(actual)} to contain ${show(expected)}`, msg);
}

/** Fails unless the text matches. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) throw failure(`Expected ${show(actual)} to match ${expected}`, msg);
}

/** Fails unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) throw failure(`Expected ${show(actual)} > ${show(expected)}`, msg);
}

/** Fails unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) throw failure(`Expected ${show(actual)} <= ${show(expected)}`, msg);
}

/** Fails unless the value is an error of the class whose message has the text in it. */
function assertIsError<E extends Error = Error>(
  error: unknown,
  // As in the package: constructors of any parameters.
  // deno-lint-ignore no-explicit-any
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes: string | undefined,
  msg: string | undefined,
): asserts error is E {
  if (!(error instanceof Error)) throw failure(`Expected an error, got ${show(error)}`, msg);
  if (!(error instanceof ErrorClass)) {
    throw failure(`Expected a ${ErrorClass.name}, got ${error.name}: ${error.message}`, msg);
  }
  if (msgIncludes !== undefined) assertStringIncludes(error.message, msgIncludes, msg);
}

/** Fails unless the function throws. @returns what it threw */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Fails unless the function throws an error of the class whose message has the text in it. @returns the error */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  // deno-lint-ignore no-explicit-any
  errorClassOrMsg?: (abstract new (...args: any[]) => E) | string,
  msgIncludes?: string,
  msg?: string,
): E | unknown {
  let thrown: { error: unknown } | null = null;
  try {
    fn();
  } catch (error) {
    thrown = { error };
  }
  return checkThrown(thrown, "throw", errorClassOrMsg, msgIncludes, msg);
}

/** Fails unless the promise rejects. @returns what it rejected with */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Fails unless the promise rejects with an error of the class whose message has the text in it. @returns the error */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any
  ErrorClass: abstract new (...args: any[]) => E,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  // deno-lint-ignore no-explicit-any
  errorClassOrMsg?: (abstract new (...args: any[]) => E) | string,
  msgIncludes?: string,
  msg?: string,
): Promise<E | unknown> {
  let thrown: { error: unknown } | null = null;
  let promise: PromiseLike<unknown> | undefined;
  try {
    promise = fn();
    await promise;
  } catch (error) {
    if (promise === undefined) throw failure("Expected a rejected promise, but the function threw", msg);
    thrown = { error };
  }
  return checkThrown(thrown, "reject", errorClassOrMsg, msgIncludes, msg);
}

function checkThrown<E extends Error>(
  thrown: { error: unknown } | null,
  verb: string,
  // deno-lint-ignore no-explicit-any
  errorClassOrMsg: (abstract new (...args: any[]) => E) | string | undefined,
  msgIncludes: string | undefined,
  msg: string | undefined,
): unknown {
  const text = typeof errorClassOrMsg === "string" ? errorClassOrMsg : msg;
  if (thrown === null) throw failure(`Expected the function to ${verb}`, text);
  if (typeof errorClassOrMsg === "function") assertIsError(thrown.error, errorClassOrMsg, msgIncludes, text);
  return thrown.error;
}
