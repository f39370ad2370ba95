/**
 * Memory of what is over.
 *
 * @module
 */

/**
 * Has what nobody holds any more collected now, where the process has been started with V8's `--expose-gc`, as the tasks
 * are. For large things that are over while nothing else of this thread is about to be made: V8 looks for garbage when it
 * is asked for memory, so that meanwhile it would stay beside what other threads need.
 */
export function letGoOfGarbage(): void {
  (globalThis as { gc?: () => void }).gc?.();
}
