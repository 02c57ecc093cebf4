import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { available, isOpensslPresent, OPENSSL_REMEDY } from '@touchstone/testing';
import { HttpsWebhookSender, WEBHOOK_HEAD_BYTES_MAX, WEBHOOK_TIMEOUT_MS } from './https-webhook-sender.js';

/** What the receiver was asked, and how it answers. */
const heard: { url: string | undefined; headers: IncomingHttpHeaders; body: string }[] = [];
let answer: (response: ServerResponse) => void;

const listener: Parameters<typeof createServer>[1] = (request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    heard.push({ url: request.url, headers: request.headers, body });
    answer(response);
  });
};

const plain = createServer(listener);
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
});
afterAll(() => {
  plain.closeAllConnections();
  plain.close();
});
beforeEach(() => {
  heard.length = 0;
  answer = (response) => response.writeHead(204).end();
});

const development = new HttpsWebhookSender({ allowInsecure: true, timeoutMs: 2_000 });

describe('a webhook', () => {
  it('is posted with its headers and body, and any 2xx is a delivery', async () => {
    const headers = { 'webhook-id': 'msg_1' };
    expect(await development.post(`${url}/hook?x=1`, headers, '{"ü":1}')).toEqual({ outcome: 'delivered' });
    expect(heard).toMatchObject([
      {
        url: '/hook?x=1',
        body: '{"ü":1}',
        headers: { 'webhook-id': 'msg_1', 'content-type': 'application/json', host: url.slice(7) },
      },
    ]);
  });

  it.each([400, 404, 500, 503])('that is answered %d has failed', async (status) => {
    answer = (response) => response.writeHead(status).end();
    expect(await development.post(url, {}, '{}')).toEqual({
      outcome: 'failed',
      failure: `answered ${status}`,
    });
  });

  it.each([301, 302, 307, 308])('is not sent on by a redirect %d', async (status) => {
    answer = (response) => response.writeHead(status, { location: `${url}/elsewhere` }).end();
    expect(await development.post(url, {}, '{}')).toEqual({
      outcome: 'failed',
      failure: `answered ${status}`,
    });
    expect(heard).toHaveLength(1);
  });

  it('that is answered 410 is gone', async () => {
    answer = (response) => response.writeHead(410).end();
    expect(await development.post(url, {}, '{}')).toEqual({ outcome: 'gone', failure: 'answered 410' });
  });

  it('has a time, and nobody waits beyond it', async () => {
    expect(WEBHOOK_TIMEOUT_MS).toBe(15_000);
    answer = () => undefined;
    const hasty = new HttpsWebhookSender({ allowInsecure: true, timeoutMs: 100 });
    expect(await hasty.post(url, {}, '{}')).toEqual({ outcome: 'failed', failure: 'no answer in time' });
    const lost = new HttpsWebhookSender({
      ...{ allowInsecure: true, timeoutMs: 100 },
      resolve: () => new Promise(() => undefined),
    });
    expect(await lost.post('http://shop.example', {}, '{}')).toEqual({
      outcome: 'failed',
      failure: 'no answer in time',
    });
  });

  it('has an answer whose head is bounded, and whose body nobody reads', async () => {
    const headOf = (length: number) => (response: ServerResponse) => {
      response.sendDate = false;
      response.writeHead(200, { connection: 'close', 'x-long': 'a'.repeat(length) });
      // Longer than anything that is read here.
      response.write('b'.repeat(1_000_000));
    };
    // Node counts names and values of the fields.
    const others = 'connectioncloseTransfer-Encodingchunkedx-long'.length;
    const fits = async (length: number) => {
      answer = headOf(length);
      return (await development.post(url, {}, '{}')).outcome;
    };
    let length = WEBHOOK_HEAD_BYTES_MAX - others - 64;
    expect(await fits(length)).toBe('delivered');
    while ((await fits(length)) === 'delivered') length += 1;
    expect(length).toBeGreaterThan(WEBHOOK_HEAD_BYTES_MAX - 128);
    expect(length).toBeLessThanOrEqual(WEBHOOK_HEAD_BYTES_MAX);
  });

  it('to where nobody listens has failed', async () => {
    expect(await development.post('http://127.0.0.1:1/', {}, '{}')).toEqual({
      outcome: 'failed',
      failure: 'no answer: ECONNREFUSED',
    });
  });
});

