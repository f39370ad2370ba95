/**
 * What is selected, for all pictures of the page together.
 *
 * @module
 */
import type { Item } from "./recording.ts";

export interface Selected {
  /** What was chosen, and then what belongs to it; empty: nothing. */
  readonly items: readonly Item[];
  /** Number of the finding that is shown, from 0; null: none. */
  readonly finding: number | null;
}

const NOTHING: Selected = { items: [], finding: null };

export class Selection {
  #current = NOTHING;
  readonly #listeners: ((selected: Selected) => void)[] = [];

  get current(): Selected {
    return this.#current;
  }

  set(items: readonly Item[], finding: number | null = null): void {
    this.#current = { items, finding };
    for (const listener of this.#listeners) listener(this.#current);
  }

  clear(): void {
    this.set(NOTHING.items);
  }

  onChange(listener: (selected: Selected) => void): void {
    this.#listeners.push(listener);
  }
}
