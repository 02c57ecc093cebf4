import { canonicalBytes } from '@touchstone/canonical-json';
import { EVENT_LENGTH_REFUSED } from '@touchstone/merkle';

/** A stream of numbers in [0, 1) that is the same in every run (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const CHARACTERS = [
  'a',
  'Z',
  '0',
  '-',
  '"',
  '\\',
  '/',
  '\n',
  '\u0001',
  '\u007f',
  'é',
  'ß',
  '\u2028',
  '€',
  '\ue000',
  '\uff5e',
  '\u{1f600}',
  '\u{10ffff}',
];

/** Texts of events, each with an id of its own; numbers, texts and nesting are whatever JSON allows. */
export function randomEvents(random: () => number, count: number): string[] {
  const below = (most: number): number => Math.floor(random() * most);
  const text = (length: number): string =>
    Array.from({ length }, () => CHARACTERS[below(CHARACTERS.length)]).join('');
  const number = (): number => {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setUint32(0, below(2 ** 32));
    bits.setUint32(4, below(2 ** 32));
    const any = bits.getFloat64(0);
    const fits = Math.abs(any) <= Number.MAX_SAFE_INTEGER;
    return [below(1000), -random() * 1e-6, random() * 10 ** below(16), fits ? any : 5e-324][
      below(4)
    ] as number;
  };
  const value = (depth: number): unknown => {
    const kind = below(depth > 0 ? 7 : 5);
    if (kind === 0) return text(below(12));
    if (kind <= 2) return number();
    if (kind === 3) return random() < 0.5;
    if (kind === 4) return null;
    const items = Array.from({ length: below(4) }, () => value(depth - 1));
    return kind === 5 ? items : Object.fromEntries(items.map((item, index) => [`${text(2)}${index}`, item]));
  };
  const spelled = (json: string): string =>
    random() < 0.3
      ? json.replaceAll(
          /[\u007f-\uffff]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
        )
      : json;
  return Array.from({ length: count }, (_, index) => {
    const event = { data: value(3), id: `${text(below(6))}${index}`, [text(3)]: value(1) };
    // Version 1 takes none of 64 bytes, which chance brings about every few hundred events.
    const kept = canonicalBytes(event).length === EVENT_LENGTH_REFUSED ? { ...event, longer: true } : event;
    return spelled(JSON.stringify(kept, null, below(3))).replaceAll('\n', ' ');
  });
}
