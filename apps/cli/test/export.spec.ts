import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { findOpenssl } from '@touchstone/embedded';
import { EVIDENCE_BYTES_MAX, type EvidenceBundle, type TrustFile } from '@touchstone/evidence';
import { touchstone } from './support/touchstone.js';

interface Case {
  readonly name: string;
  readonly input: { readonly bundle: EvidenceBundle; readonly trust: TrustFile };
  readonly expected: { readonly label: string };
}

const vectors = fileURLToPath(new URL('../../../libs/evidence/vectors/rfc3161.json', import.meta.url));
const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as { cases: Case[] };
const caseOf = (name: string): Case['input'] => (cases.find((one) => one.name === name) as Case).input;

const folder = mkdtempSync(join(tmpdir(), 'touchstone-export-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;
const fileOf = (content: string | object): string => {
  const file = join(folder, `file-${(count += 1)}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
};
const newFolder = (): string => join(folder, `out-${(count += 1)}`, 'deeper');

/** One whose certificates stand beside its token. */
const { bundle, trust } = caseOf('certificates outside, from leaf to root');

describe('touchstone export --as token', () => {
  it('writes what openssl needs, with the roots of the trust file, and says how', async () => {
    const out = newFolder();
    const { status, stdout, stderr } = await touchstone([
      ...['export', fileOf(bundle), '--as', 'token', '--trust', fileOf(trust), '--out', out],
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('Nothing above was verified; run in');
    expect(readdirSync(out)).toEqual(expect.arrayContaining(['roots.pem', 'stamped.txt', 'token.der']));
    const openssl = findOpenssl();
    if (openssl === undefined) return;
    const [, line = ''] = /^ {2}openssl (.*)$/m.exec(stdout) ?? [];
    const verified = spawnSync(openssl.path, line.split(' '), { cwd: out, encoding: 'utf8' });
    expect(verified.stdout).toContain('Verification: OK');
  });

  it('names no roots without a trust file', async () => {
    const out = newFolder();
    const { stdout } = await touchstone(['export', fileOf(bundle), '--as', 'token', '--out', out, '--json']);
    const { files, folder: where, command } = JSON.parse(stdout) as Record<string, string[]>;
    expect(where).toBe(out);
    expect(files).not.toContain(join(out, 'roots.pem'));
    expect(command).toContain('<certificates that you trust>.pem');
  });

  it('leaves a file that exists as it is', async () => {
    const out = newFolder();
    const args = ['export', fileOf(bundle), '--as', 'token', '--out', out];
    expect(await touchstone(args)).toMatchObject({ status: 0 });
    writeFileSync(join(out, 'token.der'), 'mine');
    expect(await touchstone(args)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/exists already/),
    });
    expect(readFileSync(join(out, 'token.der'), 'utf8')).toBe('mine');
  });

  const [anchor] = bundle.anchors;
  const withAnchors = (...anchors: unknown[]) => ({ ...bundle, anchors });
  const other = { ...anchor, network: 'tsa:other.example' };

  it.each<[string, object | string, string[], number, RegExp]>([
    ['a bundle without anchors', withAnchors(), [], 1, /carries no time-stamp token/],
    ['another network', bundle, ['--network', 'tsa:nobody'], 1, /carries tokens of tsa:\S+ alone/],
    ['two tokens of which none is named', withAnchors(anchor, other), [], 2, /name one with --network/],
    [
      'a token of another checkpoint',
      withAnchors({ ...anchor, commitment: '00'.repeat(32) }),
      [],
      1,
      /commits to no checkpoint of this bundle/,
    ],
    ['a token of no log proof', withAnchors({ ...anchor, logProof: 7 }), [], 1, /commits to no checkpoint/],
    ['no bundle', '{}', [], 1, /Not an evidence bundle/],
    ['no JSON', 'x', [], 1, /Not strict JSON/],
    ['more than is read', ' '.repeat(EVIDENCE_BYTES_MAX + 1), [], 4, /has more than/],
    ['a trust file that is none', bundle, ['--trust', fileOf('{}')], 5, /trust/i],
  ])('says what is wrong with %s, and writes nothing', async (_, content, options, status, message) => {
    const out = newFolder();
    const ended = await touchstone(['export', fileOf(content), '--as', 'token', '--out', out, ...options]);
    expect(ended).toMatchObject({ status, stdout: '', stderr: expect.stringMatching(message) });
    expect(() => readdirSync(out)).toThrow(/ENOENT/);
  });

  it('takes one of two that is named', async () => {
    const args = ['export', fileOf(withAnchors(anchor, other)), '--as', 'token', '--network', other.network];
    expect(await touchstone([...args, '--out', newFolder()])).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([[[]], [['--as', 'ots']]])('knows its forms: %j', async (options) => {
    const ended = await touchstone(['export', fileOf(bundle), ...options]);
    expect(ended).toMatchObject({ status: 2, stdout: '' });
  });
});
