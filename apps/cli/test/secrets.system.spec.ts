import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serviceNames, type ServiceName } from '@touchstone/contracts';
import { type RunningStack, type ServicePorts } from '@touchstone/embedded';
import { checkout } from '../src/stack/run-stack.js';
import { heldOutDigits } from '../src/demo/digits.js';
import { anchoredEvidence } from '../src/stack/evidence.js';
import { createPayer, developmentPayer, PAYMENT_HEADER } from '../src/stack/payer.js';
import {
  answerOf,
  filesBelow,
  grpcAnswerOf,
  listenToMesh,
  outputOf,
  streamMessages,
} from './support/haystacks.js';
import { secondService } from './support/second-service.js';
import { findSecrets, formsOf, type Haystack, type Secret } from './support/secret-search.js';
import { startTestStack } from './support/test-stack.js';
import { removeState } from './support/remove-state.js';

const START_TIMEOUT_MS = 180_000;

let stateDir: string;
let stack: RunningStack;
let secrets: Secret[];
const haystacks: Haystack[] = [];

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-secrets-'));
  stack = await startTestStack(stateDir);
  secrets = readdirSync(join(stateDir, 'secrets')).flatMap((file) => {
    const text = readFileSync(join(stateDir, 'secrets', file), 'utf8');
    return [...text.matchAll(/^([A-Z0-9_]+)=([0-9a-f]{64})$/gm)].map(([, name = '', hex = '']) => ({
      owner: basename(file, '.env'),
      name,
      hex,
    }));
  });
}, START_TIMEOUT_MS);

afterAll(async () => {
  await stack?.stop();
  removeState(stateDir);
}, START_TIMEOUT_MS);

/** What shows in everything that was gathered since the last look. */
const found = (): string[] => findSecrets(secrets, haystacks.splice(0));
const url = (service: ServiceName): string => stack.description.urls[service] ?? '';
const portsOf = (service: ServiceName): ServicePorts => stack.description.services[service] as ServicePorts;
const json = (body: string, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body,
});

/** Does everything that callers and operators do, well and badly, and keeps what they get to see. */
async function useEverything(): Promise<void> {
  const payer = createPayer(stack.description, developmentPayer(stateDir));
  const [first, second, third] = (await heldOutDigits(checkout, 3)).map(({ body }) => body) as [
    string,
    string,
    string,
  ];
  const inferUrl = `${url('inference-gateway')}/v1/models/digits/infer`;
  const paid = await answerOf(inferUrl, json(first), payer.fetch);
  haystacks.push(paid, await answerOf(inferUrl, json(second), payer.fetch));
  const payment = payer.lastPayment() ?? '';
  const id = /"verificationId":"([^"]+)"/.exec(paid.bytes.toString())?.[1] ?? '';
  haystacks.push({
    name: 'evidence',
    bytes: Buffer.from(await anchoredEvidence(stack.description, id, 60_000)),
  });
  const bad: [string, RequestInit][] = [
    [inferUrl, json(third)],
    [inferUrl, json(third, { [PAYMENT_HEADER]: payment })],
    [inferUrl, json(third, { [PAYMENT_HEADER]: 'bm9uc2Vuc2U=' })],
    [inferUrl, json('{"inputs":')],
    [`${url('inference-gateway')}/v1/models/none/infer`, json(third)],
    [`${url('signer')}/v1/sign-output`, json('{}', { authorization: 'Bearer wrong' })],
    [`${url('signer')}/v1/sign-output`, json('{}')],
    [`${url('inference-gateway')}/v1/models`, json('{}', { authorization: 'Bearer wrong' })],
    [`${url('signer')}/v1/key-set`, {}],
    [`${url('payment-verifier')}/verify`, json('{"x402Version":2}')],
    [`${url('proof-service')}/v1/evidence/${id.replace(/^./, '1')}`, {}],
    [`${url('attestation-hub')}/v1/heartbeats`, json('{"node":1}')],
    [`${url('anchor-worker')}/v1/anchors/none`, {}],
  ];
  for (const [target, init] of bad) haystacks.push(await answerOf(target, init));
}

