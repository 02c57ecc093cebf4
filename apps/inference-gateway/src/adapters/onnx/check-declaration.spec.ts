import { beforeAll, describe, expect, it } from '@jest/globals';
import type { TensorSpec } from '@touchstone/contracts';
import { sampleModels } from '../../../test/support/sample-models.js';
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

  const withShape = (part: 'inputs' | 'outputs', shape: number[] | undefined) => {
    const [{ shape: _, ...tensor }] = digits.manifest[part] as [TensorSpec];
    const changed = [shape ? { ...tensor, shape } : tensor];
    return { manifest: { ...digits.manifest, [part]: changed } };
  };

  it.each([[[-1, 64]], [undefined]])(
    'refuses a manifest with the shape %j of an input that the file fixes',
    (shape) => {
      expect(() => checkDeclaration(withShape('inputs', shape), declared)).toThrow(
        'The manifest of digits says',
      );
    },
  );

  it.each([[[-1, 10]], [[-1, -1]], [undefined]])(
    'takes a manifest with the shape %j of an output, since files declare what their models do not give',
    (shape) => {
      expect(() => checkDeclaration(withShape('outputs', shape), declared)).not.toThrow();
    },
  );

  it('takes any shape of a manifest where the file declares none', () => {
    const none = { ...declared, outputs: [{ name: 'probabilities', type: 'float32', dims: undefined }] };
    for (const shape of [[1, 10], [-1], undefined]) {
      expect(() => checkDeclaration(withShape('outputs', shape), none)).not.toThrow();
    }
  });
});
