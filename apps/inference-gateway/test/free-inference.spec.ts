import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { outputRecorded, type ModelCommitment } from '@touchstone/contracts';
import { problemOf } from '@touchstone/testing/service';
import {
  commitmentList,
  inferAnswer,
  modelDetail,
  modelPage,
  MODELS_PAGE_MAX,
  type InferAnswer,
} from '@touchstone/contracts/http/inference-gateway';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import {
  commitmentHash,
  contextNonce,
  encodeTensor,
  modelVersionIdOf,
  requestDigest,
  tensorsHash,
} from '@touchstone/evidence';
import { waitUntil } from '@touchstone/testing';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { heldOutRow } from './support/sample-models.js';

let fixture: GatewayFixture;
let gateway: Gateway;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  gateway = await fixture.start();
}, 60_000);

afterAll(async () => fixture.close());

const SAMPLES = [
  ...['breast-cancer', 'crypto-sentiment-v2', 'digits', 'digits-conv', 'digits-int'],
  ...['financial-sentiment', 'fraud', 'token-risk'],
];
const digits = heldOutRow('digits');
const digitsRequest = { inputs: [{ name: 'pixels', datatype: 'FP32', shape: [1, 64], data: digits.values }] };

/** PostgreSQL documentation, "Database Physical Storage": a long variable-length value begins with its length. */
const HEADER_BYTES_OF_BYTEA = 4;

describe('an answer without payment', () => {
  it('is signed over hashes that the caller recomputes from request and answer (R-INFER-1, R-INFER-3)', async () => {
    const body = JSON.stringify(digitsRequest);
    const response = await infer(gateway, 'digits', body);
    expect(response.status).toBe(200);
    const answer = inferAnswer.parse(await response.json());
    expect(answer.prediction?.label).toBe(String(digits.label));
    const { proof, context } = answer;
    expect(fixture.signer.verifies(proof)).toBe(true);
    expect(proof.nonce).toBe(contextNonce(context));
    const parts = {
      bodyDigest: bytesToHex(sha256(new TextEncoder().encode(body))),
      method: 'POST',
      modelVersionId: answer.model.modelVersionId,
      quoteId: null,
      target: '/v1/models/digits/infer',
    };
    expect(context).toMatchObject({ requestDigest: requestDigest(parts), payment: null });
    expect(context.build).toEqual({ service: 'inference-gateway', version: '0.1.0', hash: 'b'.repeat(64) });
    const hash = (tensors: InferAnswer['outputs']) => {
      const encoded = tensors.map((tensor) => {
        const result = encodeTensor(tensor);
        if (!result.ok) throw new Error(result.error.detail);
        return result.value;
      });
      const hashed = tensorsHash(encoded);
      return hashed.ok ? hashed.value : '';
    };
    expect(proof.outputHash).toBe(hash(answer.outputs));
    expect(proof.inputHash).toBe(
      hash([{ name: 'pixels', datatype: 'FP32', shape: [1, 64], data: digits.values }]),
    );
  });

  it('takes a text for a model with a preprocessing step', async () => {
    const text = 'Quarterly profit surged while costs declined';
    const response = await infer(gateway, 'financial-sentiment', { text });
    const answer = inferAnswer.parse(await response.json());
    expect(answer.prediction).toEqual({ label: 'positive', index: 2, score: 1 });
    expect(answer.outputs.map(({ name }) => name)).toEqual(['score', 'label']);
  });

  it('gives nested data the same input hash as flat data', async () => {
    const nested = { inputs: [{ ...digitsRequest.inputs[0], data: [digits.values] }] };
    const [flat, deep] = await Promise.all(
      [digitsRequest, nested].map(async (request) =>
        inferAnswer.parse(await (await infer(gateway, 'digits', request)).json()),
      ),
    );
    expect(deep?.proof.inputHash).toBe(flat?.proof.inputHash);
    expect(deep?.proof.nonce).not.toBe(flat?.proof.nonce);
  });

  it('is durable with its event before it is given out, and shown by its id (R-INFER-4)', async () => {
    const answer = inferAnswer.parse(await (await infer(gateway, 'digits', digitsRequest)).json());
    const shown = (await (
      await fetch(`${gateway.url}/v1/verifications/${answer.verificationId}`)
    ).json()) as object;
    expect(shown).toMatchObject({
      verificationId: answer.verificationId,
      status: 'recorded',
      proof: answer.proof,
      context: answer.context,
      hashes: { input: answer.proof.inputHash, output: answer.proof.outputHash },
      payment: null,
      failure: null,
    });
    const events = await fixture.events<{ verificationId: string }>('evt.v1.inference.output.recorded');
    const event = outputRecorded.parse(
      events.find(({ verificationId }) => verificationId === answer.verificationId),
    );
    expect(event).toMatchObject({
      modelId: 'digits',
      proof: answer.proof,
      context: answer.context,
      payment: null,
    });
    expect(event.inputs).toHaveLength(1);
    expect(event.commitment.keys.map(({ kid }) => kid)).toContain(answer.proof.keyId);
  });

  it('reaches the stream through the outbox', async () => {
    await infer(gateway, 'digits', digitsRequest);
    await waitUntil(
      async () =>
        (await fixture.column('SELECT id FROM gateway.outbox WHERE published_at IS NULL')).length === 0,
      10_000,
      'the outbox to drain',
    );
  });

  it('writes an event to its row as it is, neither compressed nor in a second table', async () => {
    await infer(gateway, 'digits', digitsRequest);
    const [bytes] = await fixture.column<number>('SELECT max(octet_length(payload)) FROM gateway.outbox');
    expect(bytes).toBeGreaterThan(2_048);
    const stored = `SELECT DISTINCT pg_column_size(payload) - octet_length(payload) FROM gateway.outbox
                    WHERE octet_length(payload) > 2048`;
    expect(await fixture.column(stored)).toEqual([HEADER_BYTES_OF_BYTEA]);
  });

  it('serves many callers at once, each with a nonce of its own', async () => {
    const responses = await Promise.all(
      Array.from({ length: 100 }, () => infer(gateway, 'digits', digitsRequest)),
    );
    const answers = await Promise.all(
      responses.map(async (response) => inferAnswer.parse(await response.json())),
    );
    expect(new Set(answers.map(({ proof }) => proof.nonce)).size).toBe(100);
    const ids = answers.map(({ verificationId }) => verificationId);
    const stored = await fixture.column('SELECT id FROM gateway.verifications WHERE id = ANY($1)', [ids]);
    expect(stored).toHaveLength(100);
  });
});

