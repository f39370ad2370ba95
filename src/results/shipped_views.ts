import type { View } from "./schema.ts";
export const SHIPPED_VIEWS: readonly View[] = [];
