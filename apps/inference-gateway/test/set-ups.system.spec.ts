import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import { announcedSource, circuitSetUp, modelCircuit } from '@touchstone/contracts/circuit';
import {
  contributionAnswer,
  SET_UP_KEY_BYTES_MAX,
  setUpPage,
  type AnnouncedSetUp,
} from '@touchstone/contracts/http/set-ups';
import { bytesToHex, sha256, sha256TextHex } from '@touchstone/crypto';
import { modelVersionIdOf } from '@touchstone/evidence';
import { waitUntil } from '@touchstone/testing';
import { SET_UP_BLOCKS_MIN, SET_UP_CLOSING_BLOCKS, SET_UPS_OPEN_MAX } from '../src/domain/set-up/set-up.js';
import { operator, TOKEN } from './support/operator-requests.js';
import { codeOf } from './support/paid-requests.js';
import { NETWORK, SetUpScene } from './support/set-up-scene.js';

const BEACON = '0b'.repeat(32);
const FINISHED_MS = 60_000;

let scene: SetUpScene;

beforeAll(async () => {
  scene = await SetUpScene.create();
}, 60_000);
afterEach(() => {
  scene.program.works();
  scene.chain.isAway = false;
});
afterAll(() => scene.close());

const tokenOf = ({ invitations }: AnnouncedSetUp, name: string): string =>
  invitations.find((invitation) => invitation.name === name)?.token as string;
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());
const statements = async () =>
  (await scene.fixture.events<{ statement: object }>('evt.v1.inference.set-up.published')).map(
    ({ statement }) => statement,
  );
const callOff = (id: string, token = TOKEN) =>
  fetch(`${scene.gateway.url}/v1/set-ups/${id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}` },
  });
/** Makes the announced block final, and waits until the set-up is not open any more. */
async function close(id: string, hash = BEACON) {
  const { block } = (await scene.show(id)).beacon;
  scene.chain.head = BigInt(block) + 10n;
  scene.chain.final.set(BigInt(block), hash);
  await waitUntil(async () => (await scene.show(id)).state !== 'open', FINISHED_MS, 'the end of a set-up');
  return scene.show(id);
}

