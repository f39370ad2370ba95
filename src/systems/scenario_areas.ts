/**
 * The areas of memory that the tasks of a scenario have: declared ones, mappings of files that tasks have without having
 * been told to make them, buffers.
 *
 * @module
 */

import type { MappingSync } from "../machine/page_table.ts";
import type { Place } from "../scenarios/place.ts";
import type { Mapped, Scenario } from "../scenarios/scenario.ts";

/** Part of an address space that is there from the beginning. */
export interface AreaPlan {
  readonly mm: string;
  /** Null: addresses that nothing is mapped at. */
  readonly maps:
    | { readonly kind: "anon" }
    | {
      readonly kind: "file";
      readonly file: string;
      readonly pgoff: number;
      readonly mode: "shared" | "private";
      readonly sync: MappingSync;
    }
    | null;
  readonly npages: number;
  /** Content of anonymous memory by sector; zeros behind it. Pages [0, present) are there. */
  readonly tokens: readonly string[];
  /** Pages of it that are mapped already. */
  readonly presentFirst: number;
  readonly presentEnd: number;
  /** Name of a declared area; null: it has none. */
  readonly named: string | null;
}

/** Pages of an area. */
export interface AreaPart {
  readonly area: number;
  readonly page: number;
  readonly npages: number;
}

/** Whether an area was asked for with MAP_SYNC. */
export function syncOf({ flags }: Extract<Mapped, { kind: "file" }>): MappingSync {
  return flags.includes("MAP_SYNC") ? "map_sync" : "none";
}

/** Puts the areas together that the scenario's operations and maps need. */
export class Areas {
  readonly areas: AreaPlan[] = [];
  readonly #scenario: Scenario;
  readonly #named = new Map<string, number>();
  /** Areas through which a task loads, stores and hands buffers over: one a file and mode. */
  readonly #implicit = new Map<string, { area: number; first: number }>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    for (const [name, { mapped, mm, present }] of Object.entries(scenario.maps)) {
      const plan = this.#mappedAs(mapped);
      this.#named.set(
        name,
        this.#add({
          mm,
          ...plan,
          tokens: [],
          presentFirst: present?.firstPage ?? 0,
          presentEnd: present === null ? 0 : Math.min(present.lastPage + 1, plan.npages),
          named: name,
        }),
      );
    }
  }

  #add(area: AreaPlan): number {
    this.areas.push(area);
    return this.areas.length - 1;
  }

  #mappedAs(mapped: Mapped): Pick<AreaPlan, "maps" | "npages"> {
    if (mapped.kind === "anon") return { maps: { kind: "anon" }, npages: mapped.pages };
    const { first, npages } = this.pagesOf(mapped.place);
    const { mode } = mapped;
    return { maps: { kind: "file", file: mapped.place.name, pgoff: first, mode, sync: syncOf(mapped) }, npages };
  }

  /** Pages that a place in a file means. */
  pagesOf({ name, range }: Place): { first: number; npages: number } {
    if (range !== null) return { first: range.firstPage, npages: range.lastPage - range.firstPage + 1 };
    const { size } = this.#scenario.files[name];
    return { first: 0, npages: size.pages + (size.sectors > 0 ? 1 : 0) };
  }

  /** Addresses for what a task will map, where nothing is mapped yet. */
  reserve(mm: string, mapped: Mapped, name: string | null): AreaPart {
    const { npages } = this.#mappedAs(mapped);
    const area = this.#add({ mm, maps: null, npages, tokens: [], presentFirst: 0, presentEnd: 0, named: name });
    if (name !== null) this.#named.set(name, area);
    return { area, page: 0, npages };
  }

  namedPart(name: string, place: Place): AreaPart {
    const area = this.#named.get(name)!;
    const { npages } = this.areas[area];
    const { range } = place;
    if (range === null) return { area, page: 0, npages };
    return { area, page: range.firstPage, npages: Math.min(range.lastPage, npages - 1) - range.firstPage + 1 };
  }

  isNamed(name: string): boolean {
    return this.#named.has(name);
  }

  /** The mapping of a file that tasks of an address space have without having been told to make one. */
  implicit(mm: string, place: Place, mode: "shared" | "private"): AreaPart {
    const { first, npages } = this.pagesOf(place);
    const key = `${mm} ${place.name} ${mode}`;
    const known = this.#implicit.get(key);
    if (known === undefined) {
      const maps = { kind: "file", file: place.name, pgoff: first, mode, sync: "none" } as const;
      const area = this.#add({ mm, maps, npages, tokens: [], presentFirst: 0, presentEnd: 0, named: null });
      this.#implicit.set(key, { area, first });
      return { area, page: 0, npages };
    }
    return { area: known.area, page: first - known.first, npages };
  }

  /** Widens implicit mappings, before anything is planned with them, to all pages that are used of a file. */
  declareImplicit(mm: string, place: Place, mode: "shared" | "private"): void {
    const { first, npages } = this.pagesOf(place);
    const key = `${mm} ${place.name} ${mode}`;
    const known = this.#implicit.get(key);
    if (known === undefined) {
      this.implicit(mm, place, mode);
      return;
    }
    const area = this.areas[known.area];
    const from = Math.min(known.first, first);
    const to = Math.max(known.first + area.npages, first + npages);
    known.first = from;
    this.areas[known.area] = {
      ...area,
      maps: { kind: "file", file: place.name, pgoff: from, mode, sync: "none" },
      npages: to - from,
    };
  }

  implicitParts(mm: string, place: Place): AreaPart[] {
    const { first, npages } = this.pagesOf(place);
    const parts: AreaPart[] = [];
    for (const mode of ["shared", "private"]) {
      const known = this.#implicit.get(`${mm} ${place.name} ${mode}`);
      if (known === undefined) continue;
      const from = Math.max(first, known.first);
      const to = Math.min(first + npages, known.first + this.areas[known.area].npages);
      if (to > from) parts.push({ area: known.area, page: from - known.first, npages: to - from });
    }
    return parts;
  }

  anonymous(mm: string, npages: number, tokens: readonly string[]): AreaPart {
    const maps = { kind: "anon" } as const;
    const area = this.#add({ mm, maps, npages, tokens, presentFirst: 0, presentEnd: npages, named: null });
    return { area, page: 0, npages };
  }

  unreachable(mm: string, npages: number): AreaPart {
    const area = this.#add({ mm, maps: null, npages, tokens: [], presentFirst: 0, presentEnd: 0, named: null });
    return { area, page: 0, npages };
  }

  /** What is left when a named area holds the content of the first write from it. */
  fillNamed(area: number, tokens: readonly string[]): void {
    const plan = this.areas[area];
    if (plan.maps?.kind !== "anon" || plan.tokens.length > 0) return;
    this.areas[area] = { ...plan, tokens };
  }
}
