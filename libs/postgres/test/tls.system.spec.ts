import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { postgresAccount, startOwnPostgres, waitUntil, type OwnPostgres } from '@touchstone/testing';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { createDataSource, runMigrations } from '../src/index.js';
import { openSession } from '../src/sessions.js';
import { exitCodeOf } from './test-service.js';

const PLAIN = 'plain text';
const ENCRYPTED = 'encrypted, not verified: whoever sits between may read and change it';
const PUBLIC = 'encrypted, verified with the authorities of Node.js';
const OWN = 'encrypted, verified with this authority alone';

/** The table of docs/database.md. */
const page = readFileSync(new URL('../../../docs/database.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| (?:`(\?[^`]+)`|nothing) \| (.+) \|$/gm)].map(
  ([, query = '', outcome = '']): [string, string] => [query, outcome],
);
const rowsThat = (matches: (outcome: string) => boolean) =>
  rows.filter(([, outcome]) => matches(outcome)).map(([query, outcome]) => [query, outcome] as const);

/** An authority, one that nobody knows, and certificates of the first for two names. */
function makeCertificates(folder: string): void {
  const openssl = (line: string) =>
    execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'ignore' });
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
  for (const name of ['ca', 'other'])
    openssl(`req -x509 ${newKey} -days 2 -keyout ${name}.key -out ${name}.pem -subj /CN=${name}`);
  const server = (name: string, subject: string) => {
    openssl(`req ${newKey} -keyout ${name}.key -out ${name}.csr -subj /CN=server`);
    writeFileSync(join(folder, 'extensions'), `subjectAltName=${subject}\n`);
    openssl(
      `x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out ${name}.pem`,
    );
  };
  server('server', 'IP:127.0.0.1');
  server('localhost', 'DNS:localhost');
  writeFileSync(join(folder, 'empty.pem'), '');
}

