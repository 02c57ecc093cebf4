import { beforeAll, describe, expect, it } from '@jest/globals';
import { sampleModels } from '../../../test/sample-models.js';
import type { Model } from '../../domain/model/model.js';
import { checkDeclaration } from './check-declaration.js';

let digits: Model;
const declared = {
  inputs: [{ name: 'pixels', type: 'float32', dims: [1, 64] }],
  outputs: [{ name: 'probabilities', type: 'float32', dims: [1, 10] }],
};

beforeAll(async () => {
  digits = (await sampleModels()).get('digits') as Model;
});

describe('checkDeclaration', () => {
  it('takes a manifest that says what the file declares, or fixes a size that the file leaves open', () => {
    expect(() => checkDeclaration(digits, declared)).not.toThrow();
    const open = { ...declared, inputs: [{ name: 'pixels', type: 'float32', dims: [-1, 64] }] };
    expect(() => checkDeclaration(digits, open)).not.toThrow();
  });

  it.each([
    ['another name', { inputs: [{ name: 'image', type: 'float32', dims: [1, 64] }] }],
    ['a further input', { inputs: [...declared.inputs, { name: 'mask', type: 'bool', dims: [1] }] }],
    ['no output', { outputs: [] }],
    ['another type', { inputs: [{ name: 'pixels', type: 'float64', dims: [1, 64] }] }],
    ['a type the protocol does not know', { inputs: [{ name: 'pixels', type: 'int4', dims: [1, 64] }] }],
    ['another size', { outputs: [{ name: 'probabilities', type: 'float32', dims: [1, 9] }] }],
    ['another rank', { outputs: [{ name: 'probabilities', type: 'float32', dims: [10] }] }],
  ])('refuses a file with %s', (_name, change) => {
    expect(() => checkDeclaration(digits, { ...declared, ...change })).toThrow('The manifest of digits says');
  });

  it('refuses a manifest that leaves open what the file fixes', () => {
    const [input] = digits.manifest.inputs;
    const loose = { manifest: { ...digits.manifest, inputs: [{ ...input, shape: [-1, 64] }] } } as Model;
    expect(() => checkDeclaration(loose, declared)).toThrow('The manifest of digits says');
  });
});
