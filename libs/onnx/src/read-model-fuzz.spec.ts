import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { readOnnxModel } from './read-model.js';

const file = new Uint8Array(
  readFileSync(new URL('../../../models/breast-cancer/model.onnx', import.meta.url)),
);

/** Every damage to a file is read as another model or refused; nothing else is thrown. */
function readOrRefuse(bytes: Uint8Array): void {
  try {
    const { constants } = readOnnxModel(bytes);
    const elements = [...constants.values()].reduce((all, { data }) => all + data.length, 0);
    expect(elements).toBeLessThanOrEqual(bytes.length);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toBe('model-invalid');
  }
}

const at = fc.nat(file.length - 1);

describe('a damaged model file is read or refused', () => {
  it('where bytes are changed', () => {
    const changes = fc.array(fc.tuple(at, fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(changes, (changed) => {
        const bytes = Uint8Array.from(file);
        for (const [index, value] of changed) bytes[index] = value;
        readOrRefuse(bytes);
      }),
      { numRuns: 2_000 },
    );
  });

  it('where bytes are cut out, put in or repeated', () => {
    fc.assert(
      fc.property(
        at,
        at,
        fc.uint8Array({ maxLength: 16 }),
        fc.boolean(),
        (from, to, inserted, isRepeated) => {
          const parts = [
            file.subarray(0, from),
            inserted,
            file.subarray(isRepeated ? Math.min(from, to) : to),
          ];
          readOrRefuse(new Uint8Array(Buffer.concat(parts)));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('where it ends early', () => {
    for (let length = 0; length < file.length; length += 1) readOrRefuse(file.subarray(0, length));
  });

  it('where there was no file', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), readOrRefuse), { numRuns: 5_000 });
  });
});
