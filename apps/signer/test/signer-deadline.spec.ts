import { fileURLToPath } from 'node:url';
import { connect, type ClientHttp2Session } from 'node:http2';
import { status, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@touchstone/testing';
import pg from 'pg';
import { GATEWAY_TOKEN, ORIGIN, SignerFixture, WORKER_TOKEN } from './support/signer-fixture.js';

const PROTO = fileURLToPath(
  new URL('../../../libs/contracts/proto/touchstone/signer/v1/signer.proto', import.meta.url),
);
const SERVICE = 'touchstone.signer.v1.SignerService';
const DEADLINE_MS = 300;
/** A deadline that is of no concern. */
const AMPLE_MS = 20_000;

const methods = loadSync(PROTO, { longs: String, defaults: true })[SERVICE] as ServiceDefinition;

const output = {
  modelVersionId: '01'.repeat(32),
  inputHash: '02'.repeat(32),
  outputHash: '03'.repeat(32),
  nonce: '04'.repeat(32),
  timestamp: String(Math.floor(Date.now() / 1_000) + 60),
};
const checkpoint = { origin: ORIGIN, size: '1', root: '05'.repeat(32), fromSize: '0', proof: [] };

/** An answer with the milliseconds that it took. */
interface Answer {
  readonly code: number;
  readonly message: Record<string, unknown> | undefined;
  readonly tookMs: number;
}

/** Calls without a clock of its own, unlike a gRPC client: whatever ends the call comes from the server. */
function call(
  session: ClientHttp2Session,
  method: 'SignOutput' | 'SignCheckpoint',
  message: object,
  deadlineMs: number,
): Promise<Answer> {
  const definition = methods[method];
  if (!definition) throw new Error(`The service has no method ${method}.`);
  const bytes = definition.requestSerialize(message);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': `/${SERVICE}/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': `${deadlineMs}m`,
      authorization: `Bearer ${method === 'SignOutput' ? GATEWAY_TOKEN : WORKER_TOKEN}`,
    });
    const chunks: Buffer[] = [];
    let code = -1;
    const readStatus = (headers: Record<string, unknown>) => {
      if (headers['grpc-status'] !== undefined) code = Number(headers['grpc-status']);
    };
    stream.on('response', readStatus).on('trailers', readStatus);
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => {
      const body = Buffer.concat(chunks);
      const answer = body.length > 0 ? definition.responseDeserialize(body.subarray(5)) : undefined;
      resolve({
        code,
        message: answer as Answer['message'],
        tookMs: performance.now() - startedAt,
      });
    });
    stream.end(Buffer.concat([head, bytes]));
  });
}

describe('a gRPC call whose deadline passes', () => {
  let fixture: SignerFixture;
  let session: ClientHttp2Session;
  let database: pg.Client;
  beforeAll(async () => {
    fixture = await SignerFixture.create();
    const service = await fixture.start();
    session = connect(`http://127.0.0.1:${service.ports.grpc}`);
    database = new pg.Client({ connectionString: fixture.database.url });
    await database.connect();
  });
  // Without its fence the log is a new one; what was signed cannot be forgotten otherwise.
  beforeEach(() =>
    database.query('TRUNCATE signer.signing_audit, signer.signed_checkpoint, signer.log_fence'),
  );
  afterAll(async () => {
    session.close();
    await database.end();
    await fixture.close();
  });

  /** Does something while nobody can write to a table. */
  const whileLocked = async <T>(table: string, work: () => Promise<T>): Promise<T> => {
    await database.query(`BEGIN; LOCK TABLE signer.${table} IN EXCLUSIVE MODE`);
    try {
      return await work();
    } finally {
      await database.query('COMMIT');
    }
  };
  const audited = async () => {
    const { rows } = await database.query<{ operation: string; result: string }>(
      'SELECT operation, result FROM signer.signing_audit ORDER BY id',
    );
    return rows;
  };
  const late = { code: status.DEADLINE_EXCEEDED, message: undefined };

  it('is answered by the server at the deadline, with DEADLINE_EXCEEDED and without a signature', async () => {
    const answer = await whileLocked('signing_audit', () => call(session, 'SignOutput', output, DEADLINE_MS));
    expect(answer).toMatchObject(late);
    expect(answer.tookMs).toBeGreaterThan(DEADLINE_MS - 50);
  });

  it('that signs an output records the signature once, and gives the same one when it comes again', async () => {
    await whileLocked('signing_audit', async () => {
      expect(await call(session, 'SignOutput', output, DEADLINE_MS)).toMatchObject(late);
    });
    const signed = { operation: 'sign-output', result: 'signed' };
    await waitUntil(async () => (await audited()).length > 0);
    expect(await audited()).toEqual([signed]);
    const [first, second] = [
      await call(session, 'SignOutput', output, AMPLE_MS),
      await call(session, 'SignOutput', output, AMPLE_MS),
    ];
    expect(first).toMatchObject({ code: status.OK, message: { ...output, keyId: 'output-1' } });
    expect(second.message).toEqual(first.message);
    expect(await audited()).toEqual([signed, signed, signed]);
  });

  it.each(['signed_checkpoint', 'signing_audit'])(
    'that signs a checkpoint leaves all of it behind while %s cannot be written: note, guard and record',
    async (table) => {
      await whileLocked(table, async () => {
        expect(await call(session, 'SignCheckpoint', checkpoint, DEADLINE_MS)).toMatchObject(late);
      });
      const signed = { operation: 'sign-checkpoint', result: 'signed' };
      await waitUntil(async () => (await audited()).length > 0);
      expect(await audited()).toEqual([signed]);
      const { rows } = await database.query<{ note: string }>('SELECT note FROM signer.signed_checkpoint');
      expect(rows).toHaveLength(1);
      const fork = { ...checkpoint, root: '06'.repeat(32) };
      expect(await call(session, 'SignCheckpoint', fork, AMPLE_MS)).toMatchObject({
        code: status.FAILED_PRECONDITION,
      });
      expect(await call(session, 'SignCheckpoint', checkpoint, AMPLE_MS)).toMatchObject({
        code: status.OK,
        message: { note: rows[0]?.note },
      });
    },
  );

  it('is not ended before it', async () => {
    const answer = whileLocked('signing_audit', async () => {
      const asked = call(session, 'SignOutput', output, AMPLE_MS);
      await new Promise((resolve) => setTimeout(resolve, DEADLINE_MS));
      return { asked };
    });
    expect(await (await answer).asked).toMatchObject({ code: status.OK, message: output });
  });
});