describe('TLS to the database, as docs/database.md says', () => {
  let folder: string;
  let postgres: OwnPostgres;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-tls-'));
    chmodSync(folder, 0o711);
    makeCertificates(folder);
    const account = postgresAccount(() => undefined);
    for (const name of ['server.key', 'localhost.key']) {
      chmodSync(join(folder, name), 0o600);
      if (account) chownSync(join(folder, name), account.uid, account.gid);
    }
    postgres = await startOwnPostgres();
  }, 60_000);
  afterAll(async () => {
    await postgres.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The server offers TLS with a certificate, or none. */
  const serve = async (certificate: string | undefined) => {
    const client = new pg.Client({ connectionString: postgres.url });
    await client.connect();
    const on = certificate === undefined ? 'off' : 'on';
    await client.query(
      `ALTER SYSTEM SET ssl_cert_file = '${join(folder, `${certificate ?? 'server'}.pem`)}'`,
    );
    await client.query(`ALTER SYSTEM SET ssl_key_file = '${join(folder, `${certificate ?? 'server'}.key`)}'`);
    await client.query(`ALTER SYSTEM SET ssl = ${on}`);
    await client.query('SELECT pg_reload_conf()');
    await client.end();
    // The postmaster reads it a moment later.
    await new Promise((resolve) => setTimeout(resolve, 300));
  };
  const optionsFor = (query: string, authority = 'ca') => ({
    url:
      postgres.urlFor('signer') +
      query.replace(
        /=(\w+)\.pem/g,
        (_, name: string) =>
          `=${encodeURIComponent(join(folder, `${name === 'ca' ? authority : name}.pem`))}`,
      ),
    schema: 'signer',
    applicationName: 'tls',
    statementTimeoutMs: 5_000,
  });
  /** Whether the server encrypts, asked by a session outside of the pool and by one in it. */
  const encrypted = async (query: string, authority?: string): Promise<boolean> => {
    const ask = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    const options = optionsFor(query, authority);
    const session = await openSession(options);
    const { rows: found } = await session.query<{ ssl: boolean }>(ask);
    await session.end();
    const dataSource = await createDataSource(options).initialize();
    const pooled = await dataSource.query<{ ssl: boolean }[]>(ask);
    await dataSource.destroy();
    expect(pooled).toEqual(found);
    return found[0]?.ssl === true;
  };
  const attempt = (query: string, authority?: string): Promise<unknown> =>
    encrypted(query, authority).catch((error: { code?: string }) => error.code ?? String(error));

  it('has the rows that are tried here', () => {
    expect(rows).toHaveLength(23);
    const known = (outcome: string) => [PLAIN, ENCRYPTED, PUBLIC, OWN].includes(outcome);
    expect(rows.filter(([, outcome]) => !known(outcome) && !outcome.startsWith('refused: '))).toEqual([]);
  });

  it.each(rowsThat((outcome) => outcome.startsWith('refused: ')))('%s: %s', async (query, outcome) => {
    const reason = outcome.slice('refused: '.length);
    const refusal = { code: 'config-invalid', message: expect.stringContaining(`DATABASE_URL: ${reason}`) };
    expect(() => createDataSource(optionsFor(query))).toThrow(expect.objectContaining(refusal));
    await expect(runMigrations(optionsFor(query))).rejects.toMatchObject(refusal);
    expect(await exitCodeOf(optionsFor(query))).toBe(5);
  });

  describe('a server with a certificate for its address', () => {
    beforeAll(() => serve('server'));

    it.each(rowsThat((outcome) => outcome === PLAIN))('%j: %s', async (query) => {
      expect(await encrypted(query)).toBe(false);
    });

    it.each(rowsThat((outcome) => outcome === ENCRYPTED))('%s: %s', async (query) => {
      expect(await encrypted(query)).toBe(true);
    });

    it.each(rowsThat((outcome) => outcome === OWN))('%s: %s', async (query) => {
      expect(await encrypted(query)).toBe(true);
      expect(await attempt(query, 'other')).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    });

    it.each(rowsThat((outcome) => outcome === PUBLIC))('%s: %s', async (query) => {
      expect(await attempt(query)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
      expect(connectsTrusting(join(folder, 'ca.pem'), optionsFor(query))).toBe('true');
    });

    it('is asked what the URL says, whatever PGSSLMODE says', async () => {
      process.env['PGSSLMODE'] = 'no-verify';
      try {
        expect(await encrypted('')).toBe(false);
      } finally {
        delete process.env['PGSSLMODE'];
      }
    });
  });

  describe('a server with a certificate for another name', () => {
    beforeAll(() => serve('localhost'));

    it.each(rowsThat((outcome) => outcome === OWN))('%s is refused', async (query) => {
      expect(await attempt(query)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    });

    it.each(rowsThat((outcome) => outcome === ENCRYPTED))('%s is encrypted', async (query) => {
      expect(await encrypted(query)).toBe(true);
    });

    it('is reached by that name', async () => {
      const { url, ...options } = optionsFor('?sslmode=verify-full&sslrootcert=ca.pem');
      const session = await openSession({ ...options, url: url.replace('@127.0.0.1:', '@localhost:') });
      await session.end();
    });
  });

  describe('a server without TLS', () => {
    beforeAll(async () => {
      await serve(undefined);
      await waitUntil(async () => (await attempt('?sslmode=no-verify')) !== true);
    });

    it.each(rowsThat((outcome) => [ENCRYPTED, PUBLIC, OWN].includes(outcome)))(
      '%s is an error and not plain text',
      async (query) => {
        expect(await attempt(query)).toContain('does not support SSL');
      },
    );
  });
});

/** What a process that trusts one more authority says about the encryption of its connection. */
function connectsTrusting(authority: string, options: object): string {
  const script = `
    import { createDataSource } from '@touchstone/postgres';
    const dataSource = await createDataSource(JSON.parse(process.env.OPTIONS)).initialize();
    const [row] = await dataSource.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    process.stdout.write(String(row.ssl));
    await dataSource.destroy();
  `;
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], OPTIONS: JSON.stringify(options), NODE_EXTRA_CA_CERTS: authority },
  });
}
