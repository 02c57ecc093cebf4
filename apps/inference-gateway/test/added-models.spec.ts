import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { linearClassifier } from '@touchstone/testing';
import { ADDED_MODELS_MAX } from '../src/domain/model/added-model.js';
import { GatewayFixture, infer, type Gateway } from './support/gateway-fixture.js';
import { add, answer, ask, classifier, operator, retire, TOKEN } from './support/operator-requests.js';

let fixture: GatewayFixture;
let first: Gateway;
let second: Gateway;

beforeAll(async () => {
  fixture = await GatewayFixture.create();
  first = await fixture.start(operator);
  second = await fixture.start(operator);
}, 60_000);

afterAll(() => fixture?.close());

describe('a model that is added while the service runs', () => {
  it('answers on both replicas at once, is listed and has a commitment in the log', async () => {
    const added = await add(first, {
      name: 'linear',
      labels: ['left', 'middle', 'right'],
      description: 'Two sides.',
    });
    expect(added).toMatchObject({ status: 201, body: { id: 'linear', status: 'active', version: '1.0.0' } });
    const published = await fixture.events<{ modelId: string; commitment: { modelVersionId: string } }>(
      'evt.v1.inference.commitment.published',
    );
    const own = published.filter(({ modelId }) => modelId === 'linear');
    expect(own.map(({ commitment }) => commitment.modelVersionId)).toEqual([added.body.modelVersionId]);
    for (const gateway of [second, first]) {
      const answered = await ask(gateway, 'linear', [0, 3]);
      expect(answered).toMatchObject({ status: 200, body: { prediction: { label: 'middle' } } });
      const sum = answered.body.outputs[0]?.data.reduce((total, value) => total + value, 0) ?? 0;
      expect(sum).toBeCloseTo(1, 5);
      const shown = await answer(fetch(`${gateway.url}/v1/models/linear`));
      expect(shown.body.commitmentHash).toMatch(/^[0-9a-f]{64}$/);
    }
    const listed = await fetch(`${second.url}/v1/models`);
    expect(((await listed.json()) as { models: { id: string }[] }).models.map(({ id }) => id)).toContain(
      'linear',
    );
  });

  it('says who made it and what it does in any script, joiners included', async () => {
    const said = {
      developer: 'Ärzte 👩\u200d⚕\ufe0f ≥ ₮',
      description: 'می\u200cخواهم',
      licence: 'क्\u200dष',
      labels: ['می\u200cخواهم', 'ᠰᠠᠷ\u180eᠠ', '😀'],
    };
    const added = await add(first, { name: 'any-script', ...said });
    const { labels, ...shown } = said;
    expect(added).toMatchObject({ status: 201, body: { ...shown, outputs: [{ labels }] } });
    expect(await ask(second, 'any-script', [9, 0])).toMatchObject({
      body: { prediction: { label: labels[0] } },
    });
    expect(await add(second, { name: 'any-script', ...said })).toMatchObject({ status: 200 });
  });

  it('takes any number of rows where the file leaves it open, and says what does not fit', async () => {
    expect(await ask(first, 'linear', [0, 3, 9, 0])).toMatchObject({
      status: 200,
      body: { outputs: [{ shape: [2, 3] }] },
    });
    const wrong = await answer(
      infer(first, 'linear', {
        inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }],
      }),
    );
    expect(wrong).toMatchObject({ status: 422, body: { code: 'tensor-invalid' } });
    expect(wrong.body.detail).toContain('expected [-1,2], got [1,3]');
  });

  it('is the same model when the same file comes again, on either replica', async () => {
    const settings = { name: 'again', version: '2.0.0' };
    const added = await add(first, settings);
    const repeated = await Promise.all([add(first, settings), add(second, settings, classifier)]);
    expect([added.status, ...repeated.map(({ status }) => status)]).toEqual([201, 200, 200]);
    expect(new Set([added, ...repeated].map(({ body }) => body.modelVersionId)).size).toBe(1);
  });

  it('is written once when both replicas take it at the same time', async () => {
    const both = await Promise.all([add(first, { name: 'race' }), add(second, { name: 'race' }, classifier)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 201]);
  });

  it('keeps its name and version to itself, and its settings', async () => {
    const other = linearClassifier([[1], [1]], [0]);
    await add(first, { name: 'kept' });
    expect(await add(first, { name: 'kept' }, other)).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
    const dearer = await add(first, { name: 'kept', priceAtomic: '20000' });
    expect(dearer).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(dearer.body.detail).toContain('priceAtomic is "10000", not "20000"');
    expect(await add(first, { name: 'kept', version: '1.1.0' }, other)).toMatchObject({
      status: 201,
      body: { id: 'kept-1-1-0' },
    });
    expect(await add(first, { name: 'digits' })).toMatchObject({ status: 409 });
  });

  it('is there after a restart', async () => {
    await add(first, { name: 'durable' });
    const third = await fixture.start(operator);
    expect(await ask(third, 'durable', [1, 0])).toMatchObject({ status: 200 });
    await third.stop();
  });

  it('takes no requests once it is retired, and keeps its commitments; the same file takes it back', async () => {
    await add(first, { name: 'retired' });
    expect(await ask(first, 'retired', [1, 0])).toMatchObject({ status: 200 });
    expect(await retire(first, 'retired')).toMatchObject({ status: 200, body: { status: 'retired' } });
    expect(await ask(first, 'retired', [1, 0])).toMatchObject({
      status: 409,
      body: { code: 'model-not-active' },
    });
    const commitments = await fetch(`${second.url}/v1/models/retired/commitments`);
    expect(((await commitments.json()) as { items: unknown[] }).items).toHaveLength(1);
    const files = await fixture.column(
      "SELECT file_id IS NULL FROM gateway.added_models WHERE model_id = 'retired'",
    );
    expect(files).toEqual([true]);
    expect(await add(first, { name: 'retired' })).toMatchObject({ status: 200, body: { status: 'active' } });
    expect(await ask(first, 'retired', [1, 0])).toMatchObject({ status: 200 });
    expect(await retire(first, 'digits')).toMatchObject({ status: 409 });
    expect(await retire(first, 'nobody')).toMatchObject({ status: 404 });
  });

  it('is not run when its stored file is not the one that was committed to', async () => {
    // A file of its own: the replica has that of the others on its disk.
    await add(first, { name: 'tampered' }, linearClassifier([[7], [7]], [0]));
    await fixture.rows(
      `UPDATE gateway.file_pieces SET bytes = set_byte(bytes, 8, 255)
       WHERE file_id = (SELECT file_id FROM gateway.added_models WHERE model_id = 'tampered')`,
    );
    expect(await ask(second, 'tampered', [1, 0])).toMatchObject({
      status: 500,
      body: { code: 'inference-failed' },
    });
  });
});

