import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToHex } from '@touchstone/crypto';
import { EVIDENCE_BYTES_MAX, outputLeaf } from '@touchstone/evidence';
import type { BatchAnswer, CheckpointAnswer } from '@touchstone/contracts/http/proof-service';
import { uuidV7 } from '@touchstone/postgres';
import { waitUntil } from '@touchstone/testing';
import { GrpcTestClient } from '@touchstone/testing/grpc';
import pg from 'pg';
import { VERIFY_TRUST_BYTES_MAX } from '../src/domain/evidence/verify-bundle.js';
import { PROOF_ANSWER_BYTES_MAX, PROOF_REQUEST_BYTES_MAX } from '../src/transport/grpc/proof.grpc.js';
import type { EventOf } from './support/log-world.js';
import { otherLeaf } from './support/output-parts.js';
import { ProofFixture, type ProofClient } from './support/proof-fixture.js';

const SERVICE = 'touchstone.proof.v1.ProofService';
const events = ['a', 'b', 'c'].map((id, n) => ({ id, n, salt: `${id}`.repeat(22) }));

let fixture: ProofFixture;
let http: ProofClient;
let client: GrpcTestClient;
let output: EventOf<'evt.v1.inference.output.recorded'>;
let waiting: EventOf<'evt.v1.inference.output.recorded'>;
let signed: Awaited<ReturnType<ProofFixture['world']['batchSigned']>>;
let size: bigint;

beforeAll(async () => {
  fixture = await ProofFixture.create();
  http = await fixture.start();
  client = GrpcTestClient.connect(`127.0.0.1:${http.ports.grpc}`, SERVICE);
  const { world } = fixture;
  output = world.output();
  waiting = world.output();
  signed = await world.batchSigned(events);
  const others = [1, 2, 3, 4].map(otherLeaf);
  await fixture.publish(world.commitmentPublished(), output, waiting, signed);
  await fixture.publish(world.batchSealed([output], others), world.eventsSealed(signed));
  const checkpoint = await world.checkpointPublished();
  await fixture.publish(checkpoint, world.anchorFinal(checkpoint));
  size = BigInt(world.entries.length);
  await http.bundle(output.body.verificationId, '?require=anchored');
  await http.bundle(signed.body.evidenceId, '?event=a&require=anchored');
});
afterAll(async () => {
  client.close();
  await fixture.close();
});

const bundleOf = async (request: object): Promise<string> =>
  String((await client.call('GetEvidence', request))['bundle']);