describe('a set-up over the API (R-PLUS-6)', () => {
  let announced: AnnouncedSetUp;
  const party = (name: string) => scene.contribute(announced.setUp.id, tokenOf(announced, name), name);

  it('is announced with its beacon before anybody contributes, by the operator alone', async () => {
    expect(await codeOf(await scene.post(scene.form(), {}))).toBe('unauthenticated');
    announced = await scene.announce();
    const { setUp } = announced;
    expect(setUp).toMatchObject({
      state: 'open',
      beacon: { network: NETWORK, block: '150', iterationsLog2: 10 },
      parties: [
        { name: 'first party', contribution: null },
        { name: 'second party', contribution: null },
      ],
      powers: { source: 'development', name: 'powers-06.ptau' },
      ...{ result: null, failure: null, public: false },
    });
    const { modelVersionId, ...identity } = setUp.model;
    expect(modelVersionId).toBe(modelVersionIdOf(identity));
    const [statement] = await statements();
    expect(canonicalJson(statement as never)).toBe(setUp.announcement);
    expect(statement).toMatchObject({
      type: 'touchstone.zk-setup-announced.v1',
      ...{ setUpId: setUp.id, firstKeySha256: setUp.newestKey.sha256 },
    });
    expect(await codeOf(await scene.post(scene.form()))).toBe('conflict');
  }, 60_000);

  it('gives model and keys to the parties and the operator, and to nobody else', async () => {
    const { id, newestKey } = announced.setUp;
    for (const name of ['model.onnx', 'options.json', 'proving-key.zkey']) {
      expect(await codeOf(await scene.file(id, name))).toBe('unauthenticated');
      expect(await codeOf(await scene.file(id, name, 'x'.repeat(43)))).toBe('unauthenticated');
      expect((await scene.file(id, name, tokenOf(announced, 'second party'))).status).toBe(200);
    }
    const key = await scene.file(id, 'proving-key.zkey', TOKEN);
    expect(key.headers.get('etag')).toBe(`"${newestKey.sha256}"`);
    expect(bytesToHex(sha256(await bytesOf(key)))).toBe(newestKey.sha256);
    for (const name of ['circuit.json', 'set-up.json'])
      expect(await codeOf(await scene.file(id, name))).toBe('not-found');
  });

  it('takes no contribution without an invitation, nor what adds none', async () => {
    const { id, newestKey } = announced.setUp;
    const token = tokenOf(announced, 'first party');
    const before = newestKey.sha256;
    const first = await bytesOf(await scene.file(id, 'proving-key.zkey', token));
    for (const stranger of [undefined, TOKEN, 'x'.repeat(43)])
      expect(await codeOf(await scene.send(id, stranger, before, first))).toBe('unauthenticated');
    // A path that names no set-up is no question to the database.
    for (const nobody of ['nonsense', '019a0000-0000-7000-8000-000000000000'])
      expect(await codeOf(await scene.send(nobody, token, before, first))).toBe('unauthenticated');
    expect(await codeOf(await scene.send(id, token, undefined, first))).toBe('validation-failed');
    const inAnotherName = await scene.contributionTo(first, 'second party');
    const twice = await scene.contributionTo(await scene.contributionTo(first, 'first party'), 'first party');
    for (const key of [first, new Uint8Array(1_000), inAnotherName, twice, inAnotherName.subarray(0, -1)])
      expect(await codeOf(await scene.send(id, token, before, key))).toBe('set-up-invalid');
    expect(await codeOf(await scene.send(id, token, '00'.repeat(32), first))).toBe('conflict');
    expect((await scene.show(id)).newestKey).toEqual(newestKey);
  }, 120_000);

  it('reads keys of SET_UP_KEY_BYTES_MAX bytes and not one more', async () => {
    const { id, newestKey } = announced.setUp;
    const send = (bytes: number) =>
      scene.send(id, tokenOf(announced, 'first party'), newestKey.sha256, new Uint8Array(bytes));
    expect(await codeOf(await send(SET_UP_KEY_BYTES_MAX))).toBe('set-up-invalid');
    expect(await codeOf(await send(SET_UP_KEY_BYTES_MAX + 1))).toBe('body-too-large');
  }, 60_000);

  it('takes one of two that come at the same time, and the same key again as the same', async () => {
    const { id, newestKey } = announced.setUp;
    const before = newestKey.sha256;
    const first = await bytesOf(await scene.file(id, 'proving-key.zkey', TOKEN));
    const names = ['first party', 'second party'];
    const keys = await Promise.all(names.map((name) => scene.contributionTo(first, name)));
    const sendAgain = (index: number) =>
      scene.send(id, tokenOf(announced, names[index] as string), before, keys[index] as Uint8Array);
    const responses = await Promise.all([sendAgain(0), sendAgain(1)]);
    expect(responses.map(({ status }) => status).sort()).toEqual([201, 409]);
    const winner = responses.findIndex(({ status }) => status === 201);
    const taken = contributionAnswer.parse(await responses[winner]?.json());
    expect(taken).toMatchObject({ position: 1, name: names[winner] });
    expect(contributionAnswer.parse(await (await sendAgain(winner)).json())).toEqual(taken);
    // Whoever was slower contributes to the newest key.
    const slower = names[1 - winner] as string;
    scene.program.fails('crash', 'set-up-accept');
    expect(await codeOf(await party(slower))).toBe('dependency-unavailable');
    scene.program.works();
    expect((await party(slower)).status).toBe(201);
    expect(await codeOf(await party(slower))).toBe('conflict');
    const { parties } = await scene.show(id);
    expect(parties.map(({ contribution }) => contribution?.position).sort()).toEqual([1, 2]);
  }, 120_000);

  it('is closed by the hash of the announced block, and anybody who has the model verifies it', async () => {
    const { id } = announced.setUp;
    scene.program.fails('crash', 'set-up-finish');
    const { block } = (await scene.show(id)).beacon;
    scene.chain.final.set(BigInt(block), BEACON);
    scene.chain.head = BigInt(block) + 10n;
    await new Promise((done) => setTimeout(done, 6_000));
    expect((await scene.show(id)).state).toBe('open');
    scene.program.works();
    const setUp = await close(id);
    expect(setUp.state).toBe('finished');
    const text = await (await scene.file(id, 'set-up.json')).text();
    const transcript = circuitSetUp.parse(JSON.parse(text));
    expect(setUp.result?.transcript).toEqual(transcript);
    const byParties = setUp.parties
      .map(({ name, contribution }) => ({ kind: 'party', name, contribution }))
      .sort((left, right) => (left.contribution?.position ?? 0) - (right.contribution?.position ?? 0))
      .map(({ contribution, ...rest }) => ({ ...rest, hash: contribution?.hash }));
    expect(transcript).toMatchObject({
      class: 'single-party',
      contributions: [...byParties, { kind: 'beacon', value: BEACON, iterationsLog2: 10 }],
      beaconSource: announcedSource(setUp.beacon, sha256TextHex(setUp.announcement)),
    });
    const entry = {
      type: 'touchstone.zk-setup.v1',
      modelVersionId: setUp.model.modelVersionId,
      ...{ vkDigest: transcript.vkDigest, class: 'single-party', transcript: sha256TextHex(text) },
    };
    expect(setUp.result?.entry).toBe(canonicalJson(entry));
    expect((await statements()).filter((statement) => 'vkDigest' in statement)).toEqual([entry]);

    const folder = scene.path('finished');
    mkdirSync(folder);
    for (const name of ['proving-key.zkey', 'circuit.json', 'set-up.json', 'model.onnx', 'options.json'])
      writeFileSync(join(folder, name), await bytesOf(await scene.file(id, name, TOKEN)));
    const { vk } = modelCircuit.parse(JSON.parse(readFileSync(join(folder, 'circuit.json'), 'utf8')));
    writeFileSync(join(folder, 'verification-key.json'), JSON.stringify(vk));
    const circuit = ['--model', join(folder, 'model.onnx'), '--options', join(folder, 'options.json')];
    const powers = new URL('../../zk-prover/test/files/tiny/powers-06.ptau', import.meta.url).pathname;
    const words = ['set-up', 'verify', ...circuit, '--powers', powers, '--folder', folder];
    expect(await scene.prover(...words)).toContain(transcript.vkDigest);
    const late = scene.send(id, tokenOf(announced, 'first party'), setUp.newestKey.sha256, new Uint8Array(9));
    expect(await codeOf(await late)).toBe('conflict');
    expect(await codeOf(await callOff(id))).toBe('conflict');
  }, 120_000);
});

