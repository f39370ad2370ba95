/**
 * The functions of `@std/assert` that this project uses, over `node:assert`, with the same names and signatures.
 *
 * Tests import `@std/assert`; deno.json resolves the name to this file, because the registry that has the package
 * cannot be reached everywhere this is built and tested. To take the package instead, change that one line.
 *
 * @module
 */
import nodeAssert from "node:assert";
import { isDeepStrictEqual } from "node:util";

/** Thrown when an assertion fails. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** A class, also an abstract one. */
// Constructors of any parameters: `unknown[]` would refuse most of them.
// deno-lint-ignore no-explicit-any
export type AnyConstructor = abstract new (...args: any[]) => any;

/** What instances of a class are. */
export type GetConstructorType<T extends AnyConstructor> = InstanceType<T>;

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

/** Fails always. */
export function fail(msg?: string): never {
  throw new AssertionError(msg ? `Failed assertion: ${msg}` : "Failed assertion");
}

/** Fails unless both have the same value, deeply; objects of one class are equal when their members are. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  reporting(() => nodeAssert.deepStrictEqual(actual, expected), msg);
}

/** Fails when both have the same value, deeply. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (isDeepStrictEqual(actual, expected)) throw failure(`Expected another value than ${show(expected)}`, msg);
}

/** Fails unless both are the same by `Object.is`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  reporting(() => nodeAssert.strictEqual(actual, expected), msg);
}

/** Fails when both are the same by `Object.is`. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (Object.is(actual, expected)) throw failure(`Expected another value than ${show(expected)}`, msg);
}

/** Fails for null and undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) throw failure(`Expected a value, got ${show(actual)}`, msg);
}

/** Fails unless the value is true or like it. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is false {
  if (expr) throw new AssertionError(msg || "Expected a false value");
}

/** Fails unless the value is an instance of the class. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is GetConstructorType<T> {
  if (actual instanceof expectedType) return;
  throw failure(`Expected an instance of ${expectedType.name}, got ${show(actual)}`, msg || undefined);
}

/** Fails unless the text has the other in it. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) throw failure(`Expected ${show(actual)} to contain ${show(expected)}`, msg);
}

/** Fails unless the text matches. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) throw failure(`Expected ${show(actual)} to match ${expected}`, msg);
}

/** Fails when the text matches. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (expected.test(actual)) throw failure(`Expected ${show(actual)} not to match ${expected}`, msg);
}

/** What can be looked through for values. */
export type ArrayLikeArg<T> = ArrayLike<T> & object;

/** Fails unless every expected value is in the array, deeply equal. */
export function assertArrayIncludes<T>(actual: ArrayLikeArg<T>, expected: ArrayLikeArg<T>, msg?: string): void {
  const values = Array.from(actual);
  const missing = Array.from(expected).filter((wanted) => !values.some((value) => isDeepStrictEqual(value, wanted)));
  if (missing.length > 0) throw failure(`Expected ${show(actual)} to include ${show(missing)}`, msg);
}

/** Fails unless the object has the members of `expected`, deeply; it may have others. */
export function assertObjectMatch(
  // As in the package: an object of any members.
  // deno-lint-ignore no-explicit-any
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  reporting(() => nodeAssert.deepStrictEqual(restricted(actual, expected), expected), msg);
}

/** The part of a value that the expected one speaks of. */
function restricted(actual: unknown, expected: unknown): unknown {
  if (typeof actual !== "object" || actual === null || typeof expected !== "object" || expected === null) return actual;
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return actual;
    return actual.map((value, index) => index < expected.length ? restricted(value, expected[index]) : value);
  }
  if (Object.getPrototypeOf(expected) !== Object.prototype) return actual;
  const members = actual as Record<PropertyKey, unknown>;
  const wanted = Reflect.ownKeys(expected).filter((key) => key in members);
  return Object.fromEntries(
    wanted.map((key) => [key, restricted(members[key], (expected as Record<PropertyKey, unknown>)[key])]),
  );
}

/** Fails unless two numbers are within `tolerance` of each other; by default a ten-millionth of the expected one. */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  if (Math.abs(expected - actual) <= allowed) return;
  throw failure(`Expected ${actual} to be within ${allowed} of ${expected}`, msg);
}

/** Fails unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) throw failure(`Expected ${show(actual)} > ${show(expected)}`, msg);
}

/** Fails unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) throw failure(`Expected ${show(actual)} >= ${show(expected)}`, msg);
}

/** Fails unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) throw failure(`Expected ${show(actual)} < ${show(expected)}`, msg);
}

/** Fails unless `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) throw failure(`Expected ${show(actual)} <= ${show(expected)}`, msg);
}

/** Fails unless the value is an error of the class whose message has the text in it. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  // As in the package: constructors of any parameters.
  // deno-lint-ignore no-explicit-any
  ErrorClass?: abstract new (...args: any[]) => E,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) throw failure(`Expected an error, got ${show(error)}`, msg);
  if (ErrorClass && !(error instanceof ErrorClass)) {
    throw failure(`Expected a ${ErrorClass.name}, got ${error.name}: ${error.message}`, msg);
  }
  if (typeof msgMatches === "string") assertStringIncludes(error.message, msgMatches, msg);
  if (msgMatches instanceof RegExp) assertMatch(error.message, msgMatches, msg);
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
