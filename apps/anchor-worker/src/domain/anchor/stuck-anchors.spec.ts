import { beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, type AnchorStuck } from '@touchstone/contracts';
import type { AnchorTarget } from './anchor-target.js';
import { STUCK_OUTCOME_LOOK_MS, STUCK_OUTCOME_WAIT_MS, StuckAnchors } from './stuck-anchors.js';
import type { Standing } from './target-store.js';

const stuck: AnchorStuck = {
  ...{ network: 'eip155:10', kind: 'evm', checkpointSize: '5', failuresInRow: 5 },
  ...{ reason: 'reverted', at: '2026-11-29T10:00:00.000Z' },
};

describe('the message that a target is stuck', () => {
  let nowMs: number;
  /** How the checkpoint stands from look to look; the last one stays. */
  let standings: (Standing | Error)[];
  let tries: number;
  /** What a try answers, or throws. */
  let tried: string | Error | undefined;
  /** Whether another process has the turn. */
  let isBusy: boolean;

  beforeEach(() => {
    nowMs = 0;
    tries = 0;
    tried = undefined;
    isBusy = false;
    standings = ['none'];
  });

  function retry(isLastDelivery = false, message = stuck): Promise<void> {
    const target = {
      network: 'eip155:10',
      standing: (size: bigint) => {
        expect(size).toBe(5n);
        const standing = standings.length > 1 ? standings.shift() : standings[0];
        return standing instanceof Error ? Promise.reject(standing) : Promise.resolve(standing);
      },
      tryNow: () => {
        tries += 1;
        return tried instanceof Error ? Promise.reject(tried) : Promise.resolve(tried);
      },
      lastFailure: () => Promise.resolve('it reverted again'),
    } as unknown as AnchorTarget;
    const exclusive = {
      run: <T>(_stage: string, work: () => Promise<T>) => (isBusy ? Promise.resolve(undefined) : work()),
    };
    const sleep = (durationMs: number) => Promise.resolve(void (nowMs += durationMs));
    return new StuckAnchors([target], exclusive, { nowMs: () => nowMs, sleep }).retry(
      message,
      isLastDelivery,
    );
  }

  it('is taken at once where the checkpoint is covered meanwhile', async () => {
    standings = ['anchored'];
    await retry();
    expect([tries, nowMs]).toEqual([0, 0]);
  });

  it('is taken when one more try is in a block', async () => {
    standings = ['none', 'on-its-way', 'on-its-way', 'anchored'];
    await retry();
    expect(tries).toBe(1);
  });

  it.each<[string, Standing[], string | Error | undefined, string]>([
    ['is refused', ['none'], 'no funds', 'no funds'],
    ['throws', ['none'], new Error('away'), 'away'],
    ['fails in a block', ['none', 'on-its-way', 'none'], undefined, 'it reverted again'],
  ])('is given up with the reason when that try %s', async (_name, stands, answer, reason) => {
    standings = stands;
    tried = answer;
    await expect(retry()).rejects.toMatchObject({
      ...{ code: 'anchor-stuck', retryable: false, message: `eip155:10: ${reason}` },
    });
    expect(tries).toBe(1);
  });

  it('tries once when what was on its way has failed', async () => {
    standings = ['on-its-way', 'none', 'anchored'];
    await retry();
    expect(tries).toBe(1);
  });

  it('comes again while the outcome is not known, and is taken with its last delivery when one is on its way', async () => {
    standings = ['on-its-way'];
    await expect(retry()).rejects.toMatchObject({ code: 'evidence-pending', retryable: true });
    expect(nowMs).toBeGreaterThanOrEqual(STUCK_OUTCOME_WAIT_MS);
    expect(nowMs).toBeLessThanOrEqual(STUCK_OUTCOME_WAIT_MS + STUCK_OUTCOME_LOOK_MS);
    nowMs = 0;
    await retry(true);
    expect(tries).toBe(0);
  });

  it.each([false, true])(
    'is not taken while another process never gives up its turn (last: %s)',
    async (isLast) => {
      isBusy = true;
      await expect(retry(isLast)).rejects.toMatchObject({
        code: isLast ? 'anchor-stuck' : 'evidence-pending',
      });
    },
  );

  it('waits, and is no letter, where it is the database that is away', async () => {
    const away = new AppError('dependency-unavailable', 'The database cannot be used now; try again.');
    standings = ['none', away];
    tried = away;
    await expect(retry()).rejects.toBe(away);
  });

  it('of a network that is no target any more is given up', async () => {
    await expect(retry(false, { ...stuck, network: 'eip155:1' })).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});
