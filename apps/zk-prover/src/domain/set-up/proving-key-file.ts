import { createHash } from 'node:crypto';
import { SET_UP_CONTRIBUTIONS_MAX, type CircuitSetUp } from '@touchstone/contracts/circuit';
import { bytesToHex } from '@touchstone/crypto';
import type { Files } from '../files.js';
import { invalid, readSection, readSections } from './iden3-file.js';

export type Contribution = CircuitSetUp['contributions'][number];

/** What a `.zkey` says of itself. Nothing of it is believed before a verifier of set-ups took the file. */
export interface ProvingKeyFile {
  readonly wireCount: number;
  readonly publicCount: number;
  /** BLAKE2b-512 of all that does not change by contributions. */
  readonly circuitHash: string;
  readonly contributions: readonly Contribution[];
}

/** Sections of a Groth16 key. */
const GROTH16_HEADER = 2;
const CONTRIBUTIONS = 10;

/** Order of the field of coordinates (EIP-197). */
const q =
  21_888_242_871_839_275_222_246_405_745_257_275_088_696_311_157_297_823_662_689_037_894_645_226_208_583n;
const FIELD_BYTES = 32;
/** 2^−256 modulo q: coordinates lie in Montgomery's form. */
const MONTGOMERY_INVERSE = inverse(2n ** 256n % q);
/** A header: both fields, three counts, three points of G1 and three of G2. */
const HEADER_BYTES = 4 + FIELD_BYTES + 4 + FIELD_BYTES + 12 + 3 * 64 + 3 * 128;
const G1_COORDINATES = 2;
const G2_COORDINATES = 4;
const HASH_BYTES = 64;
/** Three points of G1, one of G2, a hash, kind and length. */
const CONTRIBUTION_HEAD_BYTES = 3 * 64 + 128 + HASH_BYTES + 8;
/** Name and beacon with their types and lengths. */
const PARAMETERS_BYTES_MAX = 2 + 255 + 2 + 2 + 255;
const CONTRIBUTIONS_BYTES_MAX =
  HASH_BYTES + 4 + SET_UP_CONTRIBUTIONS_MAX * (CONTRIBUTION_HEAD_BYTES + PARAMETERS_BYTES_MAX);

/**
 * Reads counts and contributions of a Groth16 key on BN254.
 *
 * @throws ProverError `set-up-invalid` for another file, and for contributions whose names or beacons no transcript can state
 */
export async function readProvingKey(files: Files, path: string): Promise<ProvingKeyFile> {
  const sections = await readSections(files, path, 'zkey');
  const header = await readSection(files, path, { sections, type: GROTH16_HEADER, bytesMax: HEADER_BYTES });
  if (header.byteLength !== HEADER_BYTES || wordOf(header, 4) !== q) throw invalid(path, 'is not on BN254');
  const counts = 4 + FIELD_BYTES + 4 + FIELD_BYTES;
  const section = await readSection(files, path, {
    ...{ sections, type: CONTRIBUTIONS, bytesMax: CONTRIBUTIONS_BYTES_MAX },
  });
  const reader = new ContributionReader(section, path);
  return {
    wireCount: header.getUint32(counts, true),
    publicCount: header.getUint32(counts + 4, true),
    circuitHash: bytesToHex(reader.bytes(HASH_BYTES)),
    contributions: reader.contributions(),
  };
}

class ContributionReader {
  private at = 0;

  constructor(
    private readonly view: DataView,
    private readonly path: string,
  ) {}

  contributions(): Contribution[] {
    const count = this.u32();
    if (count > SET_UP_CONTRIBUTIONS_MAX) throw invalid(this.path, `has ${count} contributions`);
    const contributions = Array.from({ length: count }, () => this.contribution());
    if (this.at !== this.view.byteLength) throw invalid(this.path, 'has more after its contributions');
    return contributions;
  }

  bytes(length: number): Uint8Array {
    if (length > this.view.byteLength - this.at) throw invalid(this.path, 'ends within a contribution');
    const from = this.view.byteOffset + this.at;
    this.at += length;
    return new Uint8Array(this.view.buffer, from, length);
  }

  /** The hash of a contribution is that of its points, uncompressed and big-endian, and of its challenge (snarkjs, `hashPubKey`). */
  private contribution(): Contribution {
    const hash = createHash('blake2b512');
    for (const coordinates of [G1_COORDINATES, G1_COORDINATES, G1_COORDINATES]) this.point(hash, coordinates);
    this.point(hash, G2_COORDINATES);
    hash.update(this.bytes(HASH_BYTES));
    const kind = this.u32();
    const parameters = this.parameters(this.u32());
    const named = { name: parameters.name, hash: hash.digest('hex') };
    if (kind === 0) return { kind: 'party', ...named };
    const { iterationsLog2, value } = parameters;
    if (kind !== 1 || iterationsLog2 === undefined || value === undefined)
      throw invalid(this.path, 'has a contribution of no known kind');
    return { kind: 'beacon', ...named, value, iterationsLog2 };
  }

  private point(hash: { update(bytes: Uint8Array): unknown }, coordinates: number): void {
    const words = Array.from({ length: coordinates }, () => coordinateOf(this.bytes(FIELD_BYTES)));
    // A coordinate of G2 is hashed with its second half first.
    const order = coordinates === G2_COORDINATES ? [1, 0, 3, 2] : [0, 1];
    for (const index of order) hash.update(words[index] as Uint8Array);
  }

  private parameters(length: number): { name: string; iterationsLog2?: number; value?: string } {
    const end = this.at + length;
    const found: { name: string; iterationsLog2?: number; value?: string } = { name: '' };
    while (this.at < end) {
      const [type, size] = this.bytes(2) as unknown as [number, number];
      if (type === 1) found.name = new TextDecoder().decode(this.bytes(size));
      // The second byte is the number itself.
      else if (type === 2) found.iterationsLog2 = size;
      else if (type === 3) found.value = bytesToHex(this.bytes(size));
      else throw invalid(this.path, `has a parameter of the type ${type}`);
    }
    if (this.at !== end) throw invalid(this.path, 'has parameters of another length');
    return found;
  }

  private u32(): number {
    const bytes = this.bytes(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  }
}

/** A coordinate of the file, little-endian in Montgomery's form, as 32 bytes big-endian. */
function coordinateOf(bytes: Uint8Array): Uint8Array {
  const value = (littleEndian(bytes) * MONTGOMERY_INVERSE) % q;
  return Uint8Array.from({ length: FIELD_BYTES }, (_, index) =>
    Number((value >> BigInt(8 * (FIELD_BYTES - 1 - index))) & 0xffn),
  );
}

const wordOf = (view: DataView, at: number): bigint =>
  littleEndian(new Uint8Array(view.buffer, view.byteOffset + at, FIELD_BYTES));

const littleEndian = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** By Fermat: value^(q−2). */
function inverse(value: bigint): bigint {
  let [result, base] = [1n, value];
  for (let exponent = q - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % q;
    base = (base * base) % q;
  }
  return result;
}
