import type { ConstraintSystem, Rows } from './constraint-system.js';
import { FIELD_BYTES, FIELD_ORDER, toField } from './field.js';
import type { Witness } from './witness.js';

const R1CS_VERSION = 1;
const WTNS_VERSION = 2;
/** Bytes of a section's type and size. */
const SECTION_HEAD_BYTES = 12;
const FILE_HEAD_BYTES = 12;

/**
 * The constraints as a file `.r1cs`, version 1 (iden3, r1csfile specification): header, constraints, and labels, of which
 * each wire is its own.
 */
export function r1csFile(system: ConstraintSystem): Uint8Array {
  const terms = [system.a, system.b, system.c].reduce((all, { wires }) => all + wires.length, 0);
  const header = 4 + FIELD_BYTES + 4 * 4 + 8 + 4;
  const constraints = terms * (4 + FIELD_BYTES) + system.constraintCount * 3 * 4;
  const labels = system.wireCount * 8;
  const writer = new SectionWriter('r1cs', R1CS_VERSION, [header, constraints, labels]);
  writer.section(1, header);
  writer.u32(FIELD_BYTES);
  writer.element(FIELD_ORDER);
  for (const count of [system.wireCount, 0, system.publicCount, 0]) writer.u32(count);
  writer.u64(system.wireCount);
  writer.u32(system.constraintCount);
  writer.section(2, constraints);
  for (let row = 0; row < system.constraintCount; row += 1)
    for (const rows of [system.a, system.b, system.c]) writeRow(writer, rows, row);
  writer.section(3, labels);
  for (let wire = 0; wire < system.wireCount; wire += 1) writer.u64(wire);
  return writer.bytes;
}

/** All wires as a file `.wtns`, version 2 (iden3). */
export function witnessFile(witness: Witness): Uint8Array {
  const header = 4 + FIELD_BYTES + 4;
  const values = witness.length * FIELD_BYTES;
  const writer = new SectionWriter('wtns', WTNS_VERSION, [header, values]);
  writer.section(1, header);
  writer.u32(FIELD_BYTES);
  writer.element(FIELD_ORDER);
  writer.u32(witness.length);
  writer.section(2, values);
  for (let wire = 0; wire < witness.length; wire += 1)
    writer.signed(witness.small[wire] as number, witness.large.get(wire));
  return writer.bytes;
}

function writeRow(writer: SectionWriter, { offsets, wires, factors }: Rows, row: number): void {
  const [from, to] = [offsets[row] as number, offsets[row + 1] as number];
  writer.u32(to - from);
  // Readers of the format expect ascending wires.
  const order = Array.from({ length: to - from }, (_, at) => from + at).sort(
    (one, other) => (wires[one] as number) - (wires[other] as number),
  );
  for (const at of order) {
    writer.u32(wires[at] as number);
    writer.signed(factors[at] as number);
  }
}

/** A file of iden3's binary format: letters, version, sections. */
class SectionWriter {
  readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = FILE_HEAD_BYTES;

  constructor(letters: string, version: number, sections: readonly number[]) {
    const size = sections.reduce((all, length) => all + SECTION_HEAD_BYTES + length, FILE_HEAD_BYTES);
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
    this.bytes.set(new TextEncoder().encode(letters));
    this.view.setUint32(4, version, true);
    this.view.setUint32(8, sections.length, true);
  }

  section(type: number, length: number): void {
    this.u32(type);
    this.u64(length);
  }

  u32(value: number): void {
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  u64(value: number): void {
    this.view.setBigUint64(this.at, BigInt(value), true);
    this.at += 8;
  }

  /** A small number with a sign, or an element. */
  signed(value: number, element?: bigint): void {
    if (element !== undefined || value < 0) return this.element(element ?? toField(value));
    this.view.setUint32(this.at, value % 2 ** 32, true);
    this.view.setUint32(this.at + 4, Math.floor(value / 2 ** 32), true);
    this.at += FIELD_BYTES;
  }

  element(value: bigint): void {
    for (let word = 0, rest = value; word < FIELD_BYTES; word += 8, rest >>= 64n)
      this.view.setBigUint64(this.at + word, rest & 0xffff_ffff_ffff_ffffn, true);
    this.at += FIELD_BYTES;
  }
}
