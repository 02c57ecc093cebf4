import { AppError } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import {
  SET_UP_CLOSING_BLOCKS,
  type CeremonyCircuit,
  type Ceremony,
  type ChainBlocks,
  type Invited,
  type Party,
  type SetUp,
  type SetUpStore,
} from './set-up.js';

/** What {@link TakeContribution} needs. */
export interface TakeContributionParts {
  readonly ceremony: Pick<Ceremony, 'accept'>;
  readonly blocks: ChainBlocks;
  readonly store: SetUpStore;
  readonly nowMs: () => number;
}

/** A party's contribution as it stands in the set-up. */
export type Contributed = NonNullable<Party['contribution']> & { readonly name: string };

/** Takes the keys of parties, one after the other. */
export class TakeContribution {
  constructor(private readonly parts: TakeContributionParts) {}

  /**
   * Takes a key that adds one contribution to the newest one. The same key again gives the same answer.
   *
   * @param before SHA-256 of the key that it was made from
   * @throws AppError `conflict` when the set-up is closed, the party contributed, or another party was faster; `set-up-invalid`,
   *   `dependency-unavailable`
   */
  async take({ setUpId, name }: Invited, before: string, provingKey: Uint8Array): Promise<Contributed> {
    const { ceremony, store, nowMs } = this.parts;
    const setUp = await this.find(setUpId);
    const provingKeySha256 = bytesToHex(sha256(provingKey));
    const earlier = setUp.parties.find((party) => party.name === name)?.contribution;
    if (earlier?.provingKeySha256 === provingKeySha256) return { name, ...earlier };
    if (earlier !== undefined)
      throw new AppError('conflict', `${name} contributed already, with the hash ${earlier.hash}.`);
    await this.requireOpen(setUp, before);
    const circuit = (await store.circuit(setUpId)) as CeremonyCircuit;
    const old = await store.key(before);
    if (old === undefined) throw movedOn(before);
    const { name: signedBy, hash } = await ceremony.accept(circuit, { before: old, offered: provingKey });
    if (signedBy !== name)
      throw new AppError(
        'set-up-invalid',
        `The contribution is in the name of ${signedBy}, the invitation in that of ${name}; contribute with that name.`,
      );
    const atMs = nowMs();
    const position = await store.contribute({
      ...{ setUpId, name, before, provingKey, provingKeySha256, hash, atMs },
    });
    if (position === undefined) throw movedOn(before);
    return { name, position, hash, provingKeySha256, at: new Date(atMs).toISOString() };
  }

  private async find(id: string): Promise<SetUp> {
    const setUp = await this.parts.store.find(id);
    if (setUp === undefined) throw new AppError('not-found', `There is no set-up ${id}.`);
    return setUp;
  }

  /** Whoever could know the beacon could choose the contribution by it, so that the bytes have to be here before. */
  private async requireOpen({ state, newestKey, announcement }: SetUp, before: string): Promise<void> {
    if (state !== 'open')
      throw new AppError('conflict', `The set-up takes no contributions: it is ${state}.`);
    if (newestKey.sha256 !== before) throw movedOn(before, newestKey.sha256);
    const { network, block } = announcement.beacon;
    const { head } = await this.parts.blocks.block(network, BigInt(block));
    if (head + SET_UP_CLOSING_BLOCKS >= BigInt(block))
      throw new AppError(
        'conflict',
        `The set-up takes no contributions any more: ${network} stands at block ${head}, and block ${block} closes it.`,
      );
  }
}

const movedOn = (before: string, newest?: string): AppError =>
  new AppError(
    'conflict',
    `The newest key is not ${before} any more${newest === undefined ? '' : ` but ${newest}`}; contribute to the newest one.`,
  );