describe('evidence over gRPC', () => {
  it('is the bytes of HTTP, of an output and of an event by its id and by its leaf', async () => {
    const { verificationId } = output.body;
    const { evidenceId, leaves } = signed.body;
    expect(await bundleOf({ verificationId })).toBe(await http.bundle(verificationId));
    expect(await bundleOf({ verificationId, require: 'anchored' })).toBe(await http.bundle(verificationId));
    const ofEvent = await http.bundle(evidenceId, '?event=a');
    expect(await bundleOf({ event: { evidenceId, eventId: 'a' } })).toBe(ofEvent);
    expect(await bundleOf({ event: { evidenceId, leaf: leaves[0] } })).toBe(ofEvent);
  });

  it('is given for an event that is sent', async () => {
    const { batchId, evidenceId } = signed.body;
    const sentEvent = { batchId, eventJson: JSON.stringify(events[1]) };
    expect(await bundleOf({ sentEvent })).toBe(await http.bundle(evidenceId, '?event=b'));
  });

  it('is pending with its stage and the time to come again', async () => {
    const { verificationId } = waiting.body;
    expect(await client.refusal('GetEvidence', { verificationId })).toMatchObject({
      status: status.UNAVAILABLE,
      info: { reason: 'evidence-pending', metadata: { retryable: 'true' } },
      findings: [{ pointer: '/stage', detail: 'accepted' }],
      retryAfterSeconds: 1,
    });
  });

  it.each<[string, () => object, number, string]>([
    [
      'an output that nobody recorded',
      () => ({ verificationId: uuidV7() }),
      status.NOT_FOUND,
      'unknown-verification',
    ],
    [
      'the id of a batch, which stands in the log and reads nothing',
      () => ({ event: { evidenceId: signed.body.batchId, eventId: 'a' } }),
      status.NOT_FOUND,
      'unknown-batch',
    ],
    [
      'an event that the batch does not have',
      () => ({ event: { evidenceId: signed.body.evidenceId, eventId: 'z' } }),
      status.NOT_FOUND,
      'not-found',
    ],
    [
      'an id that is none',
      () => ({ verificationId: '../etc' }),
      status.INVALID_ARGUMENT,
      'validation-failed',
    ],
    [
      'an event without a name',
      () => ({ event: { evidenceId: uuidV7() } }),
      status.INVALID_ARGUMENT,
      'validation-failed',
    ],
    ['nothing at all', () => ({}), status.INVALID_ARGUMENT, 'validation-failed'],
    [
      'networks that are none',
      () => ({ verificationId: output.body.verificationId, require: 'nowhere' }),
      status.INVALID_ARGUMENT,
      'validation-failed',
    ],
    [
      'an event that is no JSON',
      () => ({ sentEvent: { batchId: signed.body.batchId, eventJson: '{"id":"a","id":"b"}' } }),
      status.INVALID_ARGUMENT,
      'malformed-json',
    ],
    [
      'an event that is none',
      () => ({ sentEvent: { batchId: signed.body.batchId, eventJson: '{"n":1}' } }),
      status.INVALID_ARGUMENT,
      'event-invalid',
    ],
  ])('is refused for %s', async (_what, request, code, reason) => {
    expect(await client.refusal('GetEvidence', request())).toMatchObject({ status: code, info: { reason } });
  });
});

