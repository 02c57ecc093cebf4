import { describe, expect, it } from '@jest/globals';
import { PROVABLE, randomInputs, sampleCircuit } from '../test/sample-circuits.js';
import { brokenConstraint } from './check.js';
import { runCircuit } from './integer-circuit.js';

const RUNS = 10_000;

describe.each(PROVABLE)('the circuit of %s', (id) => {
  it(`agrees with the integer model on ${RUNS} random inputs`, () => {
    const circuit = sampleCircuit(id);
    for (const inputs of randomInputs(circuit, RUNS, 77)) {
      const { witness } = runCircuit(circuit, inputs, 1n);
      expect(brokenConstraint(circuit.system, witness)).toBeUndefined();
    }
  }, 900_000);
});
