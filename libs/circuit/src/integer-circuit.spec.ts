import { describe, expect, it } from '@jest/globals';
import { RANGES, runIntegerModel, type IntegerModel } from '@touchstone/integer-model';
import fc from 'fast-check';
import { integerModels } from '../test/random-model.js';
import { brokenConstraint } from './check.js';
import type { ConstraintSystem } from './constraint-system.js';
import { FIELD_ORDER, toField } from './field.js';
import { integerCircuit, runCircuit } from './integer-circuit.js';
import type { Witness } from './witness.js';

/** Inputs of a model by numbers from 0 to 1; the ends of the ranges are among them. */
function inputsOf({ inputs }: IntegerModel, parts: readonly number[]): number[][] {
  let next = 0;
  return inputs.map(({ shape, datatype }) => {
    const [least, most] = RANGES[datatype];
    return Array.from(
      { length: shape[1] ?? 0 },
      () => least + Math.floor((parts[next++] ?? 0) * (most - least + 0.999)),
    );
  });
}

const part = fc.oneof(
  fc.constantFrom(0, 1, 0.5),
  fc.integer({ min: 0, max: 999 }).map((value) => value / 999),
);
const run = fc.tuple(integerModels, fc.array(part, { minLength: 4, maxLength: 4 }));

/** A wire that no result depends on: the inverse of a value that is 0, which any number may take. */
function isFree(system: ConstraintSystem, witness: Witness, wire: number): boolean {
  const rowsWith = (rows: ConstraintSystem['a']) =>
    rows.wires.flatMap((one, at) => (one === wire ? [rows.offsets.findIndex((end) => end > at) - 1] : []));
  const [row, ...more] = rowsWith(system.b);
  if (row === undefined || more.length > 0 || rowsWith(system.a).length + rowsWith(system.c).length > 0)
    return false;
  const { offsets, wires, factors } = system.a;
  let sum = 0n;
  for (let at = offsets[row] ?? 0; at < (offsets[row + 1] ?? 0); at += 1)
    sum += BigInt(factors[at] ?? 0) * witness.element(wires[at] ?? 0);
  return toField(sum) === 0n;
}

describe('integerCircuit', () => {
  it('has a witness for every run of a model, with the outputs of that run', () => {
    fc.assert(
      fc.property(run, fc.bigInt({ min: 0n, max: FIELD_ORDER - 1n }), ([model, parts], bind) => {
        const circuit = integerCircuit(model);
        const inputs = inputsOf(model, parts);
        const { outputs, witness, publicSignals } = runCircuit(circuit, inputs, bind);
        expect(brokenConstraint(circuit.system, witness)).toBeUndefined();
        expect(outputs).toEqual(runIntegerModel(model, inputs).outputs);
        expect(publicSignals).toEqual([...inputs.flat(), ...outputs.flatMap((values) => [...values]), bind]);
        publicSignals.forEach((signal, at) => expect(witness.element(1 + at)).toBe(toField(signal)));
      }),
      { numRuns: 1_500 },
    );
  });

  it('lets no wire have another value, but for the negative of bind, which no verifier expects', () => {
    const bind = 7n;
    const change = fc.oneof(
      fc.constantFrom(1n, -1n, -2n * bind),
      fc.bigInt({ min: 1n, max: FIELD_ORDER - 1n }),
    );
    fc.assert(
      fc.property(run, change, ([model, parts], difference) => {
        const circuit = integerCircuit(model);
        const { witness } = runCircuit(circuit, inputsOf(model, parts), bind);
        const firstPrivate = 1 + circuit.system.publicCount;
        for (
          let wire = firstPrivate - model.outputs[0]!.rows.biases.length - 1;
          wire < witness.length;
          wire += 1
        ) {
          if (isFree(circuit.system, witness, wire)) continue;
          const value = witness.element(wire);
          // A square keeps bind in the circuit. Its negative has 254 bits, and bind has 248.
          const isNegativeBind =
            wire === firstPrivate - 1 && toField(value + difference) === FIELD_ORDER - bind;
          witness.set(wire, value + difference);
          const holds = brokenConstraint(circuit.system, witness) === undefined;
          expect([wire, holds]).toEqual([wire, isNegativeBind]);
          witness.set(wire, value);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('lets no input be another one where an output or an activation depends on it', () => {
    const model: IntegerModel = {
      inputs: [{ name: 'x', shape: [1, 2], datatype: 'UINT8', scaleLog2: [0], zeroPoint: 3 }],
      layers: [],
      outputs: [
        {
          ...{ name: 'y', shape: [1], datatype: 'INT32', scaleLog2: 0 },
          rows: {
            offsets: Uint32Array.of(0, 2),
            wires: Uint32Array.of(0, 1),
            weights: Int32Array.of(2, -5),
            biases: Int32Array.of(7),
          },
        },
      ],
      post: [],
    };
    const circuit = integerCircuit(model);
    const { witness, outputs } = runCircuit(circuit, [[10, 200]], 0n);
    expect(outputs).toEqual([Int32Array.of(2 * 7 - 5 * 197 + 7)]);
    for (const wire of [1, 2]) {
      const value = witness.element(wire);
      witness.set(wire, value + 1n);
      expect(brokenConstraint(circuit.system, witness)).toBe(0);
      witness.set(wire, value);
    }
    expect(brokenConstraint(circuit.system, witness)).toBeUndefined();
  });

  it('costs one constraint for each output, and one for bind, where there is no activation', () => {
    const [model] = fc.sample(integerModels, { numRuns: 1, seed: 1 }) as [IntegerModel];
    const { system } = integerCircuit({ ...model, layers: [], outputs: [] });
    expect([system.constraintCount, system.publicCount]).toEqual([1, system.wireCount - 2]);
  });
});
