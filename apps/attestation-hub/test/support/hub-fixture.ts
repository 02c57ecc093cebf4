import { createHash } from 'node:crypto';
import type { Heartbeat } from '@touchstone/contracts';
import type {
  AuditLine,
  HeartbeatAnswer,
  NodeDetail,
  NodePage,
} from '@touchstone/contracts/http/attestation-hub';
import { auditLine } from '@touchstone/contracts/http/attestation-hub';
import { createLogger } from '@touchstone/platform/observability';
import { defineService } from '@touchstone/service';
import { FakeClock } from '@touchstone/testing';
import { ServiceFixture, surroundingsOf, TestService, type Settings } from '@touchstone/testing/service';
import type { configSchema } from '../../src/config.js';
import { quietHub, service } from '../../src/service.js';

const quiet = defineService(quietHub);

/** What the operator of the hubs sends. */
const TOKEN = 'operator-of-the-hub-in-its-specs';
export const OPERATOR = { authorization: `Bearer ${TOKEN}` };

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

  /** Sends what only the operator may. */
  operate(method: 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<Response> {
    const headers = { 'content-type': 'application/json', ...OPERATOR };
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    return fetch(`${this.url}${path}`, init);
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

  /** A page of the audit as its operator reads it. */
  async auditPage(query = ''): Promise<AuditLine[]> {
    const response = await this.get(`/v1/audit${query}`, OPERATOR);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    const text = await response.text();
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => auditLine.parse(JSON.parse(line)));
  }

  /** The lines of the audit on standard output. */
  audit(): Record<string, unknown>[] {
    return this.lines.filter(({ audit }) => audit === true);
  }
}

/** Any number of hubs, all at the same fake time. */
export class HubFixture extends ServiceFixture<typeof configSchema> {
  readonly clock = new FakeClock();

  static async create(): Promise<HubFixture> {
    return new HubFixture(
      await surroundingsOf(service, {
        TOUCHSTONE_HEARTBEAT_TOKENS: 'off',
        TOUCHSTONE_OPERATOR_TOKEN_SHA256: createHash('sha256').update(TOKEN).digest('hex'),
      }),
    );
  }

  override start(change: Settings = {}): Promise<Hub> {
    return this.startAt(this.clock, change);
  }

  /** Starts a hub with a clock of its own. */
  async startAt(clock: FakeClock, change: Settings = {}): Promise<Hub> {
    const lines: Record<string, unknown>[] = [];
    const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const logger = createLogger({ service: 'attestation-hub', version: 'test', destination });
    // Looks for silent nodes are the spec's own, at the times of its clocks.
    const definition = quiet;
    return new Hub(await this.launch(change, { logger, clock, definition }), lines);
  }
}
