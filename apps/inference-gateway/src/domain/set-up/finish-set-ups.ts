import { AppError } from '@touchstone/contracts';
import { canonicalJson } from '@touchstone/canonical-json';
import { announcedSource } from '@touchstone/contracts/circuit';
import { bytesToHex, sha256, sha256TextHex } from '@touchstone/crypto';
import { transcriptText } from './set-up-files.js';
import type { Ceremony, CeremonyCircuit, ChainBlocks, SetUp, SetUpStore } from './set-up.js';

/** Open set-ups that one run looks at. */
export const FINISHED_AT_ONCE_MAX = 8;

/** What {@link FinishSetUps} needs. */
export interface FinishSetUpsParts {
  readonly ceremony: Pick<Ceremony, 'finish'>;
  readonly blocks: ChainBlocks;
  readonly store: SetUpStore;
  readonly nowMs: () => number;
  /** Milliseconds that finishing one may take. */
  readonly timeoutMs: number;
}

/** Closes set-ups whose announced block is final, with its hash as beacon. */
export class FinishSetUps {
  constructor(private readonly parts: FinishSetUpsParts) {}

  /** @throws Error of the first one that could not be finished now, after all had their turn */
  async run(): Promise<void> {
    const { store, nowMs, timeoutMs } = this.parts;
    const ids = await store.claimOpen(nowMs(), nowMs() + 2 * timeoutMs, FINISHED_AT_ONCE_MAX);
    const failures: unknown[] = [];
    for (const id of ids)
      try {
        await this.finishDue(id);
      } catch (error) {
        failures.push(error);
      } finally {
        await store.unclaim(id);
      }
    if (failures.length > 0) throw failures[0];
  }

  private async finishDue(id: string): Promise<void> {
    const { blocks, store } = this.parts;
    const setUp = await store.find(id);
    if (setUp?.state !== 'open') return;
    const { network, block } = setUp.announcement.beacon;
    const { finalHash } = await blocks.block(network, BigInt(block));
    if (finalHash === undefined) return;
    if (setUp.parties.every(({ contribution }) => contribution === undefined))
      await store.end(id, 'failed', `No party contributed before block ${block} of ${network}.`);
    else await this.finish(setUp, finalHash);
  }

  private async finish(setUp: SetUp, beaconValue: string): Promise<void> {
    const { ceremony, store, nowMs } = this.parts;
    const { announcement, newestKey, modelVersionId, id } = setUp;
    const circuit = (await store.circuit(id)) as CeremonyCircuit;
    const key = await store.key(newestKey.sha256);
    if (key === undefined) throw new AppError('internal', `The newest key of the set-up ${id} is gone.`);
    const { iterationsLog2 } = announcement.beacon;
    const source = announcedSource(announcement.beacon, sha256TextHex(canonicalJson(announcement)));
    const beacon = { value: beaconValue, iterationsLog2, source };
    const { provingKey, ...made } = await ceremony.finish(circuit, key, beacon);
    const { vkDigest, class: kind, provingKeySha256 } = made.transcript;
    if (bytesToHex(sha256(provingKey)) !== provingKeySha256)
      throw new AppError('internal', `The prover gave another key than its transcript of ${id} names.`);
    const transcript = sha256TextHex(transcriptText(made.transcript));
    const entry = {
      type: 'touchstone.zk-setup.v1',
      modelVersionId,
      vkDigest,
      class: kind,
      transcript,
    } as const;
    const finishedAt = new Date(nowMs()).toISOString();
    await store.finish(id, newestKey.sha256, { ...made, entry, finishedAt }, provingKey);
  }
}
