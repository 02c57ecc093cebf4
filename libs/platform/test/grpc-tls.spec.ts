import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { credentials, status } from '@grpc/grpc-js';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, echoClient, startEcho, type Echo } from './echo-service.js';

/** Two authorities, and certificates of the first: for the server, for a caller, and one that is over. */
function makeCertificates(folder: string): void {
  const openssl = (line: string) =>
    execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'ignore' });
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
  for (const name of ['ca', 'other'])
    openssl(`req -x509 ${newKey} -days 2 -keyout ${name}.key -out ${name}.pem -subj /CN=${name}`);
  writeFileSync(join(folder, 'extensions'), 'subjectAltName=IP:127.0.0.1\n');
  for (const [name, authority, days] of [
    ['server', 'ca', 2],
    ['caller', 'ca', 2],
    ['stranger', 'other', 2],
    ['expired', 'ca', -1],
  ] as const) {
    openssl(`req ${newKey} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`);
    openssl(
      `x509 -req -in ${name}.csr -CA ${authority}.pem -CAkey ${authority}.key -CAcreateserial -days ${days} -extfile extensions -out ${name}.pem`,
    );
    chmodSync(join(folder, `${name}.key`), 0o600);
  }
  writeFileSync(join(folder, 'empty.pem'), '');
  writeFileSync(join(folder, 'torn.pem'), readFileSync(join(folder, 'server.pem')).subarray(0, 200));
}

describe('gRPC over TLS', () => {
  let folder: string;
  const path = (name: string) => join(folder, name);
  const read = (name: string) => readFileSync(path(name));
  const settings = (name: string, authority?: string) => ({
    TOUCHSTONE_GRPC_TLS_CERT_FILE: path(`${name}.pem`),
    TOUCHSTONE_GRPC_TLS_KEY_FILE: path(`${name}.key`),
    ...(authority === undefined ? {} : { TOUCHSTONE_GRPC_TLS_CLIENT_CA_FILE: path(`${authority}.pem`) }),
  });
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-grpc-tls-'));
    makeCertificates(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const ask = async (port: number | undefined, security?: ReturnType<typeof credentials.createSsl>) => {
    const client = echoClient(`127.0.0.1:${port}`, security);
    try {
      return await call<Echo>(client, 'Echo', { text: 'a' });
    } finally {
      client.close();
    }
  };
  const unavailable = { code: status.UNAVAILABLE };

  it('answers whoever knows its authority, and nobody in the clear', async () => {
    const service = await startEcho(settings('server'));
    const { grpc } = service.ports;
    expect(await ask(grpc, credentials.createSsl(read('ca.pem')))).toMatchObject({ text: 'a' });
    await expect(ask(grpc, credentials.createSsl(read('other.pem')))).rejects.toMatchObject(unavailable);
    await expect(ask(grpc)).rejects.toMatchObject(unavailable);
    await service.stop();
  });

  it('lets in only callers with a certificate of the authority that it names', async () => {
    const service = await startEcho(settings('server', 'ca'));
    const { grpc } = service.ports;
    const as = (name: string) =>
      credentials.createSsl(read('ca.pem'), read(`${name}.key`), read(`${name}.pem`));
    expect(await ask(grpc, as('caller'))).toMatchObject({ text: 'a' });
    await expect(ask(grpc, as('stranger'))).rejects.toMatchObject(unavailable);
    await expect(ask(grpc, as('expired'))).rejects.toMatchObject(unavailable);
    await expect(ask(grpc, credentials.createSsl(read('ca.pem')))).rejects.toMatchObject(unavailable);
    await service.stop();
  });

  it.each<[string, () => Record<string, string>, RegExp]>([
    ['without a key', () => ({ TOUCHSTONE_GRPC_TLS_CERT_FILE: path('server.pem') }), /TLS_KEY.* is required/],
    [
      'without a certificate',
      () => ({ TOUCHSTONE_GRPC_TLS_KEY_FILE: path('server.key') }),
      /CERT_FILE.* is required/,
    ],
    ['with an authority alone', () => ({ TOUCHSTONE_GRPC_TLS_CLIENT_CA_FILE: path('ca.pem') }), /CERT_FILE/],
    [
      'with a file that is not there',
      () => ({ ...settings('server'), TOUCHSTONE_GRPC_TLS_CERT_FILE: path('none.pem') }),
      /CERT_FILE: .*none\.pem cannot be read \(ENOENT\)/,
    ],
    [
      'with a file without a certificate',
      () => ({ ...settings('server'), TOUCHSTONE_GRPC_TLS_CERT_FILE: path('empty.pem') }),
      /empty\.pem has no certificate/,
    ],
    [
      'with half a certificate',
      () => ({ ...settings('server'), TOUCHSTONE_GRPC_TLS_CERT_FILE: path('torn.pem') }),
      /torn\.pem has a certificate that cannot be read/,
    ],
    ['with a certificate that is over', () => settings('expired'), /CN=expired in .* expired on/],
    [
      'with the key of another',
      () => ({ ...settings('server'), TOUCHSTONE_GRPC_TLS_KEY_FILE: path('caller.key') }),
      /TLS_KEY: is not the key of the certificate/,
    ],
    [
      'with a key that is none',
      () => ({ TOUCHSTONE_GRPC_TLS_CERT_FILE: path('server.pem'), TOUCHSTONE_GRPC_TLS_KEY: 'abc' }),
      /TLS_KEY: is no private key/,
    ],
    ['with an authority that is over', () => settings('server', 'expired'), /CLIENT_CA_FILE: .* expired on/],
  ])('does not start %s, and says so in one line', async (_what, made, line) => {
    const failed = await startEcho(made()).catch((error: Error) => error);
    expect(failed).toMatchObject({ code: 'config-invalid', message: expect.stringMatching(line) });
    expect((failed as Error).message).not.toContain('\n');
  });
});