describe('the time of a set-up', () => {
  it('ends SET_UP_CLOSING_BLOCKS before the announced block', async () => {
    const announced = await scene.announce({ beacon: { network: NETWORK, inBlocks: 20 } });
    const { id, beacon } = announced.setUp;
    const contribute = () => scene.contribute(id, tokenOf(announced, 'first party'), 'first party');
    scene.chain.head = BigInt(beacon.block) - SET_UP_CLOSING_BLOCKS;
    expect(await codeOf(await contribute())).toBe('conflict');
    scene.chain.head -= 1n;
    scene.chain.isAway = true;
    // What cannot be seen to be early enough is not taken.
    expect(await codeOf(await contribute())).toBe('dependency-unavailable');
    scene.chain.isAway = false;
    expect((await contribute()).status).toBe(201);
    expect((await callOff(id)).status).toBe(200);
    expect((await callOff(id)).status).toBe(200);
    expect(await scene.show(id)).toMatchObject({
      state: 'called-off',
      failure: 'The operator called it off.',
    });
  }, 60_000);

  it('ends without keys when nobody contributed', async () => {
    const { setUp } = await scene.announce();
    expect(await close(setUp.id)).toMatchObject({ state: 'failed', result: null });
    expect((await statements()).filter((statement) => 'vkDigest' in statement)).toHaveLength(1);
  }, 60_000);

  it('is long enough for somebody to contribute, on a network that somebody sees', async () => {
    const blocks = Number(SET_UP_BLOCKS_MIN);
    const announce = (network: string, inBlocks: number) =>
      scene.post(scene.form({ beacon: { network, inBlocks } }));
    expect(await codeOf(await announce(NETWORK, blocks - 1))).toBe('validation-failed');
    expect(await codeOf(await announce('eip155:1', 50))).toBe('validation-failed');
    const { setUp } = await scene.announce({ beacon: { network: NETWORK, inBlocks: blocks } });
    await callOff(setUp.id);
  }, 60_000);
});

