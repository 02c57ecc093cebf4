/** Order of the scalar field of BN254 (EIP-196): what witnesses are made of. */
export const FIELD_ORDER =
  21_888_242_871_839_275_222_246_405_745_257_275_088_548_364_400_416_034_343_698_204_186_575_808_495_617n;
/** Bytes of an element in the files of iden3, little-endian. */
export const FIELD_BYTES = 32;

/** The element of a whole number with a sign. */
export function toField(value: number | bigint): bigint {
  const element = BigInt(value) % FIELD_ORDER;
  return element < 0n ? element + FIELD_ORDER : element;
}

/** 1 / value for a whole number other than 0. */
export function inverse(value: number): bigint {
  // (1 + order · k) / |value| is whole for k = −1/order modulo |value|, and numbers are fast where value is small.
  const size = Math.abs(value);
  const rest = Number(FIELD_ORDER % BigInt(size));
  const k = size === 1 ? 0 : inverseModulo(size - rest, size);
  const result = (1n + FIELD_ORDER * BigInt(k)) / BigInt(size);
  return toField(value < 0 ? -result : result);
}

function inverseModulo(value: number, modulus: number): number {
  let [a, b, x, y] = [value, modulus, 1, 0];
  while (b !== 0) {
    const quotient = Math.floor(a / b);
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return x < 0 ? x + modulus : x;
}
