import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@touchstone/testing';
import { KEYS_REFETCH_MIN_MS, KnownKeys, type SignerKeys } from './signer-keys.js';

const keysOf = (...kids: string[]): SignerKeys => ({
  outputKeys: kids.map((kid) => ({
    kid,
    alg: 'ES256K',
    use: 'output',
    public_key: `02${'ab'.repeat(32)}`,
    status: 'active',
    not_before: '2020-01-01T00:00:00Z',
    not_after: '2099-12-31T23:59:59Z',
  })),
  batchKeys: [],
  domain: 'model-output-v1',
  logVerifierKey: 'log',
  anchorSubmitter: `0x${'11'.repeat(20)}`,
});

function known(answers: (SignerKeys | Error)[]) {
  const clock = new FakeClock();
  let asked = 0;
  const fetch = async (): Promise<SignerKeys> => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no answer');
    return answer;
  };
  return { clock, keys: new KnownKeys({ fetch }, () => clock.nowMs()), asked: () => asked };
}

describe('known keys', () => {
  it('asks once for many readers', async () => {
    const { keys, asked } = known([keysOf('a')]);
    await Promise.all([keys.current(), keys.current(), keys.with('outputKeys', 'a')]);
    await keys.current();
    expect(asked()).toBe(1);
  });

  it('asks again for a key that it does not know, but not more often than the limit', async () => {
    const { keys, clock, asked } = known([keysOf('a'), keysOf('a', 'b')]);
    await keys.current();
    expect((await keys.with('outputKeys', 'b')).outputKeys).toHaveLength(1);
    clock.advance(KEYS_REFETCH_MIN_MS - 1);
    await keys.with('outputKeys', 'b');
    expect(asked()).toBe(1);
    clock.advance(1);
    expect((await keys.with('outputKeys', 'b')).outputKeys).toHaveLength(2);
    expect(asked()).toBe(2);
  });

  it('does not remember a failure', async () => {
    const { keys } = known([new Error('away'), keysOf('a')]);
    await expect(keys.current()).rejects.toThrow('away');
    await expect(keys.current()).resolves.toMatchObject({ domain: 'model-output-v1' });
  });
});
