import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { developmentNetwork, developmentToken } from '@touchstone/embedded';
import { decodePaymentSignatureHeader, encodePaymentRequiredHeader } from '@x402/core/http';
import type { PaymentRequirements } from '@x402/core/types';
import { paperStack, type PaperStack } from './support/paper-stack.js';
import { touchstone, type Ended } from './support/touchstone.js';

/** Clears the screen, turns text round and fakes a line. */
const TRICK = '\u001b[2J\u009b31m\u202emodel\nprediction  faked';
const SHOWN = String.raw`\u001b[2J\u009b31m\u202emodel prediction  faked`;
const offer: PaymentRequirements = {
  scheme: 'exact',
  network: developmentNetwork,
  asset: developmentToken.address,
  amount: '1500000',
  payTo: `0x${'7a'.repeat(20)}`,
  maxTimeoutSeconds: 120,
  extra: { name: developmentToken.name, version: developmentToken.version },
};
const HASH = 'ab'.repeat(32);
const spec = { name: TRICK, datatype: 'FP32', shape: [1], labels: [TRICK] };
/** What the contract leaves to the service is the trick; the rest has the form that it has to have. */
const model = {
  id: 'x',
  name: TRICK,
  version: TRICK,
  modelVersionId: HASH,
  description: TRICK,
  task: 'inference',
  status: 'active',
  developer: TRICK,
  modelHash: HASH,
  modelHashSha3: HASH,
  sizeBytes: 1,
  inputs: [spec],
  outputs: [spec],
  commitment: null,
  commitmentHash: null,
  price: { amount: '1500000', asset: TRICK, network: TRICK },
};
const payment = {
  network: developmentNetwork,
  asset: `0x${'1'.repeat(40)}`,
  payer: `0x${'2'.repeat(40)}`,
  payTo: `0x${'3'.repeat(40)}`,
  amount: '1500000',
  nonce: HASH,
};
const answer = {
  verificationId: '0198f1f0-0000-7000-8000-000000000001',
  model,
  outputs: [{ name: TRICK, datatype: 'FP32', shape: [1], data: [TRICK] }],
  prediction: { label: TRICK, index: 0, score: 1 },
  proof: {
    modelVersionId: HASH,
    inputHash: HASH,
    outputHash: HASH,
    nonce: HASH,
    timestamp: 1,
    domain: 'd',
    keyId: 'k',
    signature: HASH + HASH,
  },
  context: {
    salt: HASH,
    requestDigest: null,
    payment: null,
    node: null,
    build: { service: TRICK, version: TRICK, hash: HASH },
  },
  payment,
  timing: { inferenceMs: 1, totalMs: 1 },
  links: { verification: TRICK, evidence: TRICK },
};

/** A gateway that asks for what it likes and says what it likes. */
class HostileGateway {
  accepts: unknown[] = [];
  status = 402;
  body: unknown = {};
  model: unknown = model;
  answer: unknown = answer;
  readonly payments: string[] = [];
  private readonly server: Server = createServer((request, response) => this.handle(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    const send = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    };
    const payment = request.headers['payment-signature'];
    if (typeof payment === 'string') {
      this.payments.push(payment);
      return send(200, this.answer);
    }
    if (request.method === 'GET') {
      return send(
        200,
        request.url === '/v1/models' ? { models: [this.model], nextCursor: null } : this.model,
      );
    }
    if (this.status !== 402) return send(this.status, this.body);
    const resource = { url: 'http://127.0.0.1/', description: '', mimeType: '' };
    const required = { x402Version: 2, resource, accepts: this.accepts as PaymentRequirements[] };
    send(402, this.body, { 'payment-required': encodePaymentRequiredHeader(required) });
  }
}

let gateway: HostileGateway;
let stack: PaperStack;
beforeAll(async () => {
  gateway = new HostileGateway();
  stack = paperStack({ 'inference-gateway': await gateway.listen() });
});
afterAll(() => {
  gateway.close();
  stack.remove();
});
beforeEach(() => {
  gateway.payments.length = 0;
  Object.assign(gateway, { accepts: [offer], status: 402, body: {}, model, answer });
});

const run = (...args: string[]): Promise<Ended> => touchstone([...args, '--state', stack.folder]);
const infer = (...args: string[]): Promise<Ended> => run('infer', 'x', '--text', 'a', ...args);
const paid = () => gateway.payments.map((header) => decodePaymentSignatureHeader(header).accepted);

