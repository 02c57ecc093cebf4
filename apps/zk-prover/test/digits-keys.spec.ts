import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { circuitOptions, circuitSetUp } from '@touchstone/contracts';
import { prepareKey, vkDigest } from '@touchstone/groth16';
import { outputValues, quantise, runIntegerModel } from '@touchstone/integer-model';
import { DiskFiles } from '../src/adapters/files/disk-files.js';
import { compileProgram } from '../src/domain/compile-program.js';
import { powersLog2For } from '../src/domain/set-up/powers.js';
import { readProvingKey } from '../src/domain/set-up/proving-key-file.js';

const pathOf = (name: string): string =>
  fileURLToPath(new URL(`../../../models/digits/${name}`, import.meta.url));
const json = (name: string): unknown => JSON.parse(readFileSync(pathOf(name), 'utf8'));
const { rows } = json('held-out.json') as { rows: { label: number; values: number[] }[] };
const setUp = circuitSetUp.parse(json('zk/set-up.json'));
const options = circuitOptions.parse(json('zk/circuit.json'));
const program = compileProgram(readFileSync(pathOf('model.onnx')), options);

describe('the development keys of digits', () => {
  it('are for the circuit of model.onnx by circuit.json, on every machine', () => {
    const { constraintsSha256, descriptorHash } = program;
    expect({ constraintsSha256, descriptorHash }).toEqual({
      constraintsSha256: setUp.constraintsSha256,
      descriptorHash: setUp.descriptorHash,
    });
    expect(program.descriptor.constraints).toBe(782);
    expect(powersLog2For(program.circuit.system)).toBe(10);
  });

  it('are compiled by the range of the manifest and the first 64 held-out rows', () => {
    const [input] = (json('model.json') as { inputs: { minimum: number; maximum: number }[] }).inputs;
    expect(options.ranges).toEqual({ pixels: { minimum: input?.minimum, maximum: input?.maximum } });
    expect(options.samples).toEqual(rows.slice(0, 64).map(({ values }) => ({ pixels: values })));
  });

  it('are those of the transcript, which says that one party made them', async () => {
    const key = prepareKey(json('zk/verification-key.json'));
    if (!key.ok) throw new Error(key.code);
    expect(vkDigest(key.value.key, program.descriptorHash)).toBe(setUp.vkDigest);
    const files = new DiskFiles();
    const proving = await readProvingKey(files, pathOf('zk/proving-key.zkey'));
    expect(proving.contributions).toEqual(setUp.contributions);
    expect(proving.publicCount).toBe(program.circuit.system.publicCount);
    expect(await files.digest(pathOf('zk/proving-key.zkey'), 'sha256')).toBe(setUp.provingKeySha256);
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
