/** Numbers from a seed (mulberry32), so that a run can be repeated. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return { below: (bound) => (bound <= 1 ? 0 : next() % bound), next };
}

const INTERESTING = [
  0x00, 0x01, 0x0a, 0x20, 0x22, 0x2c, 0x30, 0x37, 0x38, 0x5c, 0x7b, 0x7f, 0x80, 0x81, 0xb7, 0xb8, 0xb9, 0xbf,
  0xc0, 0xed, 0xf7, 0xf8, 0xff,
];

const edits = [
  (bytes, random) => {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  },
  (bytes, random) => void (bytes[random.below(bytes.length)] = INTERESTING[random.below(INTERESTING.length)]),
  (bytes, random) => void (bytes[random.below(bytes.length)] = random.below(256)),
  (bytes, random) => {
    const at = random.below(bytes.length);
    bytes[at] = ((bytes[at] ?? 0) + random.below(9) - 4) & 0xff;
  },
  (bytes, random) => void bytes.splice(random.below(bytes.length), 1 + random.below(8)),
  (bytes, random) => {
    const from = random.below(bytes.length);
    const chunk = bytes.slice(from, from + 1 + random.below(32));
    bytes.splice(random.below(bytes.length + 1), 0, ...chunk);
  },
  (bytes, random) => void bytes.splice(random.below(bytes.length + 1), 0, random.below(256)),
  (bytes, random) => void bytes.splice(random.below(bytes.length)),
  (bytes, random, { dictionary }) => {
    if (dictionary.length > 0)
      bytes.splice(random.below(bytes.length + 1), 0, ...dictionary[random.below(dictionary.length)]);
  },
  (bytes, random, { dictionary }) => {
    if (dictionary.length === 0) return;
    const token = dictionary[random.below(dictionary.length)];
    bytes.splice(random.below(bytes.length), token.length, ...token);
  },
  (bytes, random, { other }) => {
    const from = random.below(other.length);
    const chunk = other.slice(from, from + 1 + random.below(64));
    bytes.splice(random.below(bytes.length + 1), random.below(2) * chunk.length, ...chunk);
  },
];

/** A changed copy of an input: one to eight edits, most often one. */
export function mutate(input, random, { other, dictionary, bytesMax }) {
  const bytes = [...input];
  const count = 1 + (random.below(2) ? random.below(3) : random.below(8));
  for (let done = 0; done < count; done += 1)
    edits[random.below(edits.length)](bytes, random, { other, dictionary });
  return Uint8Array.from(bytes.slice(0, bytesMax));
}
