/**
 * Words by number, in the order in which they were met.
 *
 * @module
 */
export class Dictionary {
  readonly words: string[] = [];
  readonly #codes = new Map<string, number>();

  /** The word's number, from 0. */
  code(word: string): number {
    let code = this.#codes.get(word);
    if (code === undefined) {
      code = this.words.length;
      this.#codes.set(word, code);
      this.words.push(word);
    }
    return code;
  }
}
