/**
 * Memory of what is over.
 *
 * Tasks that have large things to do are started so that it goes back to the system: `--heap-growing-percent` has every
 * worker's heap collected when it has grown by half, where V8 would let it grow to several times of what is held; and
 * glibc has one arena for all threads, and pieces from 128 KB on to themselves (`MALLOC_...`, see mallopt(3)), where each
 * thread would keep what it has freed for itself.
 *
 * @module
 */

/** Bytes of a heap that are worth the tenth of a second, or some, that it takes. */
const LARGE = 48 << 20;

/**
 * Has what nobody holds any more collected now, and the memory given back, where the process has been started with V8's
 * `--expose-gc`, as the tasks are. For large things that are over while nothing else of this thread is about to be made:
 * V8 looks for garbage when it is asked for memory, so that meanwhile it would stay beside what other threads need.
 */
export function letGoOfGarbage(): void {
  const { heapTotal, external } = Deno.memoryUsage();
  if (heapTotal + external < LARGE) return;
  const { gc } = globalThis as { gc?: (how: { type: "major"; flavor: "last-resort" }) => void };
  // Any other flavor leaves what is held where it is, on pages that are nearly empty.
  gc?.({ type: "major", flavor: "last-resort" });
}
