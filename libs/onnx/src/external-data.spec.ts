import { describe, expect, it } from '@jest/globals';
import { field, join, linearClassifier } from '@touchstone/testing';
import { hasExternalData } from './external-data.js';

const head = (name: string) => join(field(1, 1), field(2, 1), field(8, name));
const external = () =>
  join(head('weights'), field(13, join(field(1, 'location'), field(2, '../../etc/passwd'))), field(14, 1));
const model = linearClassifier([[1, 2]], [0, 0]);
const inGraph = (tensor: Uint8Array) => join(model, field(7, field(5, tensor)));

describe('data outside of a file', () => {
  it.each([
    ['a function', field(25, field(7, field(5, field(5, external()))))],
    ['a default of a function', field(25, field(11, field(5, external())))],
    ['the training information', field(20, field(2, field(5, external())))],
    ['a sparse initializer', field(7, field(15, field(1, external())))],
    ['a sparse attribute', field(7, field(1, field(5, field(23, field(2, external())))))],
  ])('finds external data in %s', (_name, more) => {
    expect([hasExternalData(model), hasExternalData(join(model, more))]).toEqual([false, true]);
  });

  it.each([
    ['says where they are', join(head('w'), field(13, field(1, 'location')))],
    ['says that they are elsewhere', join(head('w'), field(14, 1))],
    ['says so in another wire type', join(head('w'), field(14, 'x'))],
  ])('are those of a tensor that %s', (_name, tensor) => {
    expect(hasExternalData(inGraph(tensor))).toBe(true);
  });

  it('are not those of a tensor that says that they are inside', () => {
    expect(hasExternalData(inGraph(join(head('w'), field(14, 0))))).toBe(false);
  });

  it('are not looked for in what is no message', () => {
    expect(hasExternalData(join(model, field(7, 1)))).toBe(false);
    expect(() => hasExternalData(Uint8Array.of(0x0a))).toThrow(
      expect.objectContaining({ code: 'model-invalid' }),
    );
  });
});
