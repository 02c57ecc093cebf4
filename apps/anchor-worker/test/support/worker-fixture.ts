import type { EventBody, EventSubject } from '@touchstone/contracts';
import { developmentNetwork } from '@touchstone/embedded';
import { uuidV7 } from '@touchstone/postgres';
import { SIGNER_DOUBLE_ORIGIN } from '@touchstone/testing';
import { ServiceFixture, surroundingsOf, type Surroundings } from '@touchstone/testing/service';
import type { configSchema } from '../../src/config.js';
import { service } from '../../src/service.js';
import { AnchorFixture, type TestChain } from './anchor-fixture.js';
import { SignerProcess } from './signer-process.js';

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

  static async create(): Promise<WorkerFixture> {
    const chain = await AnchorFixture.startChain();
    const surroundings = await surroundingsOf(service, {
      TOUCHSTONE_LOG_ORIGIN: SIGNER_DOUBLE_ORIGIN,
      ANCHOR_MODE: 'advanced',
      ANCHOR_INTERVAL_SEC: '0.2',
      TOUCHSTONE_EVM_RPC_URL: chain.anvil.rpcUrl,
      TOUCHSTONE_EVM_NETWORK: developmentNetwork,
      TOUCHSTONE_ANCHOR_CONTRACT: chain.contract,
      TOUCHSTONE_ANCHOR_SPACING_MS: '0',
      TOUCHSTONE_EVM_POLL_MS: '100',
    });
    const { nats, database } = surroundings;
    return new WorkerFixture(surroundings, chain, await SignerProcess.start(nats, database, chain.contract));
  }

  /** A publisher with the permissions of the gateway. */
  async gateway(): Promise<
    <S extends EventSubject>(subject: S, body: EventBody<S>, msgId?: string) => Promise<unknown>
  > {
    const publisher = await this.publisher('inference-gateway');
    return (subject, body, msgId = uuidV7()) => publisher.publish(subject, body, { msgId });
  }
}
