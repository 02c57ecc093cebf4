import { AppError } from '@touchstone/contracts';
import type { SetUpAnnouncement } from '@touchstone/contracts/circuit';
import { SET_UP_KEY_BYTES_MAX, type SetUpManifest } from '@touchstone/contracts/http/set-ups';
import { bytesToHex, sha256, sha256TextHex } from '@touchstone/crypto';
import { modelVersionIdOf } from '@touchstone/evidence';
import {
  CONTRIBUTION_BYTES_MAX,
  SET_UP_BLOCKS_MIN,
  SET_UPS_OPEN_MAX,
  type Ceremony,
  type ChainBlocks,
  type SetUp,
  type SetUpStore,
} from './set-up.js';

/** What {@link AnnounceSetUp} needs. */
export interface AnnounceSetUpParts {
  readonly ceremony: Ceremony;
  readonly blocks: ChainBlocks;
  readonly store: SetUpStore;
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly newToken: () => string;
}

/** An announced set-up, and the tokens of its parties, which nobody learns again. */
export interface Announced {
  readonly setUp: SetUp;
  readonly invitations: readonly { readonly name: string; readonly token: string }[];
}

/** Opens a set-up: makes the first key, and says in the log whose block hash will close it. */
export class AnnounceSetUp {
  constructor(private readonly parts: AnnounceSetUpParts) {}

  /** @throws AppError `validation-failed`, `model-invalid`, `conflict`, `dependency-unavailable` */
  async announce(
    manifest: SetUpManifest,
    files: { readonly model: Uint8Array; readonly options: Uint8Array | undefined },
  ): Promise<Announced> {
    const { ceremony, store, nowMs, newId, newToken } = this.parts;
    const { developer, name, version, powers, parties, beacon } = manifest;
    const identity = { developer, modelHash: bytesToHex(sha256(files.model)), name, version };
    const modelVersionId = modelVersionIdOf(identity);
    // Asked before anything is computed; the block is counted from where the chain stands when the key is there.
    await this.announcedBlock(beacon);
    const circuit = { ...files, powers };
    const { provingKey, ...started } = await ceremony.start(circuit);
    const grownBytes = provingKey.length + (parties.length + 1) * CONTRIBUTION_BYTES_MAX;
    if (grownBytes > SET_UP_KEY_BYTES_MAX)
      throw new AppError(
        'model-invalid',
        `With all contributions the proving key may have ${grownBytes} bytes, at most ${SET_UP_KEY_BYTES_MAX} are ` +
          'set up here; set it up with files: touchstone zk prover set-up.',
      );
    const announcement: SetUpAnnouncement = {
      type: 'touchstone.zk-setup-announced.v1',
      setUpId: newId(),
      modelVersionId,
      ...started,
      firstKeySha256: bytesToHex(sha256(provingKey)),
      parties: [...parties],
      beacon: {
        network: beacon.network,
        block: (await this.announcedBlock(beacon)).toString(),
        iterationsLog2: beacon.iterationsLog2,
      },
      announcedAt: new Date(nowMs()).toISOString(),
    };
    const invitations = parties.map((party) => ({ name: party, token: newToken() }));
    const refusal = await store.announce({
      ...{ identity, circuit, announcement, isPublic: manifest.public, firstKey: provingKey },
      invitations: new Map(invitations.map((party) => [party.name, sha256TextHex(party.token)])),
    });
    if (refusal === 'full')
      throw new AppError('conflict', `${SET_UPS_OPEN_MAX} set-ups are open already; call one off first.`);
    if (refusal === 'open-already')
      throw new AppError('conflict', `A set-up of ${name} ${version} is open already; call it off first.`);
    return { setUp: (await store.find(announcement.setUpId)) as SetUp, invitations };
  }

  private async announcedBlock({ network, inBlocks }: SetUpManifest['beacon']): Promise<bigint> {
    if (BigInt(inBlocks) < SET_UP_BLOCKS_MIN)
      throw new AppError(
        'validation-failed',
        `The beacon is at least ${SET_UP_BLOCKS_MIN} blocks ahead, or nobody could contribute before it.`,
        { details: [{ pointer: '/beacon/inBlocks', detail: `expected at least ${SET_UP_BLOCKS_MIN}` }] },
      );
    try {
      const { head } = await this.parts.blocks.block(network, 0n);
      return head + BigInt(inBlocks);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'not-found') throw error;
      throw new AppError(
        'validation-failed',
        `No checkpoint is anchored on ${network}, so that nobody here sees its blocks.`,
        {
          details: [
            {
              pointer: '/beacon/network',
              detail: 'expected a network of TOUCHSTONE_ANCHOR_TARGETS with blocks',
            },
          ],
        },
      );
    }
  }
}
