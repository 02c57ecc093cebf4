import type { EventBody, EventSubject } from '@touchstone/contracts';
import { developmentNetwork } from '@touchstone/embedded';
import { uuidV7 } from '@touchstone/postgres';
import { SIGNER_DOUBLE_ORIGIN } from '@touchstone/testing';
import { ServiceFixture, surroundingsOf, type Surroundings } from '@touchstone/testing/service';
import type { configSchema } from '../../src/config.js';
import { service } from '../../src/service.js';
import { AnchorFixture, type TestChain } from './anchor-fixture.js';
import { SignerProcess } from './signer-process.js';

/** An EVM network with the registry on it, and where its node answers. */
export interface EvmPlace {
  readonly network: string;
  readonly url: string;
  readonly contract: string;
}

/** The development chain as a place. */
export function placeOf({ anvil, contract }: TestChain): EvmPlace {
  return { network: developmentNetwork, url: anvil.rpcUrl, contract };
}

/** The settings of a target that anchors there at once. */
export function evmTarget(place: EvmPlace): object {
  return { kind: 'evm', ...place, spacingMs: 0, pollMs: 100 };
}

/** Replicas of the whole service between real servers, a real signer and a real chain. */
export class WorkerFixture extends ServiceFixture<typeof configSchema> {
  private constructor(
    surroundings: Surroundings<typeof configSchema>,
    readonly chain: TestChain,
    readonly signer: SignerProcess,
  ) {
    super(surroundings);
    this.onClose(() => chain.anvil.stop());
    this.onClose(() => signer.kill());
  }

  /** @param beside networks that it anchors on too */
  static async create(...beside: readonly EvmPlace[]): Promise<WorkerFixture> {
    const chain = await AnchorFixture.startChain();
    const places = [placeOf(chain), ...beside];
    const surroundings = await surroundingsOf(service, {
      TOUCHSTONE_LOG_ORIGIN: SIGNER_DOUBLE_ORIGIN,
      ANCHOR_MODE: 'advanced',
      ANCHOR_INTERVAL_SEC: '0.2',
      TOUCHSTONE_ANCHOR_TARGETS: JSON.stringify(places.map((place) => evmTarget(place))),
    });
    const contracts = Object.fromEntries(places.map(({ network, contract }) => [network, contract]));
    const { nats, database } = surroundings;
    return new WorkerFixture(surroundings, chain, await SignerProcess.start(nats, database, contracts));
  }

  /** A publisher with the permissions of the gateway. */
  async gateway(): Promise<
    <S extends EventSubject>(subject: S, body: EventBody<S>, msgId?: string) => Promise<unknown>
  > {
    const publisher = await this.publisher('inference-gateway');
    return (subject, body, msgId = uuidV7()) => publisher.publish(subject, body, { msgId });
  }
}
