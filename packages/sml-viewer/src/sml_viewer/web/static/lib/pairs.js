// Pairs of columns as keys of a configuration and of the address.

/** The key of a pair: "x-y", or a JSON list of two if that would be ambiguous. The server has the same rule. */
export function pairKey(pair) {
  const plain = !pair.some((name) => name.includes("-")) && !pair[0].startsWith("[");
  return plain ? pair.join("-") : JSON.stringify(pair);
}

/**
 * The key of a pair in `overrides`: its own, or the legacy "x-y", which belongs to the first of the drawn pairs
 * that matches.
 */
export function overrideKey(overrides, key, drawn = []) {
  const older = key.startsWith("[") ? JSON.parse(key).join("-") : key;
  if (!overrides || key in overrides || !(older in overrides)) return key;
  const owner = drawn.find((pair) => pair.join("-") === older);
  return !owner || pairKey(owner) === key ? older : key;
}
