import { describe, expect, it } from '@jest/globals';
import { elementAt, readConstraints, readIden3 } from '../test/iden3-reader.js';
import { randomInputs, sampleCircuit } from '../test/sample-circuits.js';
import { ConstraintSystem } from './constraint-system.js';
import { FIELD_ORDER } from './field.js';
import { r1csFile, witnessFile } from './files.js';
import { runCircuit } from './integer-circuit.js';
import { number, wire } from './linear-combination.js';

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex');
/** The order of the field as the specification of iden3 prints it, little-endian. */
const PRIME = '010000f093f5e1439170b97948e833285d588181b64550b829a031e1724e6430';

/** x · (x − 2) = y, of which only x and y are public. */
function small(): ConstraintSystem {
  const system = new ConstraintSystem(2);
  system.require(
    wire(1),
    {
      constant: 0,
      terms: [
        [1, 1],
        [0, -2],
      ],
    },
    wire(2),
  );
  system.allocate(1, (witness) => witness.set(3, FIELD_ORDER - 1n));
  system.require(wire(3), number(2 ** 40 + 3), { constant: 0, terms: [[3, 2 ** 40 + 3]] });
  return system;
}

describe('r1csFile', () => {
  it('writes the header, constraints and labels of iden3, byte by byte', () => {
    const { letters, version, sections } = readIden3(r1csFile(small()));
    expect([letters, version, [...sections.keys()]]).toEqual(['r1cs', 1, [1, 2, 3]]);
    const counts = '04000000' + '00000000' + '02000000' + '00000000' + '0400000000000000' + '02000000';
    expect(hex(sections.get(1))).toBe(`20000000${PRIME}${counts}`);
    expect(hex(sections.get(3))).toBe(
      '0000000000000000' + '0100000000000000' + '0200000000000000' + '0300000000000000',
    );
    const [first, second] = readConstraints(sections.get(2) as Uint8Array, 2);
    expect(first).toEqual([
      new Map([[1, 1n]]),
      new Map([
        [0, FIELD_ORDER - 2n],
        [1, 1n],
      ]),
      new Map([[2, 1n]]),
    ]);
    expect(second?.[1]).toEqual(new Map([[0, 2n ** 40n + 3n]]));
  });
});

describe('witnessFile', () => {
  it('writes the header and wires of iden3, byte by byte', () => {
    const { letters, version, sections } = readIden3(witnessFile(small().witness([-3, 2 ** 40 + 1])));
    expect([letters, version, [...sections.keys()]]).toEqual(['wtns', 2, [1, 2]]);
    expect(hex(sections.get(1))).toBe(`20000000${PRIME}04000000`);
    const wires = sections.get(2) as Uint8Array;
    expect(wires).toHaveLength(4 * 32);
    expect([0, 32, 64, 96].map((at) => elementAt(wires, at))).toEqual([
      ...[1n, FIELD_ORDER - 3n, 2n ** 40n + 1n, FIELD_ORDER - 1n],
    ]);
  });
});

describe('both files', () => {
  it('hold a circuit and a witness that fit, as another reader finds', () => {
    const circuit = sampleCircuit('digits');
    const constraints = readConstraints(
      readIden3(r1csFile(circuit.system)).sections.get(2) as Uint8Array,
      circuit.system.constraintCount,
    );
    for (const inputs of randomInputs(circuit, 3)) {
      const wires = readIden3(witnessFile(runCircuit(circuit, inputs, 5n).witness)).sections.get(
        2,
      ) as Uint8Array;
      const sumOf = (terms: Map<number, bigint>) =>
        [...terms].reduce((sum, [index, factor]) => sum + factor * elementAt(wires, 32 * index), 0n);
      const broken = constraints.filter(([a, b, c]) => (sumOf(a) * sumOf(b) - sumOf(c)) % FIELD_ORDER !== 0n);
      expect(broken).toEqual([]);
    }
  });
});