describe('no secret leaves its place', () => {
  it('and the search would find one in any form', () => {
    expect(secrets.length).toBeGreaterThan(18);
    const planted = (secrets[0] as Secret).hex;
    for (const { form, needle } of formsOf(planted)) {
      const bytes = Buffer.concat([Buffer.from('before '), needle, Buffer.from(' after')]);
      expect([form, findSecrets(secrets, [{ name: 'planted', bytes }]).length > 0]).toEqual([form, true]);
    }
    for (const lead of ['', 'a', 'ab']) {
      const inside = Buffer.from(`${lead}${planted}:x`).toString('base64url');
      expect(findSecrets(secrets, [{ name: 'planted', bytes: Buffer.from(inside) }])).not.toEqual([]);
    }
    expect(findSecrets(secrets, [{ name: 'other', bytes: Buffer.from('00'.repeat(32)) }])).toEqual([]);
  });

  it('in answers, messages of the mesh and streams', async () => {
    const mesh = await listenToMesh(stack);
    await useEverything();
    haystacks.push(...mesh.heard, ...(await streamMessages(stack)));
    await mesh.close();
    const subjects = new Set(mesh.heard.map(({ name }) => name));
    for (const call of ['svc.v1.signer.sign-output', 'svc.v1.payment-verifier.settle.'])
      expect([...subjects].filter((name) => name.startsWith(call))).not.toEqual([]);
    expect([...subjects].filter((name) => name.startsWith('_INBOX_')).length).toBeGreaterThan(3);
    expect(found()).toEqual([]);
  }, 120_000);

  it('in metrics, readiness, descriptions and gRPC errors', async () => {
    for (const service of serviceNames) {
      const health = `http://127.0.0.1:${portsOf(service).health}`;
      for (const path of ['/metrics', '/readyz?verbose', '/livez', '/none'])
        haystacks.push(await answerOf(`${health}${path}`));
      haystacks.push(await answerOf(`${url(service)}/openapi.json`), await answerOf(`${url(service)}/none`));
    }
    const method = '/touchstone.signer.v1.SignerService/SignOutput';
    const { grpc } = portsOf('signer');
    for (const headers of [{}, { authorization: 'Bearer wrong' }] as Record<string, string>[]) {
      const answer = await grpcAnswerOf(grpc, method, headers);
      expect(answer.bytes.toString()).toContain('grpc-status');
      haystacks.push(answer);
    }
    expect(found()).toEqual([]);
  }, 60_000);

  it.each(serviceNames)(
    'in what %s prints of its configuration and of its failures',
    async (service) => {
      const { plan } = await secondService(stack, stateDir, service);
      const env = { ...plan.environment, TOUCHSTONE_SHUTDOWN_TIMEOUT_MS: '1000' };
      const broken = (name: string, change: Record<string, string>, until?: string) =>
        outputOf(`${service} with ${name}`, [plan.entry], { ...env, ...change }, until);
      const spoilt = Object.entries(plan.environment).filter(([name]) =>
        /KEY_HEX|SEED|TOKENS|PASSWORD/.test(name),
      );
      const outputs = await Promise.all([
        outputOf(`${service} --print-config`, [plan.entry, '--print-config'], plan.environment),
        broken('a port that is none, and spoilt secrets', {
          ...Object.fromEntries(spoilt.map(([name, value]) => [name, `${value} spoilt`])),
          TOUCHSTONE_HTTP_PORT: 'x',
        }),
        broken(
          'a database that refuses it',
          { DATABASE_URL: `${plan.environment['DATABASE_URL']}`.replace(/\/[^/]*$/, '/none') },
          'waiting for what the service needs',
        ),
      ]);
      expect(outputs.map(({ code }) => code)).toEqual([0, 5, 0]);
      expect(outputs[0]?.bytes.toString()).toContain('TOUCHSTONE_HTTP_PORT');
      expect(outputs.filter(({ bytes }) => bytes.length === 0).map(({ name }) => name)).toEqual([]);
      haystacks.push(...outputs);
      expect(found()).toEqual([]);
    },
    60_000,
  );

  it('in the arguments of a process, after a hang-up and a crash', async () => {
    for (const pid of Object.values(stack.pids()))
      haystacks.push({ name: `arguments of ${pid}`, bytes: readFileSync(`/proc/${pid}/cmdline`) });
    const { 'anchor-worker': hungUp, 'proof-service': crashed } = stack.pids();
    process.kill(hungUp as number, 'SIGHUP');
    process.kill(crashed as number, 'SIGABRT');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(found()).toEqual([]);
  });

  it('in files, but where it is at home and only the owner reads', () => {
    const { dataFolder } = stack.description.postgres;
    const folders = [stateDir, ...(dataFolder.startsWith(stateDir) ? [] : [dataFolder])];
    const files = folders.flatMap((folder) => filesBelow(folder));
    expect(files.filter(({ name }) => name.startsWith(join(stateDir, 'logs'))).length).toBeGreaterThan(8);
    const all = findSecrets(secrets, files);
    const foundIn = (some: readonly Haystack[]) => {
      const names = some.map(({ name }) => `${name}: `);
      return all.filter((line) => names.some((name) => line.startsWith(name)));
    };
    expect(foundIn(files.filter(({ mode }) => (mode & 0o077) !== 0))).toEqual([]);
    const home = [join(stateDir, 'secrets'), join(stateDir, 'nats')];
    const elsewhere = files.filter(({ name }) => !home.some((folder) => name.startsWith(`${folder}/`)));
    expect(foundIn(elsewhere)).toEqual([]);
    const at = foundIn(files.filter(({ name }) => name.startsWith(`${home[0]}/`)));
    expect(at.length).toBeGreaterThanOrEqual(secrets.length);
  }, 60_000);
});
