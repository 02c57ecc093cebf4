import type { ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AppError,
  rpcSubject,
  rpcTable,
  type RpcRequest,
  type RpcVerb,
  type ServiceName,
} from '@touchstone/contracts';
import { testUser } from '@touchstone/testing';
import { GrpcTestClient, refusalOf } from '@touchstone/testing/grpc';
import {
  ASSET,
  GATEWAY_TOKEN,
  HUB_TOKEN,
  ORIGIN,
  SignerFixture,
  WORKER_TOKEN,
} from './support/signer-fixture.js';
import { anchorTransaction, checkpoint, payload } from './support/signer-requests.js';

type Verb = RpcVerb<'signer'>;
type Message = Record<string, unknown>;
type Caller = 'inference-gateway' | 'anchor-worker' | 'attestation-hub';

/** How a verb is asked for, by one request in the words of JSON and of gRPC. */
interface Verbal<V extends Verb> {
  readonly caller: Caller;
  readonly request: RpcRequest<'signer', V>;
  /** Requests that are refused, with the code: as JSON, which {@link toMessage} puts into the words of gRPC. */
  readonly refused: readonly (readonly [what: string, request: object, code: string])[];
  readonly method: string;
  readonly toMessage: (request: never) => Message;
  /** The answer in the words of JSON. */
  readonly fromMessage: (message: Message) => unknown;
}

const tokens: Readonly<Record<Caller, string>> = {
  'inference-gateway': GATEWAY_TOKEN,
  'anchor-worker': WORKER_TOKEN,
  'attestation-hub': HUB_TOKEN,
};
const batch: RpcRequest<'signer', 'sign-batch'> = {
  batchId: '0190bbbb-0000-7000-8000-000000000001',
  format: 'event-batch-v2',
  events: [
    { id: 'b', open: true, at: 1.5 },
    { id: 'a', salt: 'x'.repeat(22) },
  ],
};
const tooEarly = { ...payload, timestamp: payload.timestamp + 86_400 };
const proofOf = (message: Message) => ({ ...message, timestamp: Number(message['timestamp']) });
const transactionMessage = ({ key, transaction }: RpcRequest<'signer', 'sign-transaction'>): Message => ({
  key,
  ...transaction,
});

/** A verb without an entry does not compile, and one that a transport forgets fails. */
const cases: { readonly [V in Verb]: Verbal<V> } = {
  'sign-output': {
    caller: 'inference-gateway',
    request: { ...payload, format: 'compact' },
    refused: [
      ['a short nonce', { ...payload, nonce: 'ab' }, 'validation-failed'],
      ['an unknown format', { ...payload, format: 'jose' }, 'validation-failed'],
      ['an output from tomorrow', tooEarly, 'signing-refused'],
    ],
    method: 'SignOutput',
    toMessage: (request) => request,
    fromMessage: (message) => ({ proof: proofOf(message) }),
  },
  'sign-outputs': {
    caller: 'inference-gateway',
    request: { payloads: [payload, { ...payload, nonce: '05'.repeat(32) }] },
    refused: [
      ['no outputs', { payloads: [] }, 'validation-failed'],
      ['one short hash', { payloads: [payload, { ...payload, inputHash: 'ab' }] }, 'validation-failed'],
      ['one output from tomorrow', { payloads: [payload, tooEarly] }, 'signing-refused'],
    ],
    method: 'SignOutputs',
    toMessage: (request) => request,
    fromMessage: ({ proofs }) => ({ proofs: (proofs as Message[]).map(proofOf) }),
  },
  'sign-batch': {
    caller: 'attestation-hub',
    request: batch,
    refused: [
      ['no events', { ...batch, events: [] }, 'validation-failed'],
      ['events and leaves', { ...batch, leaves: ['01'.repeat(32)] }, 'validation-failed'],
      ['an unknown format', { ...batch, format: 'event-batch-v3' }, 'validation-failed'],
      ['an event without id', { ...batch, events: [{ name: 'door' }] }, 'event-invalid'],
      ['other events under the same id', { ...batch, events: [{ id: 'c' }] }, 'conflict'],
    ],
    method: 'SignBatch',
    toMessage: ({ events = [], ...rest }: { readonly events?: readonly unknown[] }) => ({
      ...rest,
      eventsJson: events.map((event) => JSON.stringify(event)),
    }),
    fromMessage: (message) => message,
  },
  'sign-checkpoint': {
    caller: 'anchor-worker',
    request: checkpoint(3, 0),
    refused: [
      ['a short root', { ...checkpoint(4, 3), root: 'ab' }, 'validation-failed'],
      ['another root', { ...checkpoint(3, 0), root: '00'.repeat(32) }, 'checkpoint-refused'],
      ['another log', { ...checkpoint(3, 0), origin: `${ORIGIN}/other` }, 'forbidden'],
    ],
    method: 'SignCheckpoint',
    toMessage: ({ consistency, ...request }: RpcRequest<'signer', 'sign-checkpoint'>) => ({
      ...request,
      ...consistency,
    }),
    fromMessage: (message) => message,
  },
  'sign-transaction': {
    caller: 'anchor-worker',
    request: anchorTransaction(),
    refused: [
      ['an unknown key', { ...anchorTransaction(), key: 'purse' }, 'validation-failed'],
      ['no address', anchorTransaction({ to: '0x' }), 'validation-failed'],
      ['another contract', anchorTransaction({ to: ASSET }), 'signing-refused'],
    ],
    method: 'SignTransaction',
    toMessage: transactionMessage,
    fromMessage: (message) => message,
  },
  'key-set': {
    caller: 'anchor-worker',
    request: {},
    refused: [],
    method: 'GetKeySet',
    toMessage: () => ({}),
    fromMessage: ({ keySetJson, currentOutputKeyId, domain, ...message }) => ({
      keySet: JSON.parse(String(keySetJson)) as unknown,
      currentOutputKeyId,
      domain,
      log: { origin: message['logOrigin'], vkey: message['logVkey'] },
      addresses: { anchor: message['anchorAddress'], settlement: message['settlementAddress'] },
    }),
  },
};

