import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import { proofObject } from '@touchstone/content-address';
import type { OutputBundle } from '@touchstone/evidence';
import { waitUntil } from '@touchstone/testing';
import { problemOf } from '@touchstone/testing/service';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresObjectStore } from '../src/persistence/postgres-object-store.js';
import { added, NodeDouble, otherCid } from './support/node-double.js';
import { ProofFixture } from './support/proof-fixture.js';
import { ProvenWorld, zk } from './support/proven-world.js';

const PAUSES = { firstMs: 100, maxMs: 200 };
const { cid, bytes } = proofObject(zk);
const path = `/v1/objects/${cid}`;

let world: ProvenWorld;
let fixture: ProofFixture;
let node: NodeDouble;
let folder: string;
beforeEach(async () => {
  world = new ProvenWorld();
  fixture = await ProofFixture.create(world);
  node = await NodeDouble.start();
  folder = mkdtempSync(join(tmpdir(), 'touchstone-objects-'));
});
afterEach(async () => {
  await fixture.close();
  await node.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = (change: Readonly<Record<string, string>> = {}) => fixture.start(change, {}, PAUSES);
const ipfs = () => ({ TOUCHSTONE_IPFS_API_URL: node.url });
const publications = (place: string) =>
  fixture.rows(
    `SELECT attempts, withheld, published_at IS NOT NULL AS published FROM proofs.object_publication WHERE place = $1`,
    [place],
  );
const untilPublished = (place: string) =>
  waitUntil(
    async () => (await publications(place)).some((row) => (row as { published: boolean }).published),
    10_000,
    `an object in ${place}`,
  );

async function prove(): Promise<string> {
  const output = world.proven();
  const { verificationId } = output.body;
  await fixture.publish(world.commitmentPublished(), output, world.executionProved(verificationId));
  return verificationId;
}

describe('the object of a proof', () => {
  it('is answered by its identifier, byte for byte what the bundle carries, by every replica', async () => {
    const [first, second] = [await start(), await start()];
    expect(await problemOf(await first.get(path))).toMatchObject({ status: 404, code: 'not-found' });
    const output = world.proven();
    const { verificationId } = output.body;
    await fixture.publish(world.commitmentPublished(), output, world.executionProved(verificationId));
    await fixture.publish(world.batchSealed([output]), await world.checkpointPublished());
    for (const client of [first, second]) {
      const response = await client.until(path, 200);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'application/json',
        'content-length': `${bytes.length}`,
        'cache-control': 'private, max-age=31536000, immutable',
        etag: `"${cid}"`,
      });
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
      expect((await client.get(path, { 'if-none-match': `"${cid}"` })).status).toBe(304);
    }
    const bundle = await waitUntil(async () => {
      const text = await first.bundle(verificationId);
      return (JSON.parse(text) as OutputBundle).zk !== undefined && text;
    });
    expect(bundle).toContain(new TextDecoder().decode(bytes));
  });

  it('is not looked for by an identifier that is spelled otherwise, or is of something else', async () => {
    const client = await start();
    for (const other of [
      'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPVNX',
      cid.toUpperCase(),
      `f01551220${'00'.repeat(32)}`,
      cid.slice(0, -1),
      `${cid}a`,
      // The bits behind the digest mean nothing.
      `${otherCid().slice(0, -1)}b`,
      // The fourth character says that it is of a third kind.
      `bafyrei${otherCid().slice(7)}`,
    ])
      expect(await problemOf(await client.get(`/v1/objects/${other}`))).toMatchObject({
        ...{ status: 400, code: 'validation-failed' },
      });
    expect((await client.get(`/v1/objects/${otherCid()}`)).status).toBe(404);
  });

  it('gets its identifier also where a version before stored the proof', async () => {
    const id = world.proven().body.verificationId;
    await fixture.rows(
      `INSERT INTO proofs.execution_proof (verification_id, zk, proved_at) VALUES ($1, $2, now())`,
      [id, canonicalJson(zk)],
    );
    const client = await start();
    await client.until(path, 200);
    expect(await fixture.rows('SELECT cid FROM proofs.execution_proof')).toEqual([{ cid }]);
  });
});

