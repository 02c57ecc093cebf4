import { beforeAll, describe, expect, it } from '@jest/globals';
import { TENSORS_IN_MESSAGE_BYTES_MAX, type CanonicalTensor } from '@touchstone/contracts';
import { sampleModels } from '../../../test/support/sample-models.js';
import type { Model } from '../model/model.js';
import { eventDraft, type Execution } from './answer.js';

let digits: Model;

beforeAll(async () => {
  digits = (await sampleModels()).get('digits') as Model;
});

/** An execution whose tensors have so many base64 characters in all. */
function execution(characters: number): Execution {
  const half = Math.floor(characters / 2);
  const tensor = (name: string, length: number): CanonicalTensor => ({
    name,
    datatype: 'FP32',
    shape: [1],
    data: 'A'.repeat(length),
  });
  return {
    model: digits,
    inputs: [tensor('pixels', half)],
    outputs: [tensor('probabilities', characters - half)],
    payment: null,
  } as unknown as Execution;
}

describe('eventDraft', () => {
  it(`carries tensors of ${TENSORS_IN_MESSAGE_BYTES_MAX} characters in all`, () => {
    const { inputs, outputs } = eventDraft(execution(TENSORS_IN_MESSAGE_BYTES_MAX));
    expect([inputs?.length, outputs?.length]).toEqual([1, 1]);
  });

  it('leaves out tensors of one character more; their hashes stand in the proof', () => {
    const { inputs, outputs } = eventDraft(execution(TENSORS_IN_MESSAGE_BYTES_MAX + 1));
    expect([inputs, outputs]).toEqual([null, null]);
  });
});
