/** Thrown by the functions of this file, caught by {@link readValue}. */
class OtherShape extends Error {}

/** No residue has more digits than q, and a longer text is refused before it becomes a number. */
const DECIMAL = /^(?:0|[1-9][0-9]{0,76})$/;

/**
 * @returns undefined for a value of another shape. One that throws while it is read (a getter, a proxy) is of another shape too.
 */
export function readValue<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/**
 * The members of an object that has these of its own and no others. An inherited member counts as absent, so that nothing on a
 * prototype is taken for a part of a key.
 */
export function membersOf<Name extends string>(
  value: unknown,
  names: readonly Name[],
): Record<Name, unknown> {
  if (typeof value !== 'object' || value === null) throw new OtherShape();
  const isOwn = names.every((name) => Object.hasOwn(value, name));
  if (!isOwn || Reflect.ownKeys(value).length !== names.length) throw new OtherShape();
  return value as Record<Name, unknown>;
}

/** How many items an array has. */
export function lengthOf(value: unknown): number {
  if (!Array.isArray(value)) throw new OtherShape();
  return value.length;
}

/** The items of an array of just this length, each read once. */
export function itemsOf(value: unknown, length: number): unknown[] {
  if (lengthOf(value) !== length) throw new OtherShape();
  return Array.from({ length }, (_, index) => (value as readonly unknown[])[index]);
}

/** A text that has this value and no other. */
export function wordOf<Word extends string>(value: unknown, word: Word): Word {
  if (value !== word) throw new OtherShape();
  return word;
}

/** A whole number from `min` to `max`. */
export function wholeNumberOf(value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw new OtherShape();
  return value;
}

/**
 * A residue in decimal, below the modulus, without sign and leading zeros: each has one spelling. With a second one (x + r) the
 * same proof would stand for another list of signals.
 */
export function decimalOf(value: unknown, modulus: bigint): string {
  if (typeof value !== 'string' || !DECIMAL.test(value) || BigInt(value) >= modulus) throw new OtherShape();
  return value;
}
