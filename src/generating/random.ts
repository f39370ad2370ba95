/**
 * Numbers that look random and are the same for the same seed, on every machine.
 *
 * The generator is sfc32 (Chris Doty-Humphrey, PractRand), seeded through splitmix32.
 *
 * @module
 */

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    let state = seed >>> 0;
    const next = () => {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ (state >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return z ^ (z >>> 15);
    };
    [this.#a, this.#b, this.#c] = [next(), next(), next()];
    for (let warm = 0; warm < 12; warm++) this.word();
  }

  /** 32 bits, unsigned. */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** In [0, 1). */
  fraction(): number {
    return this.word() / 2 ** 32;
  }

  /** A whole number in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound);
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