describe('models', () => {
  it('are listed in pages with filters (R-INFER-2)', async () => {
    const get = async (query: string) =>
      modelPage.parse(await (await fetch(`${gateway.url}/v1/models${query}`)).json());
    const first = await get('?limit=3');
    expect(first.models.map(({ id }) => id)).toEqual(SAMPLES.slice(0, 3));
    const second = await get(`?limit=3&cursor=${first.nextCursor}`);
    expect(second.models.map(({ id }) => id)).toEqual(SAMPLES.slice(3, 6));
    const last = await get(`?limit=3&cursor=${second.nextCursor}`);
    expect(last).toMatchObject({ models: [{ id: 'fraud' }, { id: 'token-risk' }], nextCursor: null });
    expect((await get(`?limit=${MODELS_PAGE_MAX}`)).models.map(({ id }) => id)).toEqual(SAMPLES);
    expect((await get('?task=regression')).models).toEqual([]);
    expect((await get('?status=suspended')).models).toEqual([]);
    expect((await get('?status=active&task=classification')).models.map(({ id }) => id)).toEqual(SAMPLES);
  });

  it.each([
    '?limit=0',
    `?limit=${MODELS_PAGE_MAX + 1}`,
    '?limit=x',
    '?status=gone',
    '?colour=red',
    '?cursor=NO',
  ])('refuse the query %s with 400', async (query) => {
    const response = await fetch(`${gateway.url}/v1/models${query}`);
    expect([response.status, (await problemOf(response)).code]).toEqual([400, 'validation-failed']);
  });

  it('are shown with hashes and a commitment that recomputes (R-SIGN-7)', async () => {
    const model = modelDetail.parse(await (await fetch(`${gateway.url}/v1/models/digits`)).json());
    const commitment = model.commitment!;
    expect(modelVersionIdOf(commitment.model)).toBe(model.modelVersionId);
    expect(commitmentHash(commitment)).toBe(model.commitmentHash);
    expect(commitment.model.modelHash).toBe(model.modelHash);
    expect(model.modelHashSha3).toMatch(/^[0-9a-f]{64}$/);
  });

  it('answer 404 when they are not known', async () => {
    const response = await fetch(`${gateway.url}/v1/models/nothing`);
    expect([response.status, (await problemOf(response)).code]).toEqual([404, 'unknown-model']);
  });

  it('refuse requests while an operator has suspended them', async () => {
    await fixture.rows(`UPDATE gateway.models SET status = 'suspended' WHERE model_id = 'breast-cancer'`);
    const restarted = await fixture.start();
    const response = await infer(restarted, 'breast-cancer', digitsRequest);
    expect([response.status, (await problemOf(response)).code]).toEqual([409, 'model-not-active']);
    await restarted.stop();
    await fixture.rows(`UPDATE gateway.models SET status = 'active'`);
  });
});

