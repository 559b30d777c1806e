// Decode binary answers: a JSON header whose references are replaced by typed arrays.
const KINDS = { f8: Float64Array, f4: Float32Array, u4: Uint32Array };

/** The header of an answer with its arrays in place; arrays that are the same in the answer are the same object. */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const start = 4 + length;
  const known = new Map();
  const array = ({ at, n, type }) => {
    const key = `${at} ${n} ${type}`;
    if (!known.has(key)) known.set(key, new KINDS[type](buffer, start + at, n));
    return known.get(key);
  };
  const place = (value) => {
    if (Array.isArray(value)) return value.map(place);
    if (value === null || typeof value !== "object") return value;
    if ("at" in value && "type" in value) return array(value);
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, place(each)]));
  };
  return place(header);
}
