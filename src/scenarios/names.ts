/**
 * What a scenario's parts call each other by, and the checks that whatever is named is there.
 *
 * @module
 */

import { DEFAULT_FILES, DEFAULT_SIZE } from "./defaults.ts";
import { parsePlace, type Place, placeText, type Range, sectorsOf } from "./place.ts";
import type { KeyPath } from "./problems.ts";
import { didYouMean, type Reader } from "./reader.ts";
import type { Bounds } from "./scenario.ts";

/** What a place may be in. */
export type PlaceIn = "file" | "map" | "file or map";

export interface DeclaredNames {
  /** Files that are declared, and which of them say how large they are. */
  readonly files: ReadonlyMap<string, { readonly saysSize: boolean }>;
  /** Areas of memory: declared ones and those that tasks make. */
  readonly maps: ReadonlySet<string>;
}

export class Names {
  /** Files that something names, in the order in which they were met. */
  readonly filesUsed = new Set<string>();
  readonly #reader: Reader;
  readonly #declared: DeclaredNames;
  readonly #bounds: Bounds;

  constructor(reader: Reader, declared: DeclaredNames, bounds: Bounds) {
    this.#reader = reader;
    this.#declared = declared;
    this.#bounds = bounds;
    for (const file of declared.files.keys()) this.filesUsed.add(file);
  }

  isFile(name: string): boolean {
    return this.#declared.files.has(name) ||
      (DEFAULT_FILES as readonly string[]).includes(name) && !this.#declared.maps.has(name);
  }

  isMap(name: string): boolean {
    return this.#declared.maps.has(name);
  }

  /** Checks the name of a file. */
  file(name: string, path: KeyPath): boolean {
    if (this.isFile(name)) {
      this.filesUsed.add(name);
      return true;
    }
    const files = new Set([...this.#declared.files.keys(), ...DEFAULT_FILES]);
    this.#reader.problem(
      path,
      this.isMap(name)
        ? `expected a file, ${name} is an area of memory`
        : `no file ${name}${didYouMean(name, files) || `: files are ${[...files].join(", ")}, others go under files`}`,
    );
    return false;
  }

  /** Checks the name of an area of memory. */
  map(name: string, path: KeyPath): boolean {
    if (this.isMap(name)) return true;
    const hint = this.isFile(name)
      ? `, ${name} is a file: "map ${name}[...]" is memory that maps it`
      : didYouMean(name, this.#declared.maps) || ": areas go under maps";
    this.#reader.problem(path, `no area of memory ${name}${hint}`);
    return false;
  }

  /** Reads a place and checks that it is there; undefined when not. */
  place(text: string, path: KeyPath, where: PlaceIn): Place | undefined {
    const place = parsePlace(text);
    const known = where === "file" || where === "file or map" && !this.isMap(place.name)
      ? this.file(place.name, path)
      : this.map(place.name, path);
    if (!known) return undefined;
    if (place.range === null) return place;
    if (!this.range(place.range, path, placeText(place))) return undefined;
    if (this.isFile(place.name)) this.#checkSize(place.name, place.range, path);
    return place;
  }

  /** Checks that a range is one, and within the bounds. */
  range(range: Range, path: KeyPath, text: string): boolean {
    const { pages, SECTORS_PER_PAGE } = this.#bounds;
    const sector = Math.max(range.firstSector, range.lastSector ?? 0);
    if (sector >= SECTORS_PER_PAGE) {
      this.#reader.problem(
        path,
        `${text} names sector ${sector} of a page, a page has ${SECTORS_PER_PAGE}: bounds: { SECTORS_PER_PAGE: ... }`,
      );
      return false;
    }
    const page = Math.max(range.firstPage, range.lastPage);
    if (page >= pages) {
      this.#reader.problem(path, `${text} names page ${page}, a file has at most ${pages}: bounds: { pages: ... }`);
      return false;
    }
    const { from, to } = sectorsOf(range, SECTORS_PER_PAGE);
    if (to <= from) {
      this.#reader.problem(path, `${text} ends before it begins`);
      return false;
    }
    return true;
  }

  /** A page beyond the default size is more likely a size forgotten than an extension meant. */
  #checkSize(file: string, range: Range, path: KeyPath): void {
    if (range.lastPage < DEFAULT_SIZE.pages || this.#declared.files.get(file)?.saysSize) return;
    this.#reader.problem(
      path,
      `page ${range.lastPage} lies beyond the default size of ${DEFAULT_SIZE.pages} pages: give ${file} a size under files ` +
        `(${range.lastPage + 1} to have the page, ${DEFAULT_SIZE.pages} to extend the file)`,
    );
  }
}