describe('an address that strangers named', () => {
  const strict = new HttpsWebhookSender({ allowInsecure: false });

  it.each([
    'http://shop.example/',
    'ftp://shop.example/',
    'https://',
    'https://user@shop.example/',
    'https://user:word@shop.example/',
    'https://shop.example/#a',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1]/',
  ])('is refused when it is taken, and when it is called: %s', async (text) => {
    expect(() => strict.check(text)).toThrow(expect.objectContaining({ code: 'validation-failed' }));
    expect(await strict.post(text, {}, '{}')).toMatchObject({ outcome: 'refused' });
  });

  it('is taken in the spelling of the standard', () => {
    expect(strict.check('HTTPS://Shop.Example/a b\u0000c')).toBe('https://shop.example/a%20b%00c');
  });

  it.each([[['127.0.0.1']], [['8.8.8.8', '10.0.0.1']], [['8.8.8.8', '::ffff:10.0.0.1']], [[]]])(
    'is refused when its name points to %j',
    async (addresses) => {
      const sender = new HttpsWebhookSender({ allowInsecure: false, resolve: async () => addresses });
      expect(await sender.post('https://shop.example/', {}, '{}')).toEqual({
        outcome: 'refused',
        failure: 'its name points to an address that is not public',
      });
    },
  );
});

const describeWithOpenssl = available(isOpensslPresent(), OPENSSL_REMEDY) ? describe : describe.skip;

describeWithOpenssl('over TLS', () => {
  let folder: string;
  let port: number;
  let ca: string;
  const close: (() => void)[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-webhook-'));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-days',
          '2',
        ],
        ...['-subj', '/CN=shop.example', '-addext', 'subjectAltName=DNS:shop.example'],
        ...['-keyout', key, '-out', certificate],
      ],
      { stdio: 'ignore' },
    );
    ca = readFileSync(certificate, 'utf8');
    const server = createSecureServer({ key: readFileSync(key), cert: ca }, listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    close.push(() => {
      server.closeAllConnections();
      server.close();
    });
  });
  afterAll(() => {
    for (const end of close) end();
    rmSync(folder, { recursive: true });
  });

  /** A name whose address is another one at every look; all are this machine for the test. */
  function rebinding(name: string) {
    const looks: string[] = [];
    const sender = new HttpsWebhookSender({
      ...{ allowInsecure: false, ca, admits: (address: string) => address === '127.0.0.1' },
      resolve: async (asked) => {
        looks.push(asked);
        return [looks.length === 1 ? '127.0.0.1' : '10.0.0.1'];
      },
    });
    return { looks, sender, target: `https://${name}:${port}/hook` };
  }

  it('goes to the address that was judged, with the certificate of the name, and looks no second time', async () => {
    const { looks, sender, target } = rebinding('shop.example');
    expect(await sender.post(target, {}, '{}')).toEqual({ outcome: 'delivered' });
    expect(looks).toEqual(['shop.example']);
    expect(heard[0]?.headers.host).toBe(`shop.example:${port}`);
    // The next attempt judges anew.
    expect(await sender.post(target, {}, '{}')).toMatchObject({ outcome: 'refused' });
    expect(heard).toHaveLength(1);
  });

  it('fails when the certificate is of another name, or of nobody who is trusted', async () => {
    const other = rebinding('other.example');
    expect(await other.sender.post(other.target, {}, '{}')).toEqual({
      outcome: 'failed',
      failure: 'no answer: ERR_TLS_CERT_ALTNAME_INVALID',
    });
    const strict = new HttpsWebhookSender({
      ...{ allowInsecure: false, admits: () => true, resolve: async () => ['127.0.0.1'] },
    });
    expect(await strict.post(`https://shop.example:${port}/`, {}, '{}')).toMatchObject({ outcome: 'failed' });
    expect(heard).toHaveLength(0);
  });
});

describe('a name', () => {
  it('that nobody has is a failure, and is looked for again', async () => {
    const strict = new HttpsWebhookSender({ allowInsecure: false, timeoutMs: 2_000 });
    expect(await strict.post('https://shop.invalid/', {}, '{}')).toMatchObject({ outcome: 'failed' });
  });

  it('of this machine is looked for in development alone', async () => {
    const port = new URL(url).port;
    expect(await development.post(`http://localhost:${port}/`, {}, '{}')).toEqual({ outcome: 'delivered' });
    const strict = new HttpsWebhookSender({ allowInsecure: false, timeoutMs: 2_000 });
    expect(await strict.post(`https://localhost:${port}/`, {}, '{}')).not.toEqual({ outcome: 'delivered' });
    expect(heard).toHaveLength(1);
  });
});
