/** One value of DER with the content of these parts. */
export function der(tag: number, ...parts: readonly Iterable<number>[]): Uint8Array {
  const bytes = parts.flatMap((part) => [...part]);
  const size = bytes.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Uint8Array.from([tag, ...length, ...bytes]);
}

export const sequence = (...parts: readonly Iterable<number>[]): Uint8Array => der(0x30, ...parts);
export const set = (...parts: readonly Iterable<number>[]): Uint8Array => der(0x31, ...parts);
export const octets = (...parts: readonly Iterable<number>[]): Uint8Array => der(0x04, ...parts);
export const bits = (...parts: readonly Iterable<number>[]): Uint8Array => der(0x03, [0], ...parts);
export const explicit = (number: number, ...parts: readonly Iterable<number>[]): Uint8Array =>
  der(0xa0 | number, ...parts);
export const text = (characters: string): Uint8Array => new TextEncoder().encode(characters);
export const yes = der(0x01, [0xff]);
export const nothing = der(0x05);

export function integer(value: number | bigint, tag = 0x02): Uint8Array {
  const hex = BigInt(value).toString(16);
  const bytes = [...Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')];
  return der(tag, (bytes[0] as number) >= 0x80 ? [0, ...bytes] : bytes);
}

export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
  return der(0x06, ...[first * 40 + second, ...others].map(base128));
}

function base128(arc: number): number[] {
  const digits = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift(0x80 | (rest % 128));
  return digits;
}
