import { describe, expect, it } from '@jest/globals';
import { WATCH_TIMEOUT_MS, WATCHES_MAX } from '../watches.js';
import type { Verification } from './verification.js';
import { VerificationWatches } from './watch-verification.js';

const inState = (state: Verification['state']) => ({ id: 'v', state }) as Verification;
const never = new AbortController().signal;

/** A verification whose state changes at each look. */
function watching(states: readonly (Verification['state'] | undefined)[], nowMs = () => 0) {
  let looks = 0;
  const find = async () => {
    const state = states[Math.min(looks, states.length - 1)];
    looks += 1;
    return state && inState(state);
  };
  return new VerificationWatches({ verifications: { find }, nowMs });
}

async function told(watches: VerificationWatches, signal = never): Promise<string[]> {
  const seen: string[] = [];
  for await (const { state } of watches.watch('v', signal)) seen.push(state);
  return seen;
}

describe('a watch', () => {
  it.each([['recorded'], ['settled'], ['payment-failed']] as const)(
    'of a verification that is %s ends at once',
    async (state) => {
      expect(await told(watching([state]))).toEqual([state]);
    },
  );

  it('tells each change once, and ends with the last', async () => {
    expect(await told(watching(['executed', 'executed', 'settled', 'recorded']))).toEqual([
      'executed',
      'settled',
    ]);
  });

  it('of a verification that is not there is refused', async () => {
    await expect(told(watching([undefined]))).rejects.toMatchObject({ code: 'unknown-verification' });
  });

  it('ends for a caller who leaves', async () => {
    const left = new AbortController();
    const watches = watching(['executed']);
    const seen: string[] = [];
    for await (const { state } of watches.watch('v', left.signal)) {
      seen.push(state);
      left.abort();
    }
    expect(seen).toEqual(['executed']);
  });

  it('lasts WATCH_TIMEOUT_MS and no longer', async () => {
    const times = [0, WATCH_TIMEOUT_MS - 1, WATCH_TIMEOUT_MS];
    let looks = 0;
    const watches = watching(['executed'], () => times[Math.min(looks++, times.length - 1)] ?? 0);
    await expect(told(watches)).rejects.toMatchObject({ code: 'timeout' });
    expect(looks).toBe(times.length);
  });

  it('ends when the service stops', async () => {
    const watches = watching(['executed']);
    const watched = told(watches);
    watches.close();
    await expect(watched).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });

  it('is one of WATCHES_MAX, and a place is free again when one ends', async () => {
    const watches = watching(['executed']);
    const left = new AbortController();
    const all = Array.from({ length: WATCHES_MAX }, () => told(watches, left.signal));
    await expect(told(watches)).rejects.toMatchObject({ code: 'queue-full' });
    left.abort();
    await Promise.all(all);
    const one = new AbortController();
    const again = told(watches, one.signal);
    one.abort();
    expect(await again).toEqual(['executed']);
  });
});