describe('proofs and checkpoints over gRPC', () => {
  const leaf = () => bytesToHex(outputLeaf(output.body.proof));

  it('say what they say over HTTP', async () => {
    const shown = await http.json<BatchAnswer>(`/v1/proof/by-leaf/${leaf()}`);
    const { proof } = await client.call('GetProof', { leaf: leaf() });
    const { inclusion } = shown;
    expect(proof).toMatchObject({
      ...{ batchId: shown.batchId, entry: shown.entry, root: shown.root, checkpoint: shown.checkpoint },
      inclusion: { leaf: leaf(), leafIndex: String(inclusion?.leafIndex), path: inclusion?.path },
      logProof: shown.logProof,
    });
    const { anchors } = proof as { anchors: { proofJson: string; network: string }[] };
    expect(anchors.map(({ proofJson }) => JSON.parse(proofJson) as unknown)).toEqual(
      shown.anchors.map((anchor) => anchor.proof),
    );
    const page = { batchId: shown.batchId, leavesPage: { offset: 1, limit: 2 } };
    const paged = await http.json<BatchAnswer>(`/v1/proof/${shown.batchId}?leaves=true&offset=1&limit=2`);
    expect((await client.call('GetProof', page))['proof']).toMatchObject({ leaves: paged.leaves });
  });

  it('verify a path, and say where one does not hold', async () => {
    const { proof } = await client.call('GetProof', { leaf: leaf() });
    const { inclusion, root } = proof as { inclusion: Record<string, unknown>; root: string };
    const claim = { ...inclusion, merkleRoot: root, leafHex: leaf() };
    const verdict = await client.call('VerifyProof', { leaf: claim });
    expect(verdict).toMatchObject({ valid: true, label: '' });
    expect(verdict['checks']).toContainEqual(
      expect.objectContaining({ name: 'leaf', status: 'not-checked' }),
    );
    const { leafHex: _hex, ...rest } = claim;
    expect(await client.call('VerifyProof', { leaf: { ...rest, output: output.body.proof } })).toMatchObject({
      valid: true,
    });
    const wrong = { ...claim, merkleRoot: '00'.repeat(32) };
    expect(await client.call('VerifyProof', { leaf: wrong })).toMatchObject({ valid: false });
    for (const broken of [{ ...claim, treeSize: '0' }, { ...claim, leafHex: 'ab' }, {}])
      expect(await client.refusal('VerifyProof', { leaf: broken })).toMatchObject({
        status: status.INVALID_ARGUMENT,
        info: { reason: 'validation-failed' },
      });
  });

  it('give the checkpoint of a size, and the newest', async () => {
    const shown = await http.json<CheckpointAnswer>(`/v1/checkpoints/${size}`);
    for (const asked of [String(size), '0'])
      expect(await client.call('GetCheckpoint', { size: asked })).toMatchObject({
        ...{ size: shown.size, root: shown.root, note: shown.note, publishedAt: shown.publishedAt },
        anchors: [{ network: shown.anchors[0]?.network, level: 'finalized' }],
      });
    expect(await client.refusal('GetCheckpoint', { size: '999' })).toMatchObject({
      status: status.NOT_FOUND,
    });
    expect(await client.refusal('GetCheckpoint', { size: '18446744073709551615' })).toMatchObject({
      status: status.INVALID_ARGUMENT,
    });
  });

  it.each<[string, object, number, string]>([
    [
      'a batch that is not there',
      { batchId: '0190a000-0000-7000-8000-000000000000' },
      status.NOT_FOUND,
      'unknown-batch',
    ],
    ['a leaf that is nowhere', { leaf: '00'.repeat(32) }, status.NOT_FOUND, 'not-found'],
    ['a leaf that is none', { leaf: 'x' }, status.INVALID_ARGUMENT, 'validation-failed'],
    ['nothing', {}, status.INVALID_ARGUMENT, 'validation-failed'],
    [
      'a page that is too long',
      { batchId: '0190a000-0000-7000-8000-000000000000', leavesPage: { offset: 0, limit: 1_001 } },
      status.INVALID_ARGUMENT,
      'validation-failed',
    ],
  ])('are refused for %s', async (_what, request, code, reason) => {
    expect(await client.refusal('GetProof', request)).toMatchObject({ status: code, info: { reason } });
  });
});