describe('commitments', () => {
  it('are published once however many replicas start together', async () => {
    const replicas = await Promise.all([fixture.start(), fixture.start(), fixture.start()]);
    for (const replica of replicas) await replica.stop();
    const published = await fixture.events<{ modelId: string }>('evt.v1.inference.commitment.published');
    expect(published.map(({ modelId }) => modelId).sort()).toEqual(SAMPLES);
  });

  it('are renewed when the signer rotates, before anything signed by the new key is recorded (R-SIGN-5)', async () => {
    fixture.signer.replaceKey('output', '77'.repeat(32));
    const answer = inferAnswer.parse(await (await infer(gateway, 'digits', digitsRequest)).json());
    expect(answer.proof.keyId).toBe('output-2');
    const events = await fixture.events<{ verificationId: string; commitment: ModelCommitment }>(
      'evt.v1.inference.output.recorded',
    );
    const { commitment } = events.at(-1) as { commitment: ModelCommitment };
    expect(commitment).toMatchObject({ sequence: 1, currentKeyId: 'output-2' });
    expect(commitment.keys.map(({ kid }) => kid)).toEqual(['output-1', 'output-2']);
    const listed = await fetch(`${gateway.url}/v1/models/digits/commitments`);
    const { items } = commitmentList.parse(await listed.json());
    expect(items.map((item) => item.commitment.sequence)).toEqual([1, 0]);
    expect(commitment.previous).toBe(items[1]?.commitmentHash);
  });
});

describe('the interface description', () => {
  it('is OpenAPI 3.1 and names every route', async () => {
    const document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as {
      openapi: string;
      paths: object;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      '/.well-known/ai-service.json',
      '/api/developers/keys',
      '/api/developers/keys/{id}',
      '/api/developers/me',
      '/api/developers/me/revenue',
      '/api/health',
      '/api/infer/{modelId}',
      '/api/jobs/{id}',
      '/api/models',
      '/api/models/{modelId}',
      '/api/submissions',
      '/api/submissions/terms',
      '/api/submissions/{id}',
      '/api/submissions/{id}/approve',
      '/api/submissions/{id}/reject',
      '/api/verifications/tx/{txHash}',
      '/api/verifications/{id}',
      '/api/verify-proof',
      '/health',
      '/infer/{modelId}',
      '/v1/developers/keys',
      '/v1/developers/keys/{id}',
      '/v1/developers/me',
      '/v1/developers/me/revenue',
      '/v1/jobs/{id}',
      '/v1/models',
      '/v1/models/{id}',
      '/v1/models/{id}/commitments',
      '/v1/models/{id}/history',
      '/v1/models/{id}/infer',
      '/v1/models/{id}/resume',
      '/v1/models/{id}/suspend',
      '/v1/set-ups',
      '/v1/set-ups/{id}',
      '/v1/set-ups/{id}/circuit.json',
      '/v1/set-ups/{id}/contributions',
      '/v1/set-ups/{id}/model.onnx',
      '/v1/set-ups/{id}/options.json',
      '/v1/set-ups/{id}/proving-key.zkey',
      '/v1/set-ups/{id}/set-up.json',
      '/v1/submissions',
      '/v1/submissions/terms',
      '/v1/submissions/{id}',
      '/v1/submissions/{id}/approve',
      '/v1/submissions/{id}/reject',
      '/v1/verifications/{id}',
      '/v1/verifications/{id}/proof',
    ]);
  });

  it('answers 404 for a verification that is not there, 400 for an id that cannot be one', async () => {
    const unknown = await fetch(`${gateway.url}/v1/verifications/019ab000-0000-7000-8000-000000000000`);
    expect([unknown.status, (await problemOf(unknown)).code]).toEqual([404, 'unknown-verification']);
    expect((await fetch(`${gateway.url}/v1/verifications/17`)).status).toBe(400);
  });
});