describe('as many models as may be added', () => {
  /** Copies of a model that was added, under other names, until there is one place left. */
  const fillUpToOne = async () => {
    await add(first, { name: 'copied' });
    await fixture.rows(
      `WITH copy AS (
         SELECT decode(md5(n::text) || md5(n::text), 'hex') AS id, 'copy-' || n AS name
         FROM generate_series(1, $1 - (SELECT count(*) FROM gateway.added_models WHERE file_id IS NOT NULL)) AS n),
       model AS (
         INSERT INTO gateway.models (model_version_id, model_id, name, version, developer, task, model_hash,
                                     model_hash_sha3, size_bytes, price_atomic, status, manifest)
         SELECT copy.id, copy.name, copy.name, version, developer, task, model_hash, model_hash_sha3, size_bytes,
                price_atomic, status, manifest || jsonb_build_object('id', copy.name, 'name', copy.name)
         FROM copy, gateway.models AS source WHERE source.model_id = 'copied')
       INSERT INTO gateway.added_models (model_version_id, model_id, name, version, file_id)
       SELECT copy.id, copy.name, copy.name, version, gen_random_uuid()
       FROM copy, gateway.added_models AS source WHERE source.model_id = 'copied'`,
      [ADDED_MODELS_MAX - 1],
    );
  };
  const full = { status: 409, body: { code: 'conflict' } };

  it('are ADDED_MODELS_MAX, whichever replica takes the last; one more is refused until one is retired', async () => {
    await fillUpToOne();
    const both = await Promise.all([add(first, { name: 'last-a' }), add(second, { name: 'last-b' })]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    const last = both[0]?.status === 201 ? 'last-a' : 'last-b';
    const refused = await add(first, { name: 'one-more' });
    expect(refused).toMatchObject(full);
    expect(refused.body.detail).toContain(`${ADDED_MODELS_MAX} models are added already`);
    expect(await ask(second, last, [1, 0])).toMatchObject({ status: 200 });
    // What is there already needs no place, what comes back does.
    expect(await add(second, { name: last })).toMatchObject({ status: 200 });
    expect(await retire(first, 'copied')).toMatchObject({ status: 200 });
    expect(await add(first, { name: 'one-more' })).toMatchObject({ status: 201 });
    expect(await add(first, { name: 'copied' })).toMatchObject(full);
    expect(await ask(first, 'one-more', [1, 0])).toMatchObject({ status: 200 });
  });
});

describe('who may add models', () => {
  it.each([
    ['no token', ''],
    ['another token', `${TOKEN}x`],
  ])('nobody with %s', async (_name, token) => {
    expect(await add(first, { name: 'stranger' }, classifier, token)).toMatchObject({ status: 401 });
    expect(await retire(first, 'linear', token)).toMatchObject({ status: 401 });
  });

  it('nobody at all where no operator is configured', async () => {
    const closed = await fixture.start();
    expect(await add(closed, { name: 'stranger' }, classifier)).toMatchObject({ status: 401 });
    await closed.stop();
  });
});
