import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TokenVerifier } from '@touchstone/chain-proofs';
import { DER_BYTES_MAX, rfc3161Proof, type AnchorFinal } from '@touchstone/contracts';
import { anchoredCommitment } from '@touchstone/evidence';
import { uuidV7 } from '@touchstone/postgres';
import {
  available,
  isOpensslPresent,
  makeAuthority,
  OPENSSL_REMEDY,
  type TestAuthority,
} from '@touchstone/testing';
import { HttpTimeStamping, TSA_TIMEOUT_MS } from '../src/adapters/rfc3161/http-time-stamping.js';
import { TOKEN_REFUSALS_MAX, TsaTarget } from '../src/domain/anchor/rfc3161/tsa-target.js';
import { PostgresAnchorReader } from '../src/persistence/postgres-anchor-reader.js';
import { PostgresTokenStore } from '../src/persistence/postgres-token-store.js';
import { leavesOf } from './support/leaves.js';
import { LogFixture, type Replica } from './support/log-fixture.js';

const NETWORK = 'tsa:test';
const PAGE = { limit: 10, before: undefined };
/** For an authority that hangs; an honest one has as long as it is given outside of tests. */
const HANGING_TIMEOUT_MS = 300;
const describeWithOpenssl = available(isOpensslPresent(), OPENSSL_REMEDY) ? describe : describe.skip;

describeWithOpenssl('tokens of a time-stamping authority', () => {
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let server: Server;
  let fixture: LogFixture;
  let replica: Replica;
  /** What the server does with a request. */
  let answer: (query: Uint8Array, response: ServerResponse) => void;
  const honest: typeof answer = (query, response) => response.end(authority.reply(query));

  beforeAll(async () => {
    authority = makeAuthority();
    stranger = makeAuthority();
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => answer(new Uint8Array(Buffer.concat(parts)), response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  }, 60_000);
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    authority.remove();
    stranger.remove();
  });
  beforeEach(async () => {
    answer = honest;
    fixture = await LogFixture.create();
    replica = await fixture.replica({ settings: { intervalMs: 0 } });
  });
  afterEach(() => fixture.close());

  const trusted = () => ({ roots: [authority.root], policies: [authority.policy] });
  const target = (made = replica, timeoutMs = TSA_TIMEOUT_MS) =>
    new TsaTarget(
      new HttpTimeStamping({
        ...trusted(),
        network: NETWORK,
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
        timeoutMs,
      }),
      new PostgresTokenStore(made.dataSource, made.outbox, NETWORK),
      {
        spacingMs: 0,
        nowMs: () => Date.now(),
        newId: uuidV7,
        around: (_name, work) => work(),
        onFinal: () => undefined,
      },
    );
  async function publish(label: string): Promise<void> {
    await replica.intake.accept({ leaves: leavesOf(label, 1), entries: [] });
    while ((await replica.sealing.run()) === 0);
    while ((await replica.checkpointing.run()) === 0);
  }
  const finals = () => fixture.events<AnchorFinal>('evt.v1.anchor.anchor.final');

  it('anchor a checkpoint at once, and verify offline', async () => {
    await publish('a');
    expect(await target().run()).toBe(0);
    expect(await target().run()).toBeUndefined();
    const [final, ...others] = await finals();
    expect(others).toEqual([]);
    expect(final).toMatchObject({ kind: 'rfc3161', network: NETWORK, level: 'finalized', blockNumber: null });
    const [{ note } = { note: '' }] = await fixture.rows<{ note: string }>(
      'SELECT note FROM anchors.checkpoint',
    );
    const proof = rfc3161Proof.parse(final?.proof);
    const token = new Uint8Array(Buffer.from(proof.token, 'base64'));
    const commitment = anchoredCommitment(note) as Uint8Array;
    expect(Buffer.from(commitment).toString('hex')).toBe(final?.commitment);
    const verified = new TokenVerifier(trusted()).verify({
      token,
      certificates: [],
      revocation: [],
      commitment,
    });
    expect(verified).toMatchObject({ ok: true });
  });

  it('are listed as anchors of a root, without a transaction', async () => {
    await publish('a');
    const roots = () => new PostgresAnchorReader(replica.dataSource).roots('model-a', PAGE);
    expect(await roots()).toMatchObject([{ kind: null, network: null, txid: null }]);
    await target().run();
    const stampedAt = Number(
      (
        await fixture.rows<{ at: string }>(
          'SELECT extract(epoch FROM anchored_at) AS at FROM anchors.chain_anchor',
        )
      )[0]?.at,
    );
    expect(Math.abs(stampedAt - Date.now() / 1_000)).toBeLessThan(60);
    expect(await roots()).toMatchObject([
      { kind: 'rfc3161', network: NETWORK, txid: null, anchoredAt: Math.floor(stampedAt) },
    ]);
    // A token is in no block: the table of R-ANCHOR-1 names no transaction for it.
    expect(await fixture.rows('SELECT txid FROM anchors.model_anchors')).toEqual([{ txid: null }]);
  });

  it.each<[string, typeof answer]>([
    ['is no token', (_query, response) => response.end('<html>')],
    ['is an error', (_query, response) => response.writeHead(503).end()],
    ['is empty', (_query, response) => response.end()],
    ['is longer than any token', (_query, response) => response.end(Buffer.alloc(DER_BYTES_MAX + 1))],
    ['is of another authority', (query, response) => response.end(stranger.reply(query))],
    ['is of another request', (_query, response) => response.end(authority.reply(otherQuery()))],
    ['never comes', () => undefined],
    ['breaks off', (_query, response) => response.writeHead(200).write('x', () => response.destroy())],
    [
      'leads elsewhere',
      (_query, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
    ],
  ])('are no anchor where the answer %s; the next one is', async (name, given) => {
    await publish('a');
    answer = given;
    const timeoutMs = name === 'never comes' ? HANGING_TIMEOUT_MS : TSA_TIMEOUT_MS;
    await expect(target(replica, timeoutMs).run()).rejects.toMatchObject({ code: 'dependency-unavailable' });
    expect(await fixture.rows('SELECT 1 FROM anchors.chain_anchor')).toEqual([]);
    answer = honest;
    expect(await target().run()).toBe(0);
    expect(await finals()).toHaveLength(1);
  });

  it('that do not hold time after time are told, until one holds', async () => {
    await publish('a');
    const one = target();
    answer = (query, response) => response.end(stranger.reply(query));
    for (let refusal = 1; refusal <= TOKEN_REFUSALS_MAX; refusal += 1) {
      expect(one.trouble).toBeUndefined();
      await expect(one.run()).rejects.toThrow('the token fails at');
    }
    expect(one.trouble).toContain('the token fails at');
    answer = honest;
    await one.run();
    expect(one.trouble).toBeUndefined();
  });

  it('are recorded once for a checkpoint, however many replicas ask', async () => {
    await publish('a');
    const second = await fixture.replica();
    await Promise.all([target().run(), target(second).run()]);
    expect(await finals()).toHaveLength(1);
  });
});

/** A well-formed request of somebody else. */
function otherQuery(): Uint8Array {
  const head = '3043020101303130' + '0d060960864801650304020105000420' + '11'.repeat(32);
  return new Uint8Array(Buffer.from(`${head}0208${'7f'.repeat(8)}0101ff`, 'hex'));
}
