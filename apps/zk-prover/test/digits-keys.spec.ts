import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { circuitOptions, circuitSetUp } from '@touchstone/contracts/circuit';
import { prepareKey, vkDigest } from '@touchstone/groth16';
import { outputValues, quantise, runIntegerModel } from '@touchstone/integer-model';
import { DiskFiles } from '../src/adapters/files/disk-files.js';
import { compileProgram } from '../src/domain/compile-program.js';
import { powersLog2For } from '../src/domain/set-up/powers.js';
import { readProvingKey } from '../src/domain/set-up/proving-key-file.js';

const pathOf = (name: string): string => fileURLToPath(new URL(`../../../models/${name}`, import.meta.url));
const json = (name: string): unknown => JSON.parse(readFileSync(pathOf(name), 'utf8'));
const { rows } = json('digits/held-out.json') as { rows: { label: number; values: number[] }[] };
const setUp = circuitSetUp.parse(json('digits-int/set-up.json'));
const options = circuitOptions.parse(json('digits-int/options.json'));
const program = compileProgram(readFileSync(pathOf('digits-int/model.onnx')), options);

describe('the development keys of digits-int', () => {
  it('are for the circuit of model.onnx by options.json, on every machine', () => {
    const { constraintsSha256, descriptorHash } = program;
    expect({ constraintsSha256, descriptorHash }).toEqual({
      constraintsSha256: setUp.constraintsSha256,
      descriptorHash: setUp.descriptorHash,
    });
    expect(program.descriptor.constraints).toBe(782);
    expect(powersLog2For(program.circuit.system)).toBe(10);
  });

  it('are those of the transcript, which says that one party made them', async () => {
    const key = prepareKey(json('digits-int/verification-key.json'));
    if (!key.ok) throw new Error(key.code);
    expect(vkDigest(key.value.key, program.descriptorHash)).toBe(setUp.vkDigest);
    const files = new DiskFiles();
    const proving = await readProvingKey(files, pathOf('digits-int/proving-key.zkey'));
    expect(proving.contributions).toEqual(setUp.contributions);
    expect(proving.publicCount).toBe(program.circuit.system.publicCount);
    expect(await files.digest(pathOf('digits-int/proving-key.zkey'), 'sha256')).toBe(setUp.provingKeySha256);
    expect(setUp).toMatchObject({ class: 'single-party', powers: { source: 'development' } });
  });

  it('prove a model that is right as often as the float one', () => {
    const { model } = program.circuit;
    const right = rows.filter(({ label, values }) => {
      const [input, output] = [model.inputs[0], model.outputs[0]];
      if (input === undefined || output === undefined) throw new Error('no tensors');
      const [logits] = runIntegerModel(model, [quantise(input, values)]).outputs;
      const floats = outputValues(output, logits as Int32Array);
      return floats.indexOf(Math.max(...floats)) === label;
    });
    expect(right).toHaveLength(354);
  });
});
