import type { Heartbeat } from '@touchstone/contracts';
import type { HeartbeatAnswer, NodeDetail, NodePage } from '@touchstone/contracts/http/attestation-hub';
import { createLogger } from '@touchstone/platform/observability';
import { FakeClock } from '@touchstone/testing';
import { ServiceFixture, surroundingsOf, TestService, type Settings } from '@touchstone/testing/service';
import type { configSchema } from '../../src/config.js';
import { service } from '../../src/service.js';

export const CAPABILITY_HASH = 'a1b2c3d4'.repeat(8);

/** A heartbeat as a healthy node sends it at the time of the clock. */
export function heartbeatAt(nowMs: number, change: Partial<Heartbeat> = {}): Heartbeat {
  return {
    node_id: 'node-1',
    health: 'GREEN',
    ts_utc: new Date(nowMs).toISOString(),
    attestation: {
      schema: 'attestation_v1',
      build_id: 'build-1',
      capability_hash: CAPABILITY_HASH,
      runtime: { os: 'linux', node: 'v20.19.0' },
    },
    ...change,
  };
}

/** The same without attestation. */
export function bareHeartbeatAt(nowMs: number, change: Partial<Heartbeat> = {}): Heartbeat {
  const { attestation: _attestation, ...rest } = heartbeatAt(nowMs, change);
  return rest;
}

/** One running hub as its callers see it. */
export class Hub extends TestService {
  constructor(
    running: TestService,
    /** The lines that it logged. */
    readonly lines: Record<string, unknown>[],
  ) {
    super(running);
  }

  /** Posts a heartbeat, or a text in the place of one. */
  send(message: unknown, path = '/v1/nodes/heartbeat'): Promise<Response> {
    return this.post(path, message);
  }

  async beat(message: Heartbeat): Promise<HeartbeatAnswer> {
    const response = await this.send(message);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return (await response.json()) as HeartbeatAnswer;
  }

  node(id = 'node-1'): Promise<NodeDetail> {
    return this.json(`/v1/nodes/${id}`);
  }

  page(query = ''): Promise<NodePage> {
    return this.json(`/v1/nodes${query}`);
  }

  audit(): Record<string, unknown>[] {
    return this.lines.filter(({ event }) => typeof event === 'string');
  }
}

/** Any number of hubs, all at the same fake time. */
export class HubFixture extends ServiceFixture<typeof configSchema> {
  readonly clock = new FakeClock();

  static async create(): Promise<HubFixture> {
    return new HubFixture(await surroundingsOf(service, { TOUCHSTONE_HEARTBEAT_TOKENS: 'off' }));
  }

  override async start(change: Settings = {}): Promise<Hub> {
    const lines: Record<string, unknown>[] = [];
    const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const logger = createLogger({ service: 'attestation-hub', version: 'test', destination });
    return new Hub(await this.launch(change, { logger, clock: this.clock }), lines);
  }
}
