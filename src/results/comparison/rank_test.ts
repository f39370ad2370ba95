/**
 * The Mann-Whitney U test of whether one sample tends to larger values than another, and Holm's correction of many such
 * tests.
 *
 * Sources: H. B. Mann, D. R. Whitney, "On a test of whether one of two random variables is stochastically larger than
 * the other", 1947; S. Holm, "A simple sequentially rejective multiple test procedure", 1979. The normal approximation
 * with the correction for ties and for continuity; samples of fewer than {@linkcode SAMPLE_MIN} values are not tested.
 *
 * @module
 */

/** Below this the normal approximation is not to be trusted. */
export const SAMPLE_MIN = 8;

/** What the test says of two samples. */
export interface RankTest {
  /** Probability of a difference at least as large, either way, if both are of one distribution. */
  readonly p: number;
  /** Share of pairs in which the value of the second sample is the larger one, ties half; 0.5: no tendency. */
  readonly shareLarger: number;
}

/**
 * Two-sided test.
 *
 * @param a values in any order, at least {@linkcode SAMPLE_MIN}
 * @param b the same
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): RankTest {
  const all = [...a.map((value) => ({ value, isB: false })), ...b.map((value) => ({ value, isB: true }))];
  all.sort((x, y) => x.value - y.value);
  let [rankSum, tieSum] = [0, 0];
  for (let from = 0; from < all.length;) {
    let to = from;
    while (to < all.length && all[to].value === all[from].value) to++;
    const rank = (from + 1 + to) / 2;
    const ties = to - from;
    tieSum += ties ** 3 - ties;
    for (let at = from; at < to; at++) if (all[at].isB) rankSum += rank;
    from = to;
  }
  const [n, m, total] = [a.length, b.length, all.length];
  const u = rankSum - (m * (m + 1)) / 2;
  const mean = (n * m) / 2;
  const deviation = Math.sqrt(((n * m) / 12) * (total + 1 - tieSum / (total * (total - 1))));
  const distance = Math.max(0, Math.abs(u - mean) - 0.5);
  const p = deviation === 0 ? 1 : Math.min(1, 2 * upperTail(distance / deviation));
  return { p, shareLarger: u / (n * m) };
}

/** Probability that a standard normal value is larger than z >= 0; error below 1.2e-7 of the value (Chebyshev fit of erfc). */
function upperTail(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const terms = [
    0.17087277,
    -0.82215223,
    1.48851587,
    -1.13520398,
    0.27886807,
    -0.18628806,
    0.09678418,
    0.37409196,
    1.00002368,
    -1.26551223,
  ];
  const polynomial = terms.reduce((sum, term) => sum * t + term, 0);
  return 0.5 * t * Math.exp(-x * x + polynomial);
}

/**
 * Probabilities as they are when so many tests are made: the chance that any of them raises a false alarm at a level is
 * at most that level then.
 *
 * @returns in the order of the argument
 */
export function holm(probabilities: readonly number[]): number[] {
  const order = probabilities.map((_p, index) => index).sort((a, b) => probabilities[a] - probabilities[b]);
  const adjusted = new Array<number>(probabilities.length);
  let largest = 0;
  order.forEach((index, place) => {
    largest = Math.max(largest, Math.min(1, probabilities[index] * (probabilities.length - place)));
    adjusted[index] = largest;
  });
  return adjusted;
}
