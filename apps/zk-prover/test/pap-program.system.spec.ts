import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  givenFile,
  PAP,
  PAP_MESSAGE_BYTES_MAX,
  papFailure,
  papReplies,
  type PapReply,
  type PapVerb,
  statementDigest,
} from '@touchstone/prover-adapter';
import { createProver } from '../src/prover.js';
import { tinyFile, TinyJob } from './support/tiny-job.js';

const { pap } = createProver({});
let job: TinyJob;
let compiled: PapReply<'compile'>;
let proved: PapReply<'prove'>;

/** Asks the program and reads its reply. */
async function ask(verb: PapVerb, request: unknown, signal = new AbortController().signal) {
  const paths = { request: job.path('request.json'), reply: job.path('reply.json') };
  await writeFile(paths.request, typeof request === 'string' ? request : JSON.stringify(request));
  const exitCode = await pap.run(verb, paths, signal);
  return { exitCode, reply: JSON.parse(await readFile(paths.reply, 'utf8')) as unknown };
}

async function refusal(verb: PapVerb, request: unknown, signal?: AbortSignal) {
  const { exitCode, reply } = await ask(verb, request, signal);
  return { exitCode, code: papFailure.parse(reply).error.code };
}

async function verifyRequest() {
  const { proofPath, ...asked } = await job.proveRequest(compiled.programDigest);
  const { provingKey: _, ...setUp } = asked.setUp;
  return {
    ...{ ...asked, verb: 'verify' as const, setUp, outputs: proved.outputs },
    ...{ proof: await givenFile(proofPath), challenge: 'cd'.repeat(32) },
  };
}

beforeAll(async () => {
  job = await TinyJob.create();
  const model = await job.model();
  const setUp = { verificationKey: (await job.setUp()).verificationKey };
  compiled = papReplies.compile.parse(
    (await ask('compile', { protocol: PAP, verb: 'compile', model, setUp })).reply,
  );
  const { exitCode, reply } = await ask('prove', await job.proveRequest(compiled.programDigest));
  expect(exitCode).toBe(0);
  proved = papReplies.prove.parse(reply);
});
afterAll(() => job.close());

describe('the built-in prover as a program', () => {
  it('names program, tensors and the digest of the key', async () => {
    const { vkDigest } = await job.setUp();
    expect(compiled).toMatchObject({
      ...{ vkDigest, constraints: 17 },
      inputs: [{ name: 'x', datatype: 'UINT8', shape: [1, 2] }],
      outputs: [{ name: 'y', datatype: 'INT32', shape: [1, 1] }],
    });
  });

  it('answers 200 − 2 · 30 + 1 with a proof', async () => {
    expect(proved.outputs[0]?.values).toEqual([141]);
    expect(proved).toMatchObject({ prover: 'snarkjs', programDigest: compiled.programDigest });
    expect(proved.proofSha256).toBe((await givenFile(job.path('proof.json'))).sha256);
  });

  it('takes its proof and echoes what it was asked', async () => {
    const request = await verifyRequest();
    const { exitCode, reply } = await ask('verify', request);
    expect({ exitCode, reply }).toEqual({
      exitCode: 0,
      reply: {
        ...{ protocol: PAP, valid: true, challenge: request.challenge },
        ...{ statementDigest: statementDigest(request), proofSha256: proved.proofSha256 },
      },
    });
  });

  it('says of another output and of another bind that they are not proved', async () => {
    const request = await verifyRequest();
    const output = { ...proved.outputs[0], values: [142] };
    for (const other of [{ outputs: [output] }, { bind: 'ac'.repeat(31) }]) {
      const { exitCode, reply } = await ask('verify', { ...request, ...other });
      expect(exitCode).toBe(0);
      expect(reply).toMatchObject({ valid: false, reason: 'proof-invalid' });
    }
  });

  it('says of what is no proof that it is none', async () => {
    await writeFile(job.path('cut.json'), (await readFile(job.path('proof.json'))).subarray(0, 200));
    const { exitCode, reply } = await ask('verify', {
      ...(await verifyRequest()),
      proof: await givenFile(job.path('cut.json')),
    });
    expect(exitCode).toBe(0);
    expect(reply).toMatchObject({ valid: false, reason: 'proof-malformed' });
  });

  it('describes itself', async () => {
    const { reply } = await ask('describe', { protocol: PAP, verb: 'describe' });
    expect(papReplies.describe.parse(reply).systems).toMatchObject([
      { id: 'groth16/bn254', setUp: 'per-circuit', zeroKnowledge: true, carriesBind: true },
    ]);
  });
});

