import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { available, waitUntil } from '@touchstone/testing';
import { DEVELOPMENT_TSA_POLICY } from '../src/tsa/authority-folder.js';
import { findOpenssl, OPENSSL_REMEDY } from '../src/tsa/find-openssl.js';
import {
  startTsa,
  TSA_CONNECTIONS_MAX,
  TSA_REQUEST_BYTES_MAX,
  type RunningTsa,
  type TsaOptions,
} from '../src/tsa/start-tsa.js';
import { TSA_QUEUE_MAX } from '../src/tsa/stamper.js';

const openssl = findOpenssl()?.path ?? '';
const describeTsa = available(openssl !== '', OPENSSL_REMEDY) ? describe : describe.skip;

const REQUEST = { 'content-type': 'application/timestamp-query' };
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

describeTsa('the time-stamping authority of the stack', () => {
  let folder: string;
  let announced: string[];
  const running: RunningTsa[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-tsa-'));
    announced = [];
  });
  afterEach(async () => {
    for (const tsa of running.splice(0)) await tsa.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (...args: string[]): string =>
    execFileSync(openssl, args, { cwd: folder, stdio: 'pipe' }).toString();
  const start = async (options: Partial<TsaOptions> = {}): Promise<RunningTsa> => {
    const announce = (line: string): number => announced.push(line);
    const tsa = await startTsa({ folder: join(folder, 'tsa'), openssl, announce, ...options });
    running.push(tsa);
    return tsa;
  };
  const query = (text: string, ...more: string[]): Buffer => {
    run('ts', '-query', '-sha256', '-digest', digestOf(text), '-cert', ...more, '-out', `${text}.tsq`);
    return readFileSync(join(folder, `${text}.tsq`));
  };
  const ask = (
    tsa: RunningTsa,
    body: Uint8Array,
    headers: Record<string, string> = REQUEST,
  ): Promise<Response> => fetch(tsa.description.url, { method: 'POST', headers, body });
  /** A command that behaves as the script says in place of `openssl ts`, and is openssl otherwise. */
  const impostor = (script: string): string => {
    const path = join(folder, 'impostor');
    writeFileSync(path, `#!/bin/sh\nif [ "$1" = ts ]; then ${script}; fi\nexec '${openssl}' "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  };
  /** What openssl says of a response to the query of that name. */
  const verify = async (tsa: RunningTsa, text: string, response: Response): Promise<string> => {
    writeFileSync(join(folder, `${text}.tsr`), Buffer.from(await response.arrayBuffer()));
    const [root = ''] = tsa.description.roots;
    writeFileSync(join(folder, 'root.der'), Buffer.from(root, 'base64'));
    run('x509', '-inform', 'DER', '-in', 'root.der', '-out', 'root.pem');
    run('ts', '-verify', '-queryfile', `${text}.tsq`, '-in', `${text}.tsr`, '-CAfile', 'root.pem');
    return run('ts', '-reply', '-in', `${text}.tsr`, '-text');
  };

  it('answers with a token that openssl verifies below its root', async () => {
    const tsa = await start();
    const request = query('one');
    const response = await ask(tsa, request);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/timestamp-reply',
    ]);
    const text = await verify(tsa, 'one', response);
    expect(text).toContain(`Policy OID: ${DEVELOPMENT_TSA_POLICY}`);
    expect(text).toContain('Accuracy: 0x01 seconds');
    expect(tsa.description).toMatchObject({
      url: `http://127.0.0.1:${tsa.port}/`,
      network: 'tsa:touchstone-development',
      policies: [DEVELOPMENT_TSA_POLICY],
    });
  });

  it('answers several at once, each with its own token and serial number', async () => {
    const tsa = await start();
    const names = ['a', 'b', 'c', 'd'];
    const requests = names.map((name) => query(name));
    const responses = await Promise.all(requests.map((request) => ask(tsa, request)));
    const texts: string[] = [];
    for (const [index, name] of names.entries())
      texts.push(await verify(tsa, name, responses[index] as Response));
    const serials = texts.map((text) => /Serial number: (\S+)/.exec(text)?.[1]);
    expect(new Set(serials).size).toBe(names.length);
  });

  it('makes its keys once, for its own user alone, and keeps no key of the root', async () => {
    const first = await start();
    await first.stop();
    const keys = join(folder, 'tsa');
    expect(statSync(keys).mode & 0o777).toBe(0o700);
    expect(statSync(join(keys, 'tsa.key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(keys).filter((name) => name.endsWith('.key'))).toEqual(['tsa.key']);
    const again = await start();
    expect(again.description.roots).toEqual(first.description.roots);
  });

  it('makes them anew after a start that ended in between', async () => {
    const broken = join(folder, 'broken');
    writeFileSync(broken, `#!/bin/sh\nif [ "$1" = x509 ]; then exit 1; fi\nexec '${openssl}' "$@"\n`);
    chmodSync(broken, 0o755);
    await expect(start({ openssl: broken })).rejects.toMatchObject({ code: 'dependency-unavailable' });
    expect(existsSync(join(folder, 'tsa'))).toBe(false);
    const tsa = await start();
    expect(await verify(tsa, 'x', await ask(tsa, query('x')))).toContain('Status: Granted.');
  });

  it.each([
    ['garbage', Buffer.from('garbage')],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s in a response of the protocol', async (_name, body) => {
    const tsa = await start();
    const response = await ask(tsa, body);
    writeFileSync(join(folder, 'refused.tsr'), Buffer.from(await response.arrayBuffer()));
    expect(response.status).toBe(200);
    expect(run('ts', '-reply', '-in', 'refused.tsr', '-text')).toContain('Status: Rejected.');
  });

  it('refuses a digest of SHA-1', async () => {
    const tsa = await start();
    run('ts', '-query', '-sha1', '-digest', 'ab'.repeat(20), '-out', 'sha1.tsq');
    const response = await ask(tsa, readFileSync(join(folder, 'sha1.tsq')));
    writeFileSync(join(folder, 'refused.tsr'), Buffer.from(await response.arrayBuffer()));
    expect(run('ts', '-reply', '-in', 'refused.tsr', '-text')).toContain('Status: Rejected.');
  });

  it('takes a body at the limit, and none beyond it', async () => {
    const tsa = await start();
    expect((await ask(tsa, Buffer.alloc(TSA_REQUEST_BYTES_MAX))).status).toBe(200);
    expect((await ask(tsa, Buffer.alloc(TSA_REQUEST_BYTES_MAX + 1))).status).toBe(413);
    expect((await ask(tsa, Buffer.alloc(4_000_000))).status).toBe(413);
  });

  it('takes the requests of the protocol alone', async () => {
    const tsa = await start();
    expect((await fetch(tsa.description.url)).status).toBe(405);
    expect((await ask(tsa, query('y'), { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('ends an openssl that hangs, says so, and answers the next', async () => {
    const hangs = join(folder, 'hangs');
    writeFileSync(hangs, '');
    const tsa = await start({
      openssl: impostor(`if [ -e '${hangs}' ]; then exec sleep 60; fi`),
      answerTimeoutMs: 500,
    });
    const response = await ask(tsa, query('z'));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(announced).toEqual([expect.stringContaining('The time-stamping authority could not answer')]);
    rmSync(hangs);
    expect((await ask(tsa, query('z'))).status).toBe(200);
  });

  it('lets no more wait than the limit, and loses none of those that do', async () => {
    const gate = join(folder, 'gate');
    const tsa = await start({ openssl: impostor(`while [ ! -e '${gate}' ]; do sleep 0.05; done`) });
    const body = query('w');
    // One is answered, the others wait.
    const asked = Array.from({ length: TSA_QUEUE_MAX + 2 }, async () => (await ask(tsa, body)).status);
    expect(await Promise.race(asked)).toBe(503);
    writeFileSync(gate, '');
    const statuses = await Promise.all(asked);
    expect(statuses.filter((status) => status === 200)).toHaveLength(TSA_QUEUE_MAX + 1);
  });

  it('drops a connection beyond the limit, and none before', async () => {
    const tsa = await start();
    const sockets: Socket[] = [];
    const closed: Socket[] = [];
    for (let count = 0; count < TSA_CONNECTIONS_MAX + 1; count++) {
      const socket = connect(tsa.port, '127.0.0.1');
      await new Promise((resolve) => socket.once('connect', resolve).on('error', () => undefined));
      sockets.push(socket.once('close', () => closed.push(socket)));
    }
    await waitUntil(() => closed.length > 0);
    expect(closed).toEqual(sockets.slice(-1));
    for (const socket of sockets) socket.destroy();
  });

  it('ends a connection that does not send its request', async () => {
    const tsa = await start({ requestTimeoutMs: 300 });
    const socket = connect(tsa.port, '127.0.0.1');
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString())).on('close', () => resolve(text));
      const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/timestamp-query\r\n';
      socket.write(`${head}Content-Length: 100\r\n\r\nhalf`);
    });
    expect(answer).toContain('408');
  });

  it('stops while openssl hangs', async () => {
    const tsa = await start({ openssl: impostor('exec sleep 60') });
    const asked = ask(tsa, query('v')).catch((error: Error) => error);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const before = performance.now();
    await tsa.stop();
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(await asked).toMatchObject({ message: 'fetch failed' });
  });

  it('claims the port that it takes', async () => {
    const asked: number[] = [];
    const acceptPort = (port: number) => Promise.resolve(asked.push(port) > 1);
    const tsa = await start({ port: 31_610, acceptPort });
    expect(asked).toHaveLength(2);
    expect(tsa.port).toBe(asked[1]);
  });
});
