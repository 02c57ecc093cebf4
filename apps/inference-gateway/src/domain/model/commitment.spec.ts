import { describe, expect, it } from '@jest/globals';
import type { KeystoreEntry, ModelCommitment } from '@touchstone/contracts';
import { commitmentHash } from '@touchstone/evidence';
import { CommitmentKeeper, type CommitmentStore } from './commitment-keeper.js';
import { nextCommitment, type SignerKeys } from './commitment.js';
import type { Model } from './model.js';

const model = {
  manifest: { id: 'digits' },
  modelVersionId: '1'.repeat(64),
  identity: { developer: 'd', modelHash: '2'.repeat(64), name: 'n', version: '1' },
} as unknown as Model;

const key = (kid: string, change: Partial<KeystoreEntry> = {}): KeystoreEntry => ({
  kid,
  alg: 'ES256K',
  use: 'output',
  public_key: `02${'3'.repeat(64)}`,
  status: 'active',
  not_before: '2026-01-01T00:00:00Z',
  not_after: '2027-01-01T00:00:00Z',
  ...change,
});
const keysOf = (currentOutputKeyId: string, ...keys: KeystoreEntry[]): SignerKeys => ({
  keySet: { type: 'touchstone.key-set.v1', sequence: 0, keys, previous: null },
  currentOutputKeyId,
});

describe('nextCommitment (R-SIGN-7)', () => {
  it('names the output keys that may still sign, in order of their ids', () => {
    const keys = keysOf(
      'b',
      key('c', { status: 'pending' }),
      key('b'),
      key('a', { status: 'retiring' }),
      key('old', { status: 'retired' }),
      key('leaked', { status: 'revoked' }),
      key('log', { use: 'checkpoint', alg: 'Ed25519' }),
    );
    expect(nextCommitment(model, keys, undefined, 1_800_000_000)).toMatchObject({
      sequence: 0,
      keys: [{ kid: 'a' }, { kid: 'b' }, { kid: 'c' }],
      currentKeyId: 'b',
      previous: null,
      vkDigest: null,
      effectiveAt: 1_800_000_000,
    });
  });

  it('follows the previous one when a key or the current key changed, and only then', () => {
    const first = nextCommitment(model, keysOf('a', key('a')), undefined, 1) as ModelCommitment;
    // PostgreSQL gives the members back in another order.
    const stored = JSON.parse(
      JSON.stringify({
        ...first,
        keys: first.keys.map(({ kid, alg, publicKey }) => ({ alg, publicKey, kid })),
      }),
    ) as ModelCommitment;
    expect(nextCommitment(model, keysOf('a', key('a')), stored, 2)).toBeUndefined();
    const second = nextCommitment(model, keysOf('b', key('a'), key('b')), stored, 2);
    expect(second).toMatchObject({ sequence: 1, previous: commitmentHash(first) });
  });
});

describe('CommitmentKeeper', () => {
  class MemoryStore implements CommitmentStore {
    readonly published: ModelCommitment[] = [];
    /** Commitments of another replica that appear just before the next publication. */
    rival: ModelCommitment | undefined;
    latest = async () => this.published.at(-1);
    history = async (_id: string, limit: number) => this.published.toReversed().slice(0, limit);
    publish = async (_id: string, commitment: ModelCommitment) => {
      if (this.rival) {
        this.published.push(this.rival);
        this.rival = undefined;
      }
      if (this.published.some(({ sequence }) => sequence === commitment.sequence)) return false;
      this.published.push(commitment);
      return true;
    };
  }

  it('takes the commitment of a replica that was faster', async () => {
    const store = new MemoryStore();
    store.rival = nextCommitment(model, keysOf('a', key('a')), undefined, 1);
    const keeper = new CommitmentKeeper({ keys: async () => keysOf('a', key('a')) }, store, () => 9_000);
    expect((await keeper.renew(model)).effectiveAt).toBe(1);
    expect(store.published).toHaveLength(1);
    expect((await keeper.current(model.modelVersionId))?.effectiveAt).toBe(1);
  });

  it('lists all commitments, newest first, since older evidence carries older ones', async () => {
    const store = new MemoryStore();
    let keys = keysOf('a', key('a'));
    const keeper = new CommitmentKeeper({ keys: async () => keys }, store, () => 9_000);
    await keeper.renew(model);
    keys = keysOf('b', key('a'), key('b'));
    await keeper.renew(model);
    const listed = await keeper.history(model.modelVersionId);
    expect(listed.map(({ currentKeyId }) => currentKeyId)).toEqual(['b', 'a']);
  });

  it('asks the signer once for many that need the same renewal', async () => {
    let asked = 0;
    const keys = async () => {
      asked += 1;
      return keysOf('a', key('a'));
    };
    const keeper = new CommitmentKeeper({ keys }, new MemoryStore(), () => 9_000);
    await Promise.all(Array.from({ length: 10 }, () => keeper.naming(model, 'a')));
    await keeper.naming(model, 'a');
    expect(asked).toBe(1);
  });

  it('refuses a key that the key set does not name', async () => {
    const keeper = new CommitmentKeeper(
      { keys: async () => keysOf('a', key('a')) },
      new MemoryStore(),
      () => 9_000,
    );
    await expect(keeper.naming(model, 'x')).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });

  it('gives up when the commitment changes faster than it can be read', async () => {
    const store: CommitmentStore = {
      latest: async () => undefined,
      history: async () => [],
      publish: async () => false,
    };
    const keeper = new CommitmentKeeper({ keys: async () => keysOf('a', key('a')) }, store, () => 9_000);
    await expect(keeper.renew(model)).rejects.toMatchObject({ code: 'conflict' });
  });
});
