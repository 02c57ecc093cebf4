import { describe, expect, it } from '@jest/globals';
import { AppError, type KeystoreEntry, type OutputProof } from '@touchstone/contracts';
import { FakeClock } from '@touchstone/testing';
import { outputKeyEntry, recordedOutput } from '../../../test/support/leaves.js';
import { SIGNING_KEYS_REFETCH_MIN_MS, SigningKeys } from './signing-keys.js';

const { proof } = recordedOutput('good');
const renamed: KeystoreEntry = { ...outputKeyEntry, kid: 'output-2' };

function keysOf(...answers: (readonly KeystoreEntry[] | Error)[]) {
  const clock = new FakeClock();
  let asked = 0;
  const source = {
    keys: async () => {
      const answer = answers[Math.min(asked, answers.length - 1)] as readonly KeystoreEntry[] | Error;
      asked += 1;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  return { clock, keys: new SigningKeys(source, () => clock.nowMs()), asked: () => asked };
}

describe('checking the signature of an output', () => {
  it('takes what a listed key signed and asks the signer once', async () => {
    const { keys, asked } = keysOf([outputKeyEntry]);
    await keys.checkOutput(proof);
    await keys.checkOutput(recordedOutput('other').proof);
    expect(asked()).toBe(1);
  });

  it('takes what a retired key signed, which verifiers judge by its time', async () => {
    const { keys } = keysOf([{ ...outputKeyEntry, status: 'retired' }]);
    await expect(keys.checkOutput(proof)).resolves.toBeUndefined();
  });

  it.each<[string, Partial<OutputProof>]>([
    ['another output', { outputHash: '0'.repeat(64) }],
    ['another time', { timestamp: proof.timestamp + 1 }],
    ['another domain', { domain: 'model-output-v2' }],
    ['the signature of another output', { signature: recordedOutput('other').proof.signature }],
    ['a signature that is none', { signature: 'ab'.repeat(40) }],
  ])('refuses %s for good', async (_what, change) => {
    const { keys } = keysOf([outputKeyEntry]);
    await expect(keys.checkOutput({ ...proof, ...change })).rejects.toMatchObject({
      code: 'validation-failed',
      retryable: false,
    });
  });

  it('takes no key of another use', async () => {
    const { keys } = keysOf([{ ...outputKeyEntry, use: 'checkpoint' }]);
    await expect(keys.checkOutput(proof)).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });

  it('has an output of an unknown key come again, and asks for it no more often than the limit', async () => {
    const { keys, clock, asked } = keysOf([outputKeyEntry], [outputKeyEntry, renamed]);
    const later = { ...proof, keyId: 'output-2' };
    await expect(keys.checkOutput(later)).rejects.toMatchObject({
      code: 'dependency-unavailable',
      retryable: true,
    });
    clock.advance(SIGNING_KEYS_REFETCH_MIN_MS - 1);
    await expect(keys.checkOutput(later)).rejects.toMatchObject({ code: 'dependency-unavailable' });
    expect(asked()).toBe(1);
    clock.advance(1);
    await keys.checkOutput(later);
    expect(asked()).toBe(2);
  });

  it('asks at once after its clock was set back, which says nothing about when it asked', async () => {
    const { keys, clock } = keysOf([outputKeyEntry], [outputKeyEntry, renamed]);
    await keys.checkOutput(proof);
    clock.advance(-600_000);
    await expect(keys.checkOutput({ ...proof, keyId: 'output-2' })).resolves.toBeUndefined();
  });

  it('waits for a signer that is away and does not remember that it was', async () => {
    const { keys } = keysOf(new AppError('timeout', 'No answer.'), [outputKeyEntry]);
    await expect(keys.checkOutput(proof)).rejects.toMatchObject({ code: 'timeout' });
    await expect(keys.checkOutput(proof)).resolves.toBeUndefined();
  });
});
