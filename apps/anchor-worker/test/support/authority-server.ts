import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { uuidV7 } from '@touchstone/postgres';
import { makeAuthority, type TestAuthority } from '@touchstone/testing';
import { HttpTimeStamping, TSA_TIMEOUT_MS } from '../../src/adapters/rfc3161/http-time-stamping.js';
import type { AnchorPolicy } from '../../src/domain/anchor/policy.js';
import { TsaTarget } from '../../src/domain/anchor/rfc3161/tsa-target.js';
import { PostgresTokenStore } from '../../src/persistence/postgres-token-store.js';
import type { AroundPort } from './anchor-fixture.js';
import type { Replica } from './log-fixture.js';

/** The network of the authority. */
export const TSA_NETWORK = 'tsa:test';

/** What the server does with a request. */
export type Answer = (query: Uint8Array, response: ServerResponse) => void;

/** How a target differs from the usual; `paid` collects what it says that anchors cost. */
export type TargetOptions = Partial<AnchorPolicy> & {
  readonly timeoutMs?: number;
  readonly paid?: bigint[];
  readonly around?: AroundPort;
};

/** A real authority behind HTTP, and a stranger that nobody trusts. */
export class AuthorityServer {
  answer: Answer;
  /** The answer of an authority that does what it should. */
  readonly honest: Answer = (query, response) => response.end(this.authority.reply(query));
  /** A token that no reader would believe. */
  readonly forged: Answer = (query, response) => response.end(this.stranger.reply(query));

  private constructor(
    readonly authority: TestAuthority,
    readonly stranger: TestAuthority,
    private readonly server: Server,
  ) {
    this.answer = this.honest;
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => this.answer(new Uint8Array(Buffer.concat(parts)), response));
    });
  }

  static async start(): Promise<AuthorityServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new AuthorityServer(makeAuthority(), makeAuthority(), server);
  }

  get trusted() {
    return { roots: [this.authority.root], policies: [this.authority.policy] };
  }

  /** A target as a process of the service has it. */
  target(
    { dataSource, outbox }: Pick<Replica, 'dataSource' | 'outbox'>,
    options: TargetOptions = {},
  ): TsaTarget {
    const { timeoutMs = TSA_TIMEOUT_MS, paid = [], around = (_port, port) => port, ...policy } = options;
    const url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
    return new TsaTarget(
      around('authority', new HttpTimeStamping({ ...this.trusted, network: TSA_NETWORK, url, timeoutMs })),
      around('anchors', new PostgresTokenStore(dataSource, outbox, TSA_NETWORK)),
      {
        spacingMs: 0,
        ...policy,
        nowMs: () => Date.now(),
        newId: uuidV7,
        random: () => 1,
        around: (_name, work) => work(),
        onEvent: (event) => void ('cost' in event && event.cost !== undefined && paid.push(event.cost)),
      },
    );
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
    this.authority.remove();
    this.stranger.remove();
  }
}
