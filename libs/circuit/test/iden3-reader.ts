/** A file of iden3's binary format: letters, version and the bytes of each section by its type. */
export interface Iden3File {
  readonly letters: string;
  readonly version: number;
  readonly sections: ReadonlyMap<number, Uint8Array>;
}

/** One constraint: the factors of three sums by their wires. */
export type Constraint = readonly [Map<number, bigint>, Map<number, bigint>, Map<number, bigint>];

/** Reads a file of the format, written after its specification and not after the writer. */
export function readIden3(bytes: Uint8Array): Iden3File {
  const view = viewOf(bytes);
  const sections = new Map<number, Uint8Array>();
  let at = 12;
  for (let count = view.getUint32(8, true); count > 0; count -= 1) {
    const length = Number(view.getBigUint64(at + 4, true));
    sections.set(view.getUint32(at, true), bytes.subarray(at + 12, at + 12 + length));
    at += 12 + length;
  }
  if (at !== bytes.length) throw new Error(`The sections end at ${at}, the file at ${bytes.length}.`);
  return {
    letters: Buffer.from(bytes.subarray(0, 4)).toString('latin1'),
    version: view.getUint32(4, true),
    sections,
  };
}

/** Section 2 of an `.r1cs` file. */
export function readConstraints(bytes: Uint8Array, count: number): Constraint[] {
  const view = viewOf(bytes);
  let at = 0;
  const sum = (): Map<number, bigint> => {
    const terms = new Map<number, bigint>();
    let before = -1;
    const length = view.getUint32(at, true);
    at += 4;
    for (let term = 0; term < length; term += 1, at += 36) {
      const wire = view.getUint32(at, true);
      if (wire <= before) throw new Error(`The wire ${wire} stands after ${before}.`);
      before = wire;
      terms.set(wire, elementAt(bytes, at + 4));
    }
    return terms;
  };
  const constraints = Array.from({ length: count }, () => [sum(), sum(), sum()] as const);
  if (at !== bytes.length) throw new Error('Bytes follow the constraints.');
  return constraints;
}

/** An element of the field, 32 bytes little-endian. */
export function elementAt(bytes: Uint8Array, at: number): bigint {
  return BigInt(
    `0x${Buffer.from(bytes.subarray(at, at + 32))
      .reverse()
      .toString('hex')}`,
  );
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
