import type { EventBody, EventSubject } from '@touchstone/contracts';
import type { EventPublisher, ProvisionOptions } from '@touchstone/nats';
import { uuidV7 } from '@touchstone/postgres';
import { waitUntil, type TestDatabase } from '@touchstone/testing';
import {
  ServiceFixture,
  surroundingsOf,
  TestService,
  type Settings,
  type Surroundings,
} from '@touchstone/testing/service';
import type { configSchema } from '../../src/config.js';
import type { RetryPauses } from '../../src/domain/object/ports.js';
import type { ConsumerDelays } from '../../src/ingest-runner.js';
import { service, serviceWith } from '../../src/service.js';
import { CONTRACT, LogWorld, ORIGIN, type TestEvent } from './log-world.js';
import { NETWORK } from './output-parts.js';

type Publishers = Readonly<Record<'inference-gateway' | 'anchor-worker' | 'signer', EventPublisher>>;

const settings = {
  TOUCHSTONE_LOG_ORIGIN: ORIGIN,
  TOUCHSTONE_ANCHOR_CONTRACTS: JSON.stringify({ [NETWORK]: CONTRACT }),
};

/** A world that publishes, and any number of proof-services. */
export class ProofFixture extends ServiceFixture<typeof configSchema> {
  private publishers: Publishers | undefined;

  private constructor(
    surroundings: Surroundings<typeof configSchema>,
    readonly world: LogWorld,
  ) {
    super(surroundings);
  }

  static async create(
    world = new LogWorld(),
    streams: ProvisionOptions = {},
    database?: TestDatabase,
  ): Promise<ProofFixture> {
    const surroundings = await surroundingsOf(service, settings, { streams, database });
    const fixture = new ProofFixture(surroundings, world);
    fixture.publishers = {
      'inference-gateway': await fixture.publisher('inference-gateway'),
      'anchor-worker': await fixture.publisher('anchor-worker'),
      signer: await fixture.publisher('signer'),
    };
    const signer = await fixture.connect('signer');
    world.signer.serve(signer);
    await signer.flush();
    return fixture;
  }

  override async start(
    change: Settings = {},
    delays: ConsumerDelays = {},
    pauses?: RetryPauses,
  ): Promise<ProofClient> {
    return new ProofClient(await this.launch(change, { definition: serviceWith(delays, pauses) }));
  }

  /** Publishes events one after the other, each with an id of its own, so that a repetition is delivered again. */
  async publish(...events: readonly TestEvent[]): Promise<void> {
    for (const { subject, body } of events) {
      await this.publishers?.[publisherOf(subject)].publish(subject, body as EventBody<EventSubject>, {
        msgId: uuidV7(),
      });
    }
  }
}

function publisherOf(subject: EventSubject): keyof Publishers {
  if (/^evt\.v1\.(inference|proving)\./.test(subject)) return 'inference-gateway';
  return subject.startsWith('evt.v1.signing.') ? 'signer' : 'anchor-worker';
}

/** A reader of one proof-service. */
export class ProofClient extends TestService {
  /** Waits until a bundle is served, and gives its text. */
  async bundle(verificationId: string, query = ''): Promise<string> {
    return waitUntil(
      async () => {
        const response = await this.get(`/v1/evidence/${verificationId}${query}`);
        const text = await response.text();
        return response.status === 200 && text;
      },
      10_000,
      `the evidence of ${verificationId}`,
    );
  }

  /** Waits for an answer that is pending at a stage. */
  async stage(verificationId: string, stage: string, query = ''): Promise<void> {
    await waitUntil(
      async () => {
        const response = await this.get(`/v1/evidence/${verificationId}${query}`);
        const problem = (await response.json()) as { errors?: { detail: string }[] };
        return response.status === 202 && problem.errors?.[0]?.detail === stage;
      },
      10_000,
      `stage ${stage}`,
    );
  }

  /** Waits for an answer with a status. */
  async until(path: string, status: number): Promise<Response> {
    return waitUntil(
      async () => {
        const response = await this.get(path);
        return response.status === status && response;
      },
      10_000,
      `${status} of ${path}`,
    );
  }

  /** Waits until a figure is as large. */
  async untilMetric(name: string, least: number): Promise<void> {
    await waitUntil(async () => (await this.metric(name)) >= least, 10_000, `${name} ${least}`);
  }
}
