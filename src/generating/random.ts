/**
 * Random numbers of the distributions that generated recordings need.
 *
 * @module
 */
import { RandomSource } from "../exploring/random_source.ts";

/** A seeded source that also draws from continuous distributions. */
export class Random extends RandomSource {
  /** In [0, 1). */
  fraction(): number {
    return this.next() / 2 ** 32;
  }

  /** Of the standard normal distribution (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.fraction())) * Math.cos(2 * Math.PI * this.fraction());
  }

  /** A whole number, at least 1, of the log-normal distribution with this median. */
  logNormal(median: number, spread: number): number {
    return Math.max(1, Math.round(spread === 0 ? median : median * Math.exp(spread * this.normal())));
  }
}