describe('places', () => {
  it('get each object once, whichever replica takes it', async () => {
    node.answer = (response) => response.end(added(cid));
    const settings = { ...ipfs(), TOUCHSTONE_OBJECT_FOLDER: folder };
    const [client] = [await start(settings), await start(settings)];
    await prove();
    await untilPublished('folder');
    await untilPublished('ipfs');
    expect(readdirSync(folder)).toEqual([cid]);
    expect(new Uint8Array(readFileSync(join(folder, cid)))).toEqual(bytes);
    expect(node.asked).toHaveLength(1);
    expect(node.asked[0]?.body).toContain(new TextDecoder().decode(bytes));
    expect(await client.metric('touchstone_proof_objects_waiting')).toBe(0);
    expect(await client.metric('touchstone_proof_object_oldest_waiting_seconds')).toBe(0);
  });

  it('get what was proved before they were configured', async () => {
    const before = await start();
    await prove();
    await before.until(path, 200);
    await before.stop();
    node.answer = (response) => response.end(added(cid));
    await start({ ...ipfs(), TOUCHSTONE_IPFS_API_AUTHORIZATION: 'Basic dTpw' });
    await untilPublished('ipfs');
    expect(node.asked[0]?.authorization).toBe('Basic dTpw');
    expect(await publications('folder')).toEqual([{ attempts: 0, withheld: false, published: false }]);
  });

  it('that name an object otherwise never count as having it', async () => {
    node.answer = (response) => response.end(added(otherCid()));
    const client = await start(ipfs());
    await prove();
    await client.waitForMetric('touchstone_proof_object_publications_total', 2, 'result="other-cid"');
    expect(await publications('ipfs')).toMatchObject([{ published: false, withheld: false }]);
    expect(await client.metric('touchstone_proof_objects_waiting', 'ipfs')).toBe(1);
    node.answer = (response) => response.end(added(cid));
    await untilPublished('ipfs');
  });

  it('that hang or fail delay nothing else, and get the object when they work again', async () => {
    node.answer = () => undefined;
    const client = await start({ ...ipfs(), TOUCHSTONE_OBJECT_FOLDER: folder });
    await prove();
    await waitUntil(() => Promise.resolve(node.asked.length > 0), 10_000, 'the node to be asked');
    await untilPublished('folder');
    await client.until(path, 200);
    expect(await client.metric('touchstone_proof_objects_waiting', 'ipfs')).toBe(1);
    // What is under way does not hold up the end.
    const started = performance.now();
    expect(await client.stop()).toBe(true);
    expect(performance.now() - started).toBeLessThan(5_000);
    let failures = 0;
    node.answer = (response) => {
      failures += 1;
      if (failures > 2) response.end(added(cid));
      else response.writeHead(500).end('no');
    };
    const next = await start(ipfs());
    await untilPublished('ipfs');
    expect(await next.metric('touchstone_proof_object_publications_total', 'result="failed"')).toBe(2);
    expect(await publications('ipfs')).toEqual([{ attempts: 4, withheld: false, published: true }]);
  });

  it('never get a proof that is about another output', async () => {
    const client = await start(ipfs());
    const output = world.output();
    await fixture.publish(world.commitmentPublished(), world.executionProved(output.body.verificationId));
    await client.until(path, 200);
    await fixture.publish(output);
    await client.waitForMetric('touchstone_proof_object_publications_total', 1, 'result="withheld"');
    expect(await publications('ipfs')).toEqual([{ attempts: 1, withheld: true, published: false }]);
    expect(node.asked).toEqual([]);
    expect(await client.metric('touchstone_proof_objects_waiting', 'ipfs')).toBe(0);
  });

  it('that are no folder are told at the start', async () => {
    await expect(start({ TOUCHSTONE_OBJECT_FOLDER: join(folder, 'none') })).rejects.toThrow(
      'TOUCHSTONE_OBJECT_FOLDER',
    );
  });
});

describe('PostgresObjectStore', () => {
  it('takes up to as many proofs as it is told at once, and doubles a pause up to the longest', async () => {
    const store = new PostgresObjectStore(await fixture.dataSource());
    for (let index = 0; index < 3; index += 1) {
      const output = world.proven();
      await fixture.rows(
        `WITH known AS (INSERT INTO proofs.output (verification_id, leaf, commitment_hash, record, recorded_at)
                        VALUES ($1, decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), '{}', now()))
         INSERT INTO proofs.execution_proof (verification_id, zk, proved_at) VALUES ($1, '{}', now())`,
        [output.body.verificationId],
      );
    }
    expect([await store.address(2, otherCid), await store.address(2, otherCid)]).toEqual([2, 1]);
    const pauses = { firstMs: 60_000, maxMs: 100_000 };
    const taken = await Promise.all(Array.from({ length: 4 }, () => store.claim('ipfs', pauses)));
    expect(taken.filter((object) => object !== undefined)).toHaveLength(3);
    const seconds = () =>
      fixture.rows(
        `SELECT DISTINCT round(extract(epoch FROM next_attempt_at - now()) / 10)::int * 10 AS wait
         FROM proofs.object_publication WHERE place = 'ipfs'`,
      );
    expect(await seconds()).toEqual([{ wait: 60 }]);
    for (const attempts of [1, 1_000]) {
      await fixture.rows(
        `UPDATE proofs.object_publication SET attempts = ${attempts}, next_attempt_at = now() WHERE place = 'ipfs'`,
      );
      for (let index = 0; index < 3; index += 1) await store.claim('ipfs', pauses);
      expect(await seconds()).toEqual([{ wait: 100 }]);
    }
  });
});
