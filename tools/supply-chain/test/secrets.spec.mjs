import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compareWithKnown, findSecrets } from '../find-secrets.mjs';
import { KNOWN_SECRETS } from '../known-secrets.mjs';

const scan = fileURLToPath(new URL('../../secret-scan.mjs', import.meta.url));
const find = (text, path = 'some/file.ts') => findSecrets(path, Buffer.from(text));

// Made when the spec runs, so that this file has none: chance by a hash, in the alphabet that is asked for.
const draw = (alphabet, length) =>
  Array.from(
    { length },
    (_, index) => alphabet[createHash('sha256').update(`drawn ${index}`).digest()[0] % alphabet.length],
  ).join('');
const hex = draw('0123456789abcdef', 64);
const DIGITS = '0123456789';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LETTERS = `${UPPER}${UPPER.toLowerCase()}${DIGITS}`;
const BASE32 = `${UPPER}234567`;
const url = (scheme, password) => [scheme, '://user:', password, '@host.example/database'].join('');
const pem = (kind) => {
  const line = (word) => ['-----', word, ` ${kind}PRIVATE KEY-----`].join('');
  return `${line('BEGIN')}\n${draw(LETTERS, 64)}\n${draw(LETTERS, 64)}\n${line('END')}\n`;
};

const examples = [
  ['hex-key', `MODEL_SIGNING_KEY_HEX=${hex}`],
  ['hex-key', `  oracleSeed: '0x${hex.toUpperCase()}',`],
  ['hex-key', `{"private_key": "${hex}"}`],
  ['hex-key', `const payerKey = hexToBytes('${hex}', 32);`],
  ['hex-key', `PAYER_KEY = process.env.PAYER ?? '0x${hex}'`],
  ['hex-key', `secret: ${hex}${hex}`],
  ['random-value', `password: ${draw(LETTERS, 24)}`],
  ['random-value', `API_TOKEN="${hex.slice(0, 32)}"`],
  [
    'json-web-token',
    `Bearer ${['eyJ', draw(LETTERS, 20), '.eyJ', draw(LETTERS, 40), '.', draw(LETTERS, 43)].join('')}`,
  ],
  ['nats-seed', `${'SU'}${draw(BASE32, 56)}`],
  ['age-key', ['AGE-SECRET', '-KEY-1', draw(`${DIGITS}${UPPER}`, 58)].join('')],
  ['mnemonic', `mnemonic: '${Array(11).fill('zebra').join(' ')} able'`],
  ['wallet-file', `{"crypto":{"ciphertext":"${hex}","kdf":"scrypt"}}`],
  ['url-password', url('nats', 'correct-horse')],
  ['url-password', `const at = '${url('postgresql', 'correct-horse')}';`],
  ['url-password', url('https', 'correct-horse')],
  ['pem-key', pem('')],
  ['pem-key', pem('RSA ')],
  ['pem-key', pem('EC ')],
  ['pem-key', pem('OPENSSH ')],
  ['aws', `AWS_SECRET_ACCESS_KEY=${draw(LETTERS, 40)}`],
  ['github', `${'ghp'}_${draw(LETTERS, 36)}`],
  ['npm', `${'npm'}_${draw(LETTERS, 36)}`],
  ['slack', `${'xoxb'}-${draw(DIGITS, 12)}-${draw(DIGITS, 12)}-${draw(LETTERS, 24)}`],
];

