// Decode binary answers: a JSON header whose references are replaced by typed arrays.
const KINDS = { f8: Float64Array, f4: Float32Array, u4: Uint32Array };

/** The header of an answer with arrays for its references; equal references become the same object. */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return resolved(header, buffer, 4 + length);
}

/** A header whose references count from `start` of a buffer, with arrays in their place. */
export function resolved(header, buffer, start = 0) {
  const arrays = new Map();
  const array = ({ at, n, type }) => {
    const key = `${at} ${n} ${type}`;
    if (!arrays.has(key)) arrays.set(key, new KINDS[type](buffer, start + at, n));
    return arrays.get(key);
  };
  const resolve = (value) => {
    if (Array.isArray(value)) return value.map(resolve);
    if (value === null || typeof value !== "object") return value;
    if ("at" in value && "type" in value) return array(value);
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolve(each)]));
  };
  return resolve(header);
}