describe('a bundle that is brought', () => {
  const trust = () => Buffer.from(JSON.stringify(fixture.world.trust()));
  const anchored = async () =>
    Buffer.from(await http.bundle(output.body.verificationId, '?require=anchored'));

  it('is verified against the trust of whoever brings it', async () => {
    const bundle = await anchored();
    const verdict = await client.call('VerifyProof', { bundle, trust: trust() });
    expect(verdict).toMatchObject({ valid: true, label: 'L2' });
    expect(JSON.parse(String(verdict['reportJson']))).toMatchObject({
      result: 'VALID',
      subject: { kind: 'output' },
    });
  });

  it('is verified against what the service knows itself, which is no model and no block', async () => {
    const verdict = await client.call('VerifyProof', { bundle: await anchored() });
    expect(verdict).toMatchObject({ valid: true });
    const { steps } = JSON.parse(String(verdict['reportJson'])) as {
      steps: { name: string; status: string }[];
    };
    const stateOf = (name: string) => steps.find((step) => step.name === name)?.status;
    expect(['signature', 'log-inclusion', 'checkpoint-signature', 'commitment'].map(stateOf)).toEqual([
      ...Array(3).fill('pass'),
      'not-checked',
    ]);
  });

  it.each<[string, (text: string) => string]>([
    ['with another signature', (text) => text.replace(/"signature":"../, '"signature":"00')],
    ['that is cut', (text) => text.slice(0, -1)],
    ['that is no JSON', () => 'x'],
    ['that is empty', () => ''],
  ])('%s is not valid', async (_what, change) => {
    const bundle = Buffer.from(change((await anchored()).toString()));
    expect(await client.call('VerifyProof', { bundle, trust: trust() })).toMatchObject({
      valid: false,
      label: 'L0',
    });
  });

  it('with a trust file that cannot be used is refused, and says where', async () => {
    const bundle = await anchored();
    for (const text of ['{"version":1}', '{', 'x'])
      expect(await client.refusal('VerifyProof', { bundle, trust: Buffer.from(text) })).toMatchObject({
        status: status.INVALID_ARGUMENT,
        info: { reason: 'validation-failed' },
      });
  });

  it('and its trust file have EVIDENCE_BYTES_MAX and VERIFY_TRUST_BYTES_MAX at most', async () => {
    const padded = (bytes: number) => Buffer.from(trust().toString().padEnd(bytes));
    const bundle = await anchored();
    const ask = (given: Buffer) => ({ bundle, trust: given });
    expect(await client.call('VerifyProof', ask(padded(VERIFY_TRUST_BYTES_MAX)))).toMatchObject({
      valid: true,
    });
    expect(await client.refusal('VerifyProof', ask(padded(VERIFY_TRUST_BYTES_MAX + 1)))).toMatchObject({
      status: status.RESOURCE_EXHAUSTED,
      info: { reason: 'body-too-large' },
    });
    const largest = Buffer.concat([bundle, Buffer.alloc(EVIDENCE_BYTES_MAX - bundle.length, ' ')]);
    const judged = await client.call('VerifyProof', {
      bundle: largest,
      trust: padded(VERIFY_TRUST_BYTES_MAX),
    });
    expect(judged['checks']).not.toContainEqual(
      expect.objectContaining({ actual: expect.stringContaining('bytes') }),
    );
    const message = client.bytesOf('VerifyProof', { bundle: Buffer.alloc(PROOF_REQUEST_BYTES_MAX - 5) });
    expect(message).toHaveLength(PROOF_REQUEST_BYTES_MAX);
    expect(await client.send('VerifyProof', message)).toMatchObject({ message: { valid: false } });
    const beyond = client.bytesOf('VerifyProof', { bundle: Buffer.alloc(PROOF_REQUEST_BYTES_MAX - 4) });
    expect(await client.refusal('VerifyProof', beyond)).toMatchObject({ status: status.RESOURCE_EXHAUSTED });
    expect(PROOF_ANSWER_BYTES_MAX).toBeGreaterThan(EVIDENCE_BYTES_MAX);
  });
});

describe('the server', () => {
  it.each([
    ['no protobuf', Buffer.from('ffffffff', 'hex'), status.INTERNAL],
    ['one that ends too early', Buffer.from('0a40', 'hex'), status.INVALID_ARGUMENT],
    ['of another type', Buffer.from('08ff01', 'hex'), status.INVALID_ARGUMENT],
  ])('answers a message that is %s by its status', async (_what, bytes, code) => {
    expect(await client.refusal('GetEvidence', bytes)).toMatchObject({ status: code });
    expect(await client.call('GetCheckpoint', {})).toHaveProperty('note');
  });

  it('answers a call whose deadline passes while the database is held', async () => {
    const database = new pg.Client({ connectionString: fixture.database.url });
    await database.connect();
    await database.query('BEGIN; LOCK TABLE proofs.checkpoint IN ACCESS EXCLUSIVE MODE');
    const refused = await client.refusal('GetCheckpoint', {}, { deadlineMs: 200 });
    await database.query('COMMIT');
    await database.end();
    expect(refused).toMatchObject({ status: status.DEADLINE_EXCEEDED });
    expect(await client.call('GetCheckpoint', {})).toHaveProperty('note');
  });

  it('is described by reflection, and healthy until it drains', async () => {
    expect(await client.reflected()).toEqual([SERVICE]);
    await waitUntil(async () => (await client.health()) === 'SERVING');
    http.context.health.startDraining();
    expect(await client.health()).toBe('NOT_SERVING');
  });
});
