import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signerSeeds, waitUntil } from '@touchstone/testing';
import { CONTRACT, SUBMITTER, type EventOf } from './support/log-world.js';
import { NETWORK, otherLeaf } from './support/output-parts.js';
import { ProofFixture, type ProofClient } from './support/proof-fixture.js';

const OTHER_NETWORK = 'eip155:10';

let fixture: ProofFixture;
let client: ProofClient;
let checkpoint: EventOf<'evt.v1.anchor.checkpoint.published'>;

beforeAll(async () => {
  fixture = await ProofFixture.create();
  client = await fixture.start({ TOUCHSTONE_EVIDENCE_CACHE_BYTES: '0' });
  await fixture.publish(fixture.world.commitmentPublished(), fixture.world.entryAppended());
});
afterAll(() => fixture.close());

/** Changes one bit; in a stored tree that of the second leaf, the first sibling of the leaf in question. */
const flip = (column: string, at = 3) => `set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`;

/** One batch of five leaves with its own checkpoint and anchor, all served. */
async function served(): Promise<{ id: string; batchId: string; leaf: string }> {
  const { world } = fixture;
  const output = world.output();
  const sealed = world.batchSealed([output], [11, 12, 13, 14].map(otherLeaf));
  checkpoint = await world.checkpointPublished();
  await fixture.publish(output, sealed, checkpoint, world.anchorFinal(checkpoint));
  const id = output.body.verificationId;
  await client.bundle(id, '?require=anchored');
  return { id, batchId: sealed.body.batchId, leaf: sealed.body.leaves[0] ?? '' };
}

async function expectRefusal(path: string): Promise<void> {
  const before = await client.metric('touchstone_proof_self_check_failures_total');
  const response = await client.get(path);
  expect(response.status).toBe(500);
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ code: 'internal' });
  expect(problem).not.toHaveProperty('subject');
  expect(await client.metric('touchstone_proof_self_check_failures_total')).toBe(before + 1);
}

/** Runs SQL and gives back what the table held, so that cases do not see each other. */
async function tampered(table: string, change: string, check: () => Promise<void>): Promise<void> {
  await fixture.rows(`CREATE TABLE proofs.kept AS TABLE proofs.${table}`);
  try {
    await fixture.rows(change);
    await check();
  } finally {
    await fixture.rows(`TRUNCATE proofs.${table}`);
    await fixture.rows(`INSERT INTO proofs.${table} SELECT * FROM proofs.kept`);
    await fixture.rows('DROP TABLE proofs.kept');
  }
}

it('serves an output whose recorder set its clock back after it was signed', async () => {
  const { world } = fixture;
  const output = world.output();
  const recordedAt = new Date((output.body.proof.timestamp - 600) * 1_000).toISOString();
  const sealed = world.batchSealed([output], [15, 16, 17, 18].map(otherLeaf));
  await fixture.publish({ ...output, body: { ...output.body, recordedAt } }, sealed);
  await fixture.publish(await world.checkpointPublished());
  await client.bundle(output.body.verificationId);
});

describe('a row that was changed', () => {
  it.each([
    ['output', 'a later time of signing', `record = replace(record, '"timestamp":1', '"timestamp":2')`],
    ['output', 'another payer', `record = replace(record, repeat('44', 20), repeat('45', 20))`],
    ['output', 'another input', `record = replace(record, '"shape":[1,4]', '"shape":[4,1]')`],
    ['output', 'a record that is no JSON', `record = left(record, 100)`],
    [
      'output',
      'the record of another output',
      `record = replace(record, '"verificationId":"0', '"verificationId":"1')`,
    ],
    ['output', 'another model version', `record = replace(record, '"version":"1.0.0"', '"version":"1.0.1"')`],
    ['log_entry', 'another node in the entry', `entry = replace(entry, 'node-1', 'node-2')`],
    ['log_entry', 'another spelling of the entry', `entry = replace(entry, ':', ': ')`],
    ['log_entry', 'another root in the entry', `entry = replace(entry, '"root":"', '"root":"0')`],
    ['log_node', 'another hash in the log', `hash = ${flip('hash')}`],
    ['batch', 'another hash in the tree', `nodes = ${flip('nodes', 35)}`],
    ['batch', 'a tree that ends early', `nodes = substring(nodes FROM 1 FOR 40)`],
    ['batch_leaf', 'another place of the leaf', `leaf_index = 4 - leaf_index WHERE leaf_index IN (0, 4)`],
    ['checkpoint', 'another note', `note = replace(note, 'log.example', 'log.exemple')`],
    ['anchor', 'another chain proof', `proof = replace(proof, 'cdcdcdcd', 'cdcdcdce')`],
    ['anchor', 'a chain proof that is no JSON', `proof = '{'`],
  ])('%s: %s is never served (rule 6)', async (table, _what, change) => {
    const { id } = await served();
    const sql = table === 'batch_leaf' ? swapLeaves : `UPDATE proofs.${table} SET ${change}`;
    await tampered(table, sql, () => expectRefusal(`/v1/evidence/${id}`));
    await client.bundle(id);
  });

  const swapLeaves = `UPDATE proofs.batch_leaf SET leaf = CASE leaf_index
     WHEN 0 THEN (SELECT leaf FROM proofs.batch_leaf AS other
                  WHERE other.log_index = batch_leaf.log_index AND other.leaf_index = 4)
     ELSE (SELECT leaf FROM proofs.batch_leaf AS other
           WHERE other.log_index = batch_leaf.log_index AND other.leaf_index = 0) END
   WHERE leaf_index IN (0, 4)`;

  it.each([
    ['log_node', `UPDATE proofs.log_node SET hash = ${flip('hash')}`],
    ['batch', `UPDATE proofs.batch SET nodes = ${flip('nodes', 35)}`],
    ['log_entry', `UPDATE proofs.log_entry SET entry = replace(entry, 'node-1', 'node-2')`],
    ['checkpoint', `UPDATE proofs.checkpoint SET note = replace(note, 'log.example', 'log.exemple')`],
    ['batch_leaf', swapLeaves],
  ])('%s: neither the batch nor its leaf is proven', async (table, change) => {
    const { batchId, leaf } = await served();
    await tampered(table, change, async () => {
      await expectRefusal(`/v1/proof/${batchId}?leaf=${leaf}`);
      await expectRefusal(`/v1/proof/by-leaf/${leaf}`);
    });
    expect((await client.get(`/v1/proof/${batchId}?leaf=${leaf}`)).status).toBe(200);
  });

  it('checkpoint and log_node: neither heads nor consistency are given out', async () => {
    await served();
    const { size } = checkpoint.body;
    await tampered('checkpoint', `UPDATE proofs.checkpoint SET root = ${flip('root')}`, async () => {
      await expectRefusal('/checkpoint');
      await expectRefusal(`/v1/checkpoints/${size}`);
    });
    const from = Number(size) - 1;
    const changed = `UPDATE proofs.log_node SET hash = ${flip('hash')} WHERE index = 0`;
    await tampered('log_node', changed, () => expectRefusal(`/v1/log/consistency?from=${from}&to=${size}`));
    await tampered('log_node', 'DELETE FROM proofs.log_node', () =>
      expectRefusal(`/v1/log/consistency?from=${from}&to=${size}`),
    );
    expect((await client.get(`/v1/log/consistency?from=${from}&to=${size}`)).status).toBe(200);
  });
});

