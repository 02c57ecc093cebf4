import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CIRCUIT_SIGNALS_MAX, circuitDescriptor } from '@touchstone/contracts/circuit';
import { onnxModel, onnxTensor } from '@touchstone/testing';
import { tinyFile } from '../../test/support/tiny-job.js';
import { tinyModel, tinyOptions } from '../../test/support/tiny-model.js';
import { compileProgram } from './compile-program.js';

/** The sum of so many bytes: one output. */
function sumOf(count: number): Uint8Array {
  return onnxModel({
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
    inputs: [{ name: 'x', shape: [1, count] }],
    outputs: [{ name: 'y', shape: [1, 1] }],
    initializers: [onnxTensor('w', [count, 1], Array<number>(count).fill(1))],
  });
}

describe('a compiled program', () => {
  it('is the same every time, and that of the committed set-up', () => {
    const [first, second] = [
      compileProgram(tinyModel(), tinyOptions),
      compileProgram(tinyModel(), tinyOptions),
    ];
    expect(second.programDigest).toBe(first.programDigest);
    const { constraintsSha256, descriptorHash } = JSON.parse(readFileSync(tinyFile('set-up.json'), 'utf8'));
    expect(first).toMatchObject({ constraintsSha256, descriptorHash });
    expect(circuitDescriptor.parse(first.descriptor)).toEqual(first.descriptor);
  });

  it('has another digest for other weights and other options', () => {
    const tiny = compileProgram(tinyModel(), tinyOptions).programDigest;
    expect(compileProgram(tinyModel(2), tinyOptions).programDigest).not.toBe(tiny);
    const wider = { version: 1, ranges: { x: { minimum: 0, maximum: 510 } } } as const;
    expect(compileProgram(tinyModel(), wider).programDigest).not.toBe(tiny);
  });

  it('has up to CIRCUIT_SIGNALS_MAX public signals, bind among them', () => {
    const options = { version: 1, ranges: { x: { minimum: 0, maximum: 255 } } } as const;
    const largest = compileProgram(sumOf(CIRCUIT_SIGNALS_MAX - 2), options);
    expect(largest.circuit.system.publicCount).toBe(CIRCUIT_SIGNALS_MAX);
    expect(() => compileProgram(sumOf(CIRCUIT_SIGNALS_MAX - 1), options)).toThrow(
      expect.objectContaining({ code: 'resource-limit' }),
    );
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['random bytes', Uint8Array.from({ length: 200 }, (_, index) => (index * 97) % 251)],
    ['a cut model', tinyModel().subarray(0, 60)],
    [
      'an operator of no known kind',
      onnxModel({
        nodes: [{ op: 'Exp', inputs: ['x'], outputs: ['y'] }],
        inputs: [{ name: 'x', shape: [1, 2] }],
        outputs: [{ name: 'y', shape: [1, 2] }],
      }),
    ],
  ])('is not made of %s', (_, onnx) => {
    expect(() => compileProgram(onnx, tinyOptions)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(?:model-unsupported|resource-limit)$/) }),
    );
  });
});
