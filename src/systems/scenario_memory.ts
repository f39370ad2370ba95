/**
 * The memory of a scenario's tasks in one run: address spaces, and the areas that are in them.
 *
 * @module
 */

import type { AddressSpace } from "../machine/address_space.ts";
import { Mm, type Segment } from "../machine/page_table.ts";
import type { Fairness } from "../machine/rwsem.ts";
import { type Token, ZERO } from "../machine/tokens.ts";
import { UserBuffer } from "../machine/user_buffer.ts";
import type { World } from "../machine/world.ts";
import type { AreaPart, AreaPlan } from "./scenario_areas.ts";
import type { ScenarioPlan } from "./scenario_plan.ts";

/** An area in its address space. */
export interface Area {
  readonly mm: Mm;
  readonly segment: Segment;
}

export class ScenarioMemory {
  /** In the order of the plan. */
  readonly mms: readonly Mm[];
  readonly areas: readonly Area[];
  readonly #byName = new Map<string, Mm>();

  /** @param mappingOf the page cache of a file */
  constructor(
    world: World,
    plan: ScenarioPlan,
    sectorsPerPage: number,
    mappingOf: (file: string) => AddressSpace,
    fairness: Fairness,
  ) {
    for (const name of plan.mms) this.#byName.set(name, new Mm(world, name, sectorsPerPage, fairness));
    this.mms = [...this.#byName.values()];
    this.areas = plan.areas.map((area) => this.#make(area, sectorsPerPage, mappingOf));
  }

  buffer(parts: readonly AreaPart[]): UserBuffer {
    return new UserBuffer(this.areas[parts[0].area].mm, parts.map((part) => this.segment(part)));
  }

  segment({ area, page, npages }: AreaPart): Segment {
    return { vpn: this.areas[area].segment.vpn + page, npages };
  }

  #make(plan: AreaPlan, sectorsPerPage: number, mappingOf: (file: string) => AddressSpace): Area {
    const mm = this.#byName.get(plan.mm)!;
    const { maps, npages, presentFirst, presentEnd } = plan;
    if (maps === null) return { mm, segment: mm.reserve(npages) };
    if (maps.kind === "anon") {
      const present = presentFirst === 0 ? presentEnd : 0;
      return { mm, segment: mm.anonymous(npages, contentOf(plan, present * sectorsPerPage)) };
    }
    const mapping = mappingOf(maps.file);
    const segment = mm.mapFile(mapping, maps.pgoff, npages, maps.mode, maps.sync);
    for (let page = presentFirst; page < presentEnd; page++) {
      const folio = mapping.peekFolio(maps.pgoff + page);
      if (folio !== null) mm.pte(segment.vpn + page).install(folio, "read_only");
    }
    return { mm, segment };
  }
}

function contentOf({ tokens }: AreaPlan, sectors: number): Token[] {
  const content: Token[] = [];
  for (let sector = 0; sector < sectors; sector++) content.push(tokens[sector] ?? ZERO);
  return content;
}
