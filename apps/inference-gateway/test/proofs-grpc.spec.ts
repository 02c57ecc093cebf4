import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { proofOffer } from '@touchstone/contracts/http/inference-gateway';
import { uuidV7 } from '@touchstone/postgres';
import type { GrpcTestClient } from '@touchstone/testing/grpc';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';
import { connect, digitsMessage } from './support/grpc-requests.js';

let fixture: GatewayFixture;
let gateway: Gateway;
let client: GrpcTestClient;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start();
  client = connect(gateway);
}, 60_000);

afterAll(async () => {
  client.close();
  await fixture.close();
});

const notProvable = { status: status.FAILED_PRECONDITION, info: { reason: 'not-provable' } };

describe('a request over gRPC that says whether its answer is proved', () => {
  it.each(['PROVE_MODE_LATER', 'PROVE_MODE_NOW'])(
    'is refused before anything runs where no proof can be made (%s)',
    async (prove) => {
      const { length } = fixture.signer.outputs;
      expect(await client.refusal('Infer', { ...digitsMessage, prove })).toMatchObject({
        ...notProvable,
        message: expect.stringContaining('no circuit'),
      });
      expect(await client.refusal('Infer', { ...digitsMessage, modelId: 'digits-int', prove })).toMatchObject(
        { ...notProvable, message: expect.stringContaining('No prover works here') },
      );
      expect(fixture.signer.outputs).toHaveLength(length);
    },
  );

  it.each(['PROVE_MODE_UNSPECIFIED', 'PROVE_MODE_NONE'])(
    'is answered without one where none is asked for (%s)',
    async (prove) => {
      const answer = await client.call('Infer', { ...digitsMessage, prove });
      expect(answer).toMatchObject({ execution: null, model: { id: 'digits' } });
      expect(answer['links']).not.toHaveProperty('proof');
    },
  );

  it.each([4, -1])('is refused with a mode that there is not (%s)', async (prove) => {
    expect(await client.refusal('Infer', { ...digitsMessage, prove })).toMatchObject({
      status: status.INVALID_ARGUMENT,
      info: { reason: 'validation-failed' },
      findings: [{ pointer: '/prove' }],
    });
  });
});

describe('the proof of an answer of the past over gRPC', () => {
  it('is offered, or not, in the words of HTTP, and refused where none is offered', async () => {
    const { verificationId } = await client.call('Infer', { ...digitsMessage, modelId: 'digits-int' });
    const path = `/v1/verifications/${String(verificationId)}/proof`;
    const { reason, links } = proofOffer.parse(await gateway.json(path));
    expect(await client.call('GetProofOffer', { verificationId })).toEqual({
      ...{ verificationId, status: 'not-offered', quote: null },
      ...{ reason, links },
    });
    expect(await client.refusal('OrderProof', { verificationId })).toMatchObject({
      ...notProvable,
      message: expect.stringContaining(String(reason)),
    });
  });

  it.each(['GetProofOffer', 'OrderProof'])(
    'of an unknown id, or of none, is refused (%s)',
    async (method) => {
      expect(await client.refusal(method, { verificationId: uuidV7() })).toMatchObject({
        status: status.NOT_FOUND,
        info: { reason: 'unknown-verification' },
      });
      for (const message of [{ verificationId: 'x' }, {}])
        expect(await client.refusal(method, message)).toMatchObject({
          status: status.INVALID_ARGUMENT,
          info: { reason: 'validation-failed' },
        });
    },
  );
});