/** An answer, or the code of a refusal. */
type Outcome = { readonly answer: unknown } | { readonly code: unknown };

describe.each(Object.keys(rpcTable.signer) as Verb[])('the verb %s', (verb) => {
  const { caller, request, refused, method, toMessage, fromMessage } = cases[verb];
  const verbal = { method, toMessage: toMessage as (request: object) => Message, fromMessage };
  let fixture: SignerFixture;
  let url: string;
  let grpc: GrpcTestClient;
  const connections = new Map<ServiceName, Awaited<ReturnType<SignerFixture['nats']['connect']>>>();
  beforeAll(async () => {
    fixture = await SignerFixture.create();
    const { ports, url: base } = await fixture.start();
    url = `${base}/v1/${verb === 'sign-batch' ? 'batches' : verb}`;
    grpc = GrpcTestClient.connect(`127.0.0.1:${ports.grpc}`, 'touchstone.signer.v1.SignerService');
    for (const name of Object.keys(tokens) as Caller[]) {
      connections.set(name, await fixture.nats.connect(name));
    }
  }, 60_000);
  afterAll(async () => {
    grpc.close();
    for (const connection of connections.values()) await connection.close();
    await fixture.close();
  });

  /** Past the client's own checks. */
  const overNats = async (body: object, from: Caller): Promise<Outcome> => {
    const connection = connections.get(from);
    if (connection === undefined) throw new AppError('internal', `${from} is not connected.`);
    const reply = await connection.request(rpcSubject('signer', verb, testUser(from)), JSON.stringify(body), {
      timeout: 10_000,
    });
    const said = reply.json<{ code?: unknown }>();
    return reply.headers?.has('Nats-Service-Error') ? { code: said.code } : { answer: said };
  };
  const overHttp = async (body: object, token?: string): Promise<Outcome> => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const isQuestion = Object.keys(body).length === 0;
    const response = await fetch(
      url,
      isQuestion
        ? { headers }
        : {
            method: 'POST',
            headers: { ...headers, 'content-type': 'application/json' },
            body: JSON.stringify(body),
          },
    );
    const said = (await response.json()) as { code?: unknown };
    return response.ok ? { answer: said } : { code: said.code };
  };
  const overGrpc = async (body: object, token?: string): Promise<Outcome> => {
    try {
      const metadata = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const answer = await grpc.call(verbal.method, verbal.toMessage(body), { metadata });
      return { answer: verbal.fromMessage(answer) };
    } catch (error) {
      return { code: refusalOf(error as ServiceError).info?.reason };
    }
  };
  const everywhere = async (body: object, from: Caller = caller): Promise<Outcome[]> => [
    await overNats(body, from),
    await overHttp(body, tokens[from]),
    await overGrpc(body, tokens[from]),
  ];

  it('has one answer over NATS, HTTP and gRPC', async () => {
    const [nats, http, grpc] = await everywhere(request);
    expect(nats).toEqual({ answer: expect.any(Object) });
    expect(http).toEqual(nats);
    expect(grpc).toEqual(nats);
  });

  if (verb === 'key-set') {
    it('is open to everybody over HTTP and gRPC', async () => {
      expect([await overHttp({}), await overGrpc({})]).toEqual(Array(2).fill({ answer: expect.any(Object) }));
    });
    return;
  }

  it('refuses a request with one code, whichever way it comes', async () => {
    await everywhere(request);
    for (const [what, body, code] of refused)
      expect([what, ...(await everywhere(body))]).toEqual([what, { code }, { code }, { code }]);
  });

  it('is closed to strangers, and to callers of other verbs, before a request is looked at', async () => {
    const other = caller === 'anchor-worker' ? 'inference-gateway' : 'anchor-worker';
    for (const body of [request, { no: 'request' }]) {
      const unknown = { code: 'unauthenticated' };
      expect([await overHttp(body), await overGrpc(body)]).toEqual([unknown, unknown]);
      const forbidden = { code: 'forbidden' };
      expect([await overHttp(body, tokens[other]), await overGrpc(body, tokens[other])]).toEqual([
        forbidden,
        forbidden,
      ]);
    }
    const otherClient = await fixture.client(other);
    await expect(otherClient.call('signer', verb, request as never)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});
