import { bytesToHex, ecdsaRecoverPublicKey, evmAddress, hexToBytes, keccak256 } from '@touchstone/crypto';

/** A field of typed data; what developers sign has these types alone, none of them nested. */
export interface TypedField {
  readonly name: string;
  readonly type: 'bytes32' | 'address' | 'uint256' | 'string';
}

/** Typed data (EIP-712) of one flat type, its domain that of Touchstone on a chain. */
export interface TypedData {
  readonly chainId: number;
  readonly type: string;
  readonly fields: readonly TypedField[];
  /** 32 bytes and addresses as lower-case hex, with or without 0x. */
  readonly message: Readonly<Record<string, string | number>>;
}

const WORD_BYTES = 32;
/** Bytes of r and s; v follows them. */
const COMPACT_BYTES = 64;

const domainFields: readonly TypedField[] = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
];

/** The digest that is signed: keccak256(0x1901 ‖ domain ‖ message). */
export function typedDataDigest({ chainId, type, fields, message }: TypedData): Uint8Array {
  const domain = structHash('EIP712Domain', domainFields, { name: 'Touchstone', version: '1', chainId });
  return keccak256(concat([Uint8Array.of(0x19, 0x01), domain, structHash(type, fields, message)]));
}

/**
 * The address whose key signed a digest; undefined where there is none. A signature with a high s would be another
 * spelling of the same one and is refused, as OpenZeppelin does. Contract wallets (ERC-1271) are not asked.
 *
 * @param signature 0x and r, s, v (27 or 28)
 */
export function signerOf(digest: Uint8Array, signature: string): string | undefined {
  const bytes = hexToBytes(signature.slice(2), COMPACT_BYTES + 1);
  const v = bytes?.[COMPACT_BYTES];
  if (bytes === undefined || (v !== 27 && v !== 28)) return undefined;
  if (isHighS(bytes.subarray(WORD_BYTES, COMPACT_BYTES))) return undefined;
  const point = ecdsaRecoverPublicKey(digest, bytes.subarray(0, COMPACT_BYTES), v === 28);
  return point && evmAddress(point);
}

/** Half of the order of secp256k1. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
const isHighS = (s: Uint8Array): boolean => BigInt(`0x${bytesToHex(s)}`) > HALF_ORDER;

function structHash(
  type: string,
  fields: readonly TypedField[],
  message: Readonly<Record<string, string | number>>,
): Uint8Array {
  const declared = `${type}(${fields.map((field) => `${field.type} ${field.name}`).join(',')})`;
  const words = fields.map((field) => wordOf(field, message[field.name]));
  return keccak256(concat([keccak256(utf8(declared)), ...words]));
}

function wordOf({ name, type }: TypedField, value: string | number | undefined): Uint8Array {
  if (value === undefined) throw new Error(`The typed data has no ${name}.`);
  if (type === 'string') return keccak256(utf8(String(value)));
  const hex = type === 'uint256' ? BigInt(value).toString(16) : String(value).replace(/^0x/, '');
  const word = hexToBytes(hex.padStart(2 * WORD_BYTES, '0'), WORD_BYTES);
  if (word === undefined) throw new Error(`The typed data has no ${type} as ${name}.`);
  return word;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
