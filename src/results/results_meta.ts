export function readMeta(){}