describe('a text', () => {
  it.each(examples)('with what the rule %s is for is found out', async (rule, text) => {
    const found = await find(`first line\n${text}\nlast line`);
    expect(found).toContainEqual(expect.objectContaining({ rule, line: 2, path: 'some/file.ts' }));
  });

  it.each([
    ['a public key', `{"public_key": "${hex}", "publicKey": "${hex}"}`],
    ['a hash', `sha256: '${hex}', tokenSha256: '${hex}', keyHash = "${hex}"`],
    ['a key that is made', "MODEL_SIGNING_KEY_HEX: '11'.repeat(32)"],
    ['a key of the environment', 'const key = process.env.PAYER_KEY;'],
    ['a URL that takes its password from elsewhere', ['nats://user:', '${password}@host'].join('')],
    ['a password of an example', `${url('https', 'hunter2')} ${url('postgresql', 'password')}`],
    ['where a secret is mounted', 'PASSWORD_FILE=/run/secrets/a-Password-Of-Service-1'],
    ['a name in words', "TOKEN = 'operator-token-of-the-tests-in-words'"],
    ['a long document', `token: "${draw(LETTERS, 64).repeat(8)}"`],
    ['less than a key', `key = "${hex.slice(0, 30)}"`],
  ])('with %s passes', async (_what, text) => {
    expect(await find(text)).toEqual([]);
  });

  it('shows six characters of a secret and its hash, and no more', async () => {
    const [found] = await find(`KEY=${hex}`);
    expect(found).toMatchObject({
      shown: `${hex.slice(0, 6)}…`,
      sha256: createHash('sha256').update(hex).digest('hex'),
    });
    expect(JSON.stringify(found)).not.toContain(hex.slice(0, 7));
  });

  it('cannot switch the rules off', async () => {
    const text = `// ${'secretlint'}-disable\n${'npm'}_${draw(LETTERS, 36)}\n`;
    expect(await find(text)).toContainEqual(expect.objectContaining({ rule: 'npm' }));
  });

  it('costs no more than its length', async () => {
    for (const text of [
      draw(LETTERS, 64).repeat(16_384),
      `${'a.'.repeat(524_288)}=`,
      'key = '.repeat(174_763),
    ]) {
      const started = performance.now();
      await find(text);
      // A rule that looked back from every character would take minutes.
      expect(performance.now() - started).toBeLessThan(20_000);
    }
  });
});

describe('a file', () => {
  it.each(['id_ed25519', 'a/server.key', 'a/user.creds', '.env', '.env.production', 'a/keys.p12'])(
    'named %s is one that holds keys',
    async (path) => {
      expect(await findSecrets(path, Buffer.from([0, 1]))).toEqual([
        expect.objectContaining({ rule: 'key-file' }),
      ]);
    },
  );

  it.each(['a/keys.ts', 'a/server.crt', 'environment.md', 'keyfile'])('named %s is not', async (path) => {
    expect(await findSecrets(path, Buffer.from('text'))).toEqual([]);
  });
});

describe('what is known', () => {
  it('is one value wherever it stands, and goes when nothing is it', async () => {
    const found = await find(`KEY=${hex}`);
    const known = [{ sha256: found[0].sha256, reason: 'an example' }];
    expect(compareWithKnown(found, known)).toEqual({ unknown: [], stale: [] });
    const other = await find(`KEY=${hex.replace(/^./, (first) => (first === '0' ? '1' : '0'))}`);
    expect(compareWithKnown(other, known)).toEqual({ unknown: other, stale: known });
  });

  it('has a reason', () => {
    for (const { sha256, reason } of KNOWN_SECRETS) {
      expect(sha256).toMatch(/^[\da-f]{64}$/);
      expect(reason.length).toBeGreaterThan(20);
    }
  });
});

describe('the command', () => {
  let folder;
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], {
      cwd: folder,
    });
  const runs = (...more) =>
    promisify(execFile)(process.execPath, [scan, '--root', folder, ...more]).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stderr }) => ({ code, stderr }),
    );
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-secret-scan-'));
    git('init', '-q');
    writeFileSync(join(folder, 'key.txt'), `SIGNING_KEY=${hex}\n`);
    writeFileSync(join(folder, '.gitignore'), 'ignored\n');
    writeFileSync(join(folder, 'ignored'), `OTHER_KEY=${hex}\n`);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('finds a key before it is committed, and not what git ignores', async () => {
    const { code, stderr } = await runs();
    expect(code).toBe(1);
    expect(stderr).toMatch(/key\.txt:1 .*hex-key/);
    expect(stderr).not.toContain(' ignored:');
  });

  it('finds a key in the history that is no longer in a file', async () => {
    git('add', '.');
    git('commit', '-qm', 'a key');
    unlinkSync(join(folder, 'key.txt'));
    git('add', '-A');
    git('commit', '-qm', 'no key');
    expect(await runs()).toMatchObject({ code: 0, stdout: expect.stringMatching(/1 files/) });
    expect(await runs('--history')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/key\.txt \([\da-f]{40}\):1/),
    });
  });
});
