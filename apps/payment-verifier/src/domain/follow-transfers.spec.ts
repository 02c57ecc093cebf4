import { beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { FOLLOWED_ROWS_MAX, FollowTransfers } from './follow-transfers.js';
import type { TransferStanding } from './ports.js';
import type { Reservation } from './reservation.js';

const block = { number: 5n, hash: `0x${'55'.repeat(32)}` };
const row = (id: string): Reservation =>
  ({
    id,
    transaction: `0x${'aa'.repeat(32)}`,
    network: 'eip155:8453',
    payer: `0x${'11'.repeat(20)}`,
    transfer: {
      ...{ transaction: `0x${'aa'.repeat(32)}`, logIndex: 1, position: 0, isPayerProven: true, block },
    },
  }) as unknown as Reservation;

describe('transfers that were taken', () => {
  let waiting: Reservation[];
  let done: [id: string, what: string][];
  let final: bigint | undefined;
  let standing: (id: string) => TransferStanding;
  let isReversed: boolean;
  const run = () =>
    new FollowTransfers({
      transfers: {
        ofTransaction: async () => [],
        unfinished: async (_final, limit) => waiting.slice(0, limit),
        place: async (id, at, isFinal) =>
          void done.push([id, `${isFinal ? 'final' : 'placed'} ${at.number}`]),
        postpone: async (id) => void done.push([id, 'postponed']),
        reverse: async (id, reason) => {
          done.push([id, reason]);
          return isReversed;
        },
      },
      reader: { finalNumber: async () => final, standingOf: async ({ id }) => standing(id) },
      metrics: { payment: (state) => void done.push(['metric', state]) },
      nowMs: () => 1,
      onDropped: ({ id }) => void done.push([id, 'told']),
      onError: (_error, id) => void done.push([id, 'failed']),
    }).run();
  beforeEach(() => {
    waiting = [row('a')];
    done = [];
    final = 9n;
    isReversed = true;
    standing = () => ({ kind: 'final', block });
  });

  it('are finished, placed again, or looked at later by where they stand', async () => {
    waiting = ['final', 'moved', 'unknown'].map(row);
    standing = (id) => ({ kind: id, block }) as TransferStanding;
    await run();
    expect(done).toEqual([
      ['final', 'final 5'],
      ['moved', 'placed 5'],
      ['unknown', 'postponed'],
    ]);
  });

  it('are reversed once when the chain dropped them', async () => {
    standing = () => ({ kind: 'dropped' });
    await run();
    isReversed = false;
    await run();
    expect(done).toEqual([
      ['a', 'transfer_dropped'],
      ['metric', 'failed'],
      ['a', 'told'],
      ['a', 'transfer_dropped'],
    ]);
  });

  it('do not hold each other up', async () => {
    waiting = [row('a'), row('b')];
    standing = (id) => {
      if (id === 'a') throw new AppError('dependency-unavailable', 'The node is away.');
      return { kind: 'final', block };
    };
    await run();
    expect(done).toEqual([
      ['a', 'failed'],
      ['a', 'postponed'],
      ['b', 'final 5'],
    ]);
  });

  it('wait for a final block, FOLLOWED_ROWS_MAX of them in one run', async () => {
    waiting = Array.from({ length: FOLLOWED_ROWS_MAX + 1 }, (_, place) => row(`row-${place}`));
    final = undefined;
    await run();
    expect(done).toEqual([]);
    final = 9n;
    await run();
    expect(done).toHaveLength(FOLLOWED_ROWS_MAX);
  });
});
