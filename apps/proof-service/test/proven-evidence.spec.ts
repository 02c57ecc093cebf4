import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ZkProof } from '@touchstone/contracts/circuit';
import { verifyEvidence, type OutputBundle } from '@touchstone/evidence';
import { waitUntil } from '@touchstone/testing';
import { GrpcTestClient } from '@touchstone/testing/grpc';
import type { EventOf } from './support/log-world.js';
import { ProofFixture, type ProofClient } from './support/proof-fixture.js';
import { ProvenWorld, zk } from './support/proven-world.js';

/** Fits the same output, and is no proof: nobody judges it here. */
const other: ZkProof = { ...zk, proof: { ...zk.proof, pi_a: zk.proof.pi_c } };

let world: ProvenWorld;
let fixture: ProofFixture;
let client: ProofClient;
beforeEach(async () => {
  world = new ProvenWorld();
  fixture = await ProofFixture.create(world);
  client = await fixture.start();
  await fixture.publish(world.commitmentPublished());
});
afterEach(() => fixture.close());

const zkOf = (text: string) => (JSON.parse(text) as OutputBundle).zk;
const judged = (text: string) => {
  const { result, label, steps } = verifyEvidence(text, {
    trust: world.trustInCircuit(),
    nowMs: Date.now(),
  });
  return { result, label, zk: steps.find(({ name }) => name === 'zk')?.status };
};

async function anchored(output: EventOf<'evt.v1.inference.output.recorded'>): Promise<void> {
  await fixture.publish(output, world.batchSealed([output]));
  const checkpoint = await world.checkpointPublished();
  await fixture.publish(checkpoint, world.anchorFinal(checkpoint));
}

/** Waits until so many proofs were taken. */
const taken = (count: number) =>
  client.waitForMetric('touchstone_proof_messages_taken_total', count, 'proof-service-proving');

/** Waits until the evidence holds a proof. */
const withProof = (verificationId: string, query = '') =>
  waitUntil(
    async () => {
      const text = await client.bundle(verificationId, query);
      return zkOf(text) !== undefined && text;
    },
    10_000,
    'the proof',
  );

describe('evidence of an output whose execution was proved', () => {
  it('holds the proof that came before the record', async () => {
    const output = world.proven();
    const { verificationId } = output.body;
    await fixture.publish(world.executionProved(verificationId));
    await taken(1);
    expect((await client.get(`/v1/evidence/${verificationId}`)).status).toBe(404);
    await anchored(output);
    const text = await client.bundle(verificationId, '?require=anchored');
    expect(zkOf(text)).toEqual(zk);
    expect(judged(text)).toMatchObject({ result: 'VALID', label: 'L5', zk: 'pass' });
    expect(await client.metric('touchstone_proof_alarms_total')).toBe(0);
    expect(await client.metric('touchstone_proof_self_check_failures_total')).toBe(0);
  });

  it('holds the proof that came while it waited for its checkpoint', async () => {
    const output = world.proven();
    const { verificationId } = output.body;
    await fixture.publish(output, world.batchSealed([output]));
    await client.stage(verificationId, 'logged');
    await fixture.publish(world.executionProved(verificationId));
    await taken(1);
    await fixture.publish(await world.checkpointPublished());
    expect(judged(await client.bundle(verificationId))).toMatchObject({ label: 'L1', zk: 'pass' });
  });

  it('is made anew when the proof comes after it was served, also from memory, by a service that did not take it', async () => {
    const second = await fixture.start();
    const output = world.proven();
    const { verificationId } = output.body;
    const path = `/v1/evidence/${verificationId}`;
    await anchored(output);
    const before = await client.bundle(verificationId, '?require=anchored');
    await second.bundle(verificationId, '?require=anchored');
    expect(judged(before)).toMatchObject({ label: 'L2', zk: 'absent' });
    const etag = (await client.get(path)).headers.get('etag') ?? '';
    expect((await client.get(path, { 'if-none-match': etag })).status).toBe(304);

    await fixture.publish(world.executionProved(verificationId));
    const text = await withProof(verificationId);
    expect(judged(text)).toMatchObject({ result: 'VALID', label: 'L5', zk: 'pass' });
    const response = await client.get(path, { 'if-none-match': etag });
    expect(response.status).toBe(200);
    expect(response.headers.get('etag')).not.toBe(etag);
    expect(await response.text()).toBe(text);
    await waitUntil(async () => (await second.bundle(verificationId)) === text, 10_000, 'the other service');
    const grpc = GrpcTestClient.connect(`127.0.0.1:${client.ports.grpc}`, 'touchstone.proof.v1.ProofService');
    expect(String((await grpc.call('GetEvidence', { verificationId }))['bundle'])).toBe(text);
    grpc.close();
  });

  it('keeps the first proof when it is told of twice, and when another one follows', async () => {
    const output = world.proven();
    const { verificationId } = output.body;
    await anchored(output);
    await fixture.publish(world.executionProved(verificationId));
    const text = await withProof(verificationId, '?require=anchored');
    await fixture.publish(
      world.executionProved(verificationId),
      world.executionProved(verificationId, other),
    );
    await taken(3);
    expect(await client.bundle(verificationId)).toBe(text);
    const restarted = await fixture.start();
    expect(await restarted.bundle(verificationId)).toBe(text);
    expect(zkOf(text)).toEqual(zk);
  });

  it('leaves out a proof of another output, and tells of it once for all who read', async () => {
    const output = world.output();
    const { verificationId } = output.body;
    await fixture.publish(world.executionProved(verificationId));
    await taken(1);
    await anchored(output);
    const text = await client.bundle(verificationId, '?require=anchored');
    expect(judged(text)).toMatchObject({ result: 'VALID', label: 'L2', zk: 'absent' });
    const alarms = await client.metric('touchstone_proof_alarms_total', 'proof-refused');
    expect(alarms).toBeGreaterThan(0);
    for (let reader = 0; reader < 10; reader += 1) expect(await client.bundle(verificationId)).toBe(text);
    expect(await client.metric('touchstone_proof_alarms_total', 'proof-refused')).toBe(alarms);
    expect(await client.metric('touchstone_proof_self_check_failures_total')).toBe(0);
  });

  it('leaves memory alone where the proof is about another output', async () => {
    const output = world.output();
    const { verificationId } = output.body;
    await anchored(output);
    const text = await client.bundle(verificationId, '?require=anchored');
    const built = await client.metric('touchstone_proof_bundle_seconds_count');
    await fixture.publish(world.executionProved(world.proven().body.verificationId));
    await taken(1);
    for (let reader = 0; reader < 10; reader += 1) expect(await client.bundle(verificationId)).toBe(text);
    expect(await client.metric('touchstone_proof_bundle_seconds_count')).toBe(built);
  });
});