describe('touchstone infer --pay, before a service that asks for something', () => {
  it('pays what the model is listed for, above 1 USDC too', async () => {
    expect(await infer('--pay')).toMatchObject({ status: 0, stderr: '' });
    expect(paid()).toEqual([offer]);
  });

  it('pays the offer that it has checked, wherever that stands', async () => {
    const stranger = `0x${'bad0'.repeat(10)}`;
    gateway.accepts = [
      { ...offer, scheme: 'other', amount: '1' },
      { ...offer, amount: '1500001', payTo: stranger },
      offer,
    ];
    expect(await infer('--pay')).toMatchObject({ status: 0 });
    expect(paid()).toEqual([offer]);
  });

  it.each([
    ['more than the listed price', '1500001', [], '1.500001 USDC, more than 1.500000 USDC'],
    ['more than was allowed', '1500000', ['--max', '1.4'], '1.500000 USDC, more than 1.400000 USDC'],
  ])('pays nothing when that is %s', async (_name, amount, args, words) => {
    gateway.accepts = [
      { ...offer, scheme: 'other', amount: '1' },
      { ...offer, amount },
    ];
    expect(await infer('--pay', ...args)).toEqual({
      status: 2,
      stdout: '',
      stderr: `touchstone: The challenge asks for ${words}; allow it with --max.\n`,
    });
    expect(paid()).toEqual([]);
  });

  it('pays more when that is allowed', async () => {
    gateway.accepts = [{ ...offer, amount: '5000000' }];
    expect(await infer('--pay', '--max', '5')).toMatchObject({ status: 0 });
    expect(paid()).toEqual(gateway.accepts);
  });

  it('wants --pay where there is --max', async () => {
    expect(await infer('--max', '5')).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('what a service says', () => {
  const effects = /[^\P{C}\n]/u;
  it.each([
    [
      'an answer',
      ['infer', 'x', '--text', 'a', '--pay'],
      [/^prediction +(.*) \(1\.0000\)$/m, /^(\\u001b.*faked) {2}\\/m],
    ],
    ['a list of models', ['models'], [/^x +(.*) {2}active/m]],
    ['a model', ['models', 'show', 'x'], [/^description +(.*)$/m, /^input +(.*) FP32 \[1\]/m]],
  ])('reaches the terminal without effect: %s', async (_name, args, shown) => {
    const { status, stdout } = await run(...args);
    expect({ status, effect: effects.exec(stdout) }).toEqual({ status: 0, effect: null });
    for (const pattern of shown) expect(pattern.exec(stdout)?.[1]).toContain(SHOWN);
    expect(stdout).not.toMatch(/^prediction {2}faked/m);
  });

  it.each([
    ['infer x --text a --pay', { answer: { ...answer, verificationId: TRICK } }, '/verificationId: expected'],
    [
      'infer x --text a --pay',
      { answer: { ...answer, payment: { ...payment, payer: TRICK } } },
      '/payment/payer:',
    ],
    ['infer x --text a --pay', { answer: null }, '/: Invalid input: expected object'],
    ['infer x --text a --dry-run', { model: { ...model, id: TRICK } }, '/id: expected a slug'],
    ['models', { model: { ...model, status: TRICK } }, '/models/0/status:'],
    ['models show x', { model: { ...model, modelHash: TRICK } }, '/modelHash: expected 64'],
  ])('is refused where its form is fixed: %s', async (command, change, words) => {
    Object.assign(gateway, change);
    const { status, stdout, stderr } = await run(...command.split(' '));
    expect({ status, stdout, effect: effects.exec(stderr) }).toEqual({ status: 4, stdout: '', effect: null });
    expect(stderr).toMatch(
      /^touchstone: http.* answered 200 with a body that this version cannot read: .*\n$/,
    );
    expect(stderr).toContain(words);
  });

  it('is taken with members that this version does not know, and told with them', async () => {
    Object.assign(gateway, { model: { ...model, later: [TRICK], inputs: [{ ...spec, later: 1 }] } });
    const { status, stdout } = await run('models', 'show', 'x', '--json');
    expect({ status, shown: JSON.parse(stdout) as unknown }).toEqual({ status: 0, shown: gateway.model });
  });

  it.each([
    ['a problem', { code: TRICK, detail: TRICK, errors: [{ pointer: TRICK, detail: TRICK }] }, SHOWN],
    ['no object', null, 'answered 422'],
    ['a problem of another form', { code: 7, errors: 'none' }, 'answered 422'],
  ])('is a failure in words: %s', async (_name, body, shown) => {
    Object.assign(gateway, { status: 422, body });
    const { status, stderr } = await infer();
    expect({ status, effect: effects.exec(stderr) }).toEqual({ status: 4, effect: null });
    expect(stderr).toContain(shown);
    expect(stderr).not.toMatch(/^prediction {2}faked|^ {4}at /m);
  });

  it('is a failure in words when it asks for a payment that is none', async () => {
    gateway.accepts = [];
    expect(await infer('--pay')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('asks for nothing'),
    });
    Object.assign(gateway, { accepts: 'none' });
    expect(await infer('--pay')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('x402 version 2'),
    });
  });
});