describe('chains', () => {
  it('checks anchors on every chain that is listed, each with its contract, and leaves others unchecked', async () => {
    const { world } = fixture;
    const output = world.output();
    const path = `/v1/evidence/${output.body.verificationId}?require=${OTHER_NETWORK}`;
    await fixture.publish(output, world.batchSealed([output], [21, 22, 23, 24].map(otherLeaf)));
    const published = await world.checkpointPublished();
    await fixture.publish(published, world.anchorFinal(published, OTHER_NETWORK));
    // The fixture lists NETWORK alone.
    await client.bundle(output.body.verificationId, `?require=${OTHER_NETWORK}`);
    const listing = (contract: string) =>
      fixture.start({
        TOUCHSTONE_ANCHOR_CONTRACTS: JSON.stringify({ [NETWORK]: CONTRACT, [OTHER_NETWORK]: contract }),
      });
    expect((await (await listing(CONTRACT)).get(path)).status).toBe(200);
    const another = await listing(`0x${'c1'.repeat(20)}`);
    expect((await another.get(path)).status).toBe(500);
    expect(await another.metric('touchstone_proof_self_check_failures_total')).toBe(1);
  });
});

describe('keys', () => {
  it('does not serve what no key of the signer has signed', async () => {
    const { id } = await served();
    const { world } = fixture;
    world.signer.forge('key-set', (answer) => {
      const keys = answer.keySet.keys.map((key) => ({ ...key, kid: 'another' }));
      return { ...answer, keySet: { ...answer.keySet, keys } };
    });
    try {
      const fresh = await fixture.start();
      const response = await waitUntil(async () => {
        const answer = await fresh.get(`/v1/evidence/${id}`);
        return answer.status === 500 && answer;
      });
      expect(await response.json()).toMatchObject({ code: 'internal' });
      world.signer.recover();
      await fresh.bundle(id);
    } finally {
      world.signer.recover();
    }
  });

  it('still serves evidence of a key that was revoked later', async () => {
    const { id } = await served();
    const { world } = fixture;
    world.signer.forge('key-set', (answer) => {
      const revoked = { status: 'revoked', revoked_at: new Date().toISOString() } as const;
      const keys = answer.keySet.keys.map((key) => ({ ...key, ...revoked }));
      return { ...answer, keySet: { ...answer.keySet, keys } };
    });
    try {
      const fresh = await fixture.start();
      await fresh.bundle(id);
      expect(await fresh.metric('touchstone_proof_self_check_failures_total')).toBe(0);
    } finally {
      world.signer.recover();
    }
  });

  it('knows anchors of an earlier anchor key when it is told its address', async () => {
    const { id } = await served();
    const { world } = fixture;
    world.signer.replaceKey('anchor', '6d'.repeat(32));
    const rotated = world.signer.address('anchor');
    try {
      const untold = await fixture.start();
      expect((await untold.get(`/v1/evidence/${id}`)).status).toBe(500);
      const told = await fixture.start({ TOUCHSTONE_ANCHOR_SUBMITTERS: `${rotated}, ${SUBMITTER}` });
      await told.bundle(id, '?require=anchored');
    } finally {
      world.signer.replaceKey('anchor', signerSeeds.anchor);
    }
  });

  it('asks the reader to come again while the signer is not to be asked', async () => {
    const { id } = await served();
    const { world } = fixture;
    world.signer.forge('key-set', (answer) => ({ ...answer, log: { ...answer.log, origin: 'another.log' } }));
    try {
      const fresh = await fixture.start();
      for (const path of [`/v1/evidence/${id}`, '/checkpoint']) {
        const response = await fresh.get(path);
        expect(response.status).toBe(503);
        expect(response.headers.get('retry-after')).not.toBeNull();
      }
      world.signer.recover();
      await fresh.bundle(id);
      expect(await fresh.metric('touchstone_proof_self_check_failures_total')).toBe(0);
    } finally {
      world.signer.recover();
    }
  });
});