describe('a request that is wrong', () => {
  it.each([
    ['is no JSON', () => '{'],
    ['has a member twice', () => '{"protocol":"pap/1","protocol":"pap/1","verb":"describe"}'],
    ['has an unknown member', () => ({ protocol: PAP, verb: 'describe', extra: 1 })],
    ['is for another verb', () => ({ protocol: PAP, verb: 'verify' })],
  ])('because it %s is refused with 2', async (_, request) => {
    expect(await refusal('describe', request())).toEqual({ exitCode: 2, code: 'request-invalid' });
  });

  it('has at most PAP_MESSAGE_BYTES_MAX bytes', async () => {
    const request = JSON.stringify({ protocol: PAP, verb: 'describe' });
    const padded = (bytes: number) => request.padEnd(bytes, ' ');
    expect((await ask('describe', padded(PAP_MESSAGE_BYTES_MAX))).exitCode).toBe(0);
    const refused = await refusal('describe', padded(PAP_MESSAGE_BYTES_MAX + 1));
    expect(refused).toEqual({ exitCode: 4, code: 'resource-limit' });
  });

  it.each([
    ['another input', { inputs: [{ name: 'z', datatype: 'UINT8', shape: [1, 2], values: [1, 2] }] }],
    ['another shape', { inputs: [{ name: 'x', datatype: 'UINT8', shape: [2], values: [1, 2] }] }],
    ['a value too few', { inputs: [{ name: 'x', datatype: 'UINT8', shape: [1, 2], values: [1] }] }],
    ['256 for a byte', { inputs: [{ name: 'x', datatype: 'UINT8', shape: [1, 2], values: [256, 2] }] }],
    ['−1 for a byte', { inputs: [{ name: 'x', datatype: 'UINT8', shape: [1, 2], values: [1, -1] }] }],
  ])('with %s is refused, to prove and to verify', async (_, part) => {
    const expected = { exitCode: 2, code: 'inputs-invalid' };
    const request = await job.proveRequest(compiled.programDigest);
    expect(await refusal('prove', { ...request, ...part })).toEqual(expected);
    expect(await refusal('verify', { ...(await verifyRequest()), ...part })).toEqual(expected);
  });

  it('names another program, another key, or no key', async () => {
    const request = await verifyRequest();
    const expectCode = async (part: object, code: string) =>
      expect(await refusal('verify', { ...request, ...part })).toEqual({ exitCode: 2, code });
    await expectCode({ model: await job.model('other.onnx') }, 'program-mismatch');
    await expectCode({ setUp: undefined }, 'request-invalid');
    await expectCode({ setUp: { ...request.setUp, vkDigest: '0'.repeat(64) } }, 'key-of-another-circuit');
    const { onnx } = await job.model();
    await expectCode({ model: { onnx: { ...onnx, sha256: '0'.repeat(64) } } }, 'request-invalid');
    await expectCode({ model: { onnx: { ...onnx, path: job.path('absent') } } }, 'request-invalid');
  });

  it('does not prove another model under the key of this one', async () => {
    const model = await job.model('other.onnx');
    const other = papReplies.compile.parse(
      (await ask('compile', { protocol: PAP, verb: 'compile', model })).reply,
    );
    const request = { ...(await job.proveRequest(other.programDigest)), model };
    expect(await refusal('prove', request)).toEqual({ exitCode: 2, code: 'key-of-another-circuit' });
  });

  it('has a key under which anybody can forge', async () => {
    const key = JSON.parse(await readFile(tinyFile('verification-key.json'), 'utf8'));
    await writeFile(job.path('key.json'), JSON.stringify({ ...key, vk_delta_2: key.vk_gamma_2 }));
    const request = await verifyRequest();
    const setUp = { ...request.setUp, verificationKey: await givenFile(job.path('key.json')) };
    expect(await refusal('verify', { ...request, setUp })).toEqual({ exitCode: 2, code: 'key-invalid' });
  });

  it('has a model that is none: exit code 3', async () => {
    const model = await job.model('broken.onnx');
    const refused = await refusal('compile', { protocol: PAP, verb: 'compile', model });
    expect(refused).toEqual({ exitCode: 3, code: 'model-unsupported' });
  });
});

describe('a job that cannot be done', () => {
  it('has no time: 4', async () => {
    const request = { ...(await job.proveRequest(compiled.programDigest)), deadlineMs: 1 };
    expect(await refusal('prove', request)).toEqual({ exitCode: 4, code: 'deadline' });
  });

  it('is called off: 5', async () => {
    const request = await job.proveRequest(compiled.programDigest);
    expect(await refusal('prove', request, AbortSignal.abort())).toEqual({ exitCode: 5, code: 'aborted' });
  });

  it.each([
    ['is cut', (key: Buffer) => key.subarray(0, 5_000)],
    ['is rubbish', () => Buffer.alloc(5_000, 7)],
  ])('has a proving key that %s: 5', async (_, change) => {
    await writeFile(job.path('bad.zkey'), change(await readFile(tinyFile('proving-key.zkey'))));
    const request = await job.proveRequest(compiled.programDigest);
    const setUp = { ...request.setUp, provingKey: await givenFile(job.path('bad.zkey')) };
    const refused = await refusal('prove', { ...request, setUp });
    expect(refused).toEqual({ exitCode: 5, code: 'prover-failed' });
  });

  it('has a proving key of another set-up, whose proofs do not verify: 5', async () => {
    const request = await job.proveRequest(compiled.programDigest);
    const setUp = { ...request.setUp, provingKey: await givenFile(tinyFile('key-0001.zkey')) };
    expect(await refusal('prove', { ...request, setUp })).toEqual({ exitCode: 5, code: 'proof-invalid' });
  });
});
