import { describe, expect, it } from '@jest/globals';
import { quantise } from '@touchstone/integer-model';
import { heldOut, PROVABLE, randomInputs, sampleCircuit } from '../test/sample-circuits.js';
import { brokenConstraint } from './check.js';
import { runCircuit, type IntegerCircuit } from './integer-circuit.js';

const RUNS = 200;
/** What a proof of each sample costs, and how many of its held-out rows it answers rightly. */
const FIGURES = {
  digits: { constraints: 782, right: 354 },
  'digits-conv': { constraints: 2_227, right: 349 },
  'breast-cancer': { constraints: 3, right: 111 },
  'token-risk': { constraints: 392, right: 416 },
  fraud: { constraints: 387, right: 483 },
} as const;

const greatest = (values: ArrayLike<number>): number =>
  Array.from(values).indexOf(Math.max(...Array.from(values)));

describe.each(PROVABLE)('the circuit of %s', (id) => {
  const circuit: IntegerCircuit = sampleCircuit(id);

  it(`agrees with the integer model on ${RUNS} random inputs`, () => {
    for (const inputs of randomInputs(circuit, RUNS)) {
      const { witness } = runCircuit(circuit, inputs, 1n);
      expect(brokenConstraint(circuit.system, witness)).toBeUndefined();
    }
  });

  it('answers held-out rows as often rightly as its card says of the floats', () => {
    const [input] = circuit.model.inputs;
    const rows = heldOut(id);
    const right = rows.filter(({ values, label }) => {
      const { outputs } = runCircuit(circuit, [quantise(input!, values)], 1n);
      return greatest(outputs[0] ?? []) === label;
    });
    expect({ constraints: circuit.system.constraintCount, right: right.length }).toEqual(FIGURES[id]);
  });
});