describe('an announcement', () => {
  it('is refused for other powers, other files and other forms', async () => {
    const refused = async (...given: Parameters<SetUpScene['form']>) =>
      codeOf(await scene.post(scene.form(...given)));
    expect(await refused({ powers: 'powers-07.ptau' })).toBe('validation-failed');
    expect(await refused({ powers: '../tiny/powers-06.ptau' })).toBe('validation-failed');
    expect(await refused({ parties: ['one', 'one'] })).toBe('validation-failed');
    expect(await refused({}, { options: '{"version":1,"seed":2}' })).toBe('validation-failed');
    expect(await refused({}, { options: '{' })).toBe('malformed-json');
    expect(await refused({}, { model: new Uint8Array(300) })).toBe('model-invalid');
    scene.program.fails('crash', 'set-up-start');
    expect(await refused()).toBe('dependency-unavailable');
  }, 60_000);

  it('is refused beside SET_UPS_OPEN_MAX open ones', async () => {
    const { setUp } = await scene.announce();
    await scene.fixture.rows(
      `INSERT INTO gateway.set_ups
         (id, state, model_version_id, identity, model, powers_name, is_public, announcement, newest_key, newest_key_bytes)
       SELECT gen_random_uuid(), 'open', sha256(place::text::bytea), identity, model, powers_name, is_public, announcement,
         newest_key, newest_key_bytes
       FROM gateway.set_ups, generate_series(1, $2::int) AS place WHERE id = $1`,
      [setUp.id, SET_UPS_OPEN_MAX - 1],
    );
    expect(await codeOf(await scene.post(scene.form({ version: '2.0.0' })))).toBe('conflict');
    await scene.fixture.rows(`DELETE FROM gateway.set_ups WHERE state = 'open' AND id <> $1`, [setUp.id]);
    const { setUp: another } = await scene.announce({ version: '2.0.0', public: true });
    expect((await scene.file(another.id, 'model.onnx')).status).toBe(200);
    for (const { id } of [setUp, another]) await callOff(id);
  }, 60_000);

  it('is listed page by page, the newest first', async () => {
    const page = async (query: string) =>
      setUpPage.parse(await (await fetch(`${scene.gateway.url}/v1/set-ups?${query}`)).json());
    const all = await page('limit=100');
    expect(all.nextCursor).toBeNull();
    const ids = all.setUps.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort().reverse());
    const first = await page('limit=1');
    const second = await page(`limit=1&cursor=${first.nextCursor}`);
    expect([...first.setUps, ...second.setUps].map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect((await page('state=finished')).setUps.map(({ state }) => state)).toEqual(['finished']);
  });

  it('is not possible where there are no powers of tau; what is there can be read', async () => {
    const without = await scene.fixture.start(operator);
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await fetch(`${without.url}/v1/set-ups`, {
      method: 'POST',
      body: scene.form(),
      headers,
    });
    expect(await codeOf(response)).toBe('dependency-unavailable');
    expect((await fetch(`${without.url}/v1/set-ups`)).status).toBe(200);
  }, 60_000);
});
