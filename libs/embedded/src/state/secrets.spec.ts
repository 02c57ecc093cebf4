import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomSecret, secp256k1Key, SecretStore } from './secrets.js';

describe('secret store', () => {
  let parent: string;
  let folder: string;
  let store: SecretStore;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'touchstone-secrets-'));
    folder = join(parent, 'secrets');
    store = new SecretStore(folder);
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('makes a secret of 32 bytes once and keeps it', () => {
    const first = store.ensure('signer', { A: randomSecret });
    expect(first.A).toMatch(/^[0-9a-f]{64}$/);
    expect(new SecretStore(folder).ensure('signer', { A: randomSecret })).toEqual(first);
  });

  it('adds a secret without touching the others or what an operator wrote', () => {
    store.ensure('signer', { A: () => 'a' });
    writeFileSync(store.path('signer'), '# mine\nA=a\nB=operator\n');
    expect(store.ensure('signer', { A: randomSecret, C: () => 'c' })).toEqual({ A: 'a', C: 'c' });
    expect(readFileSync(store.path('signer'), 'utf8')).toBe('A=a\nB=operator\nC=c\n');
  });

  it('keeps folder and files to their owner, also when somebody opened them', () => {
    store.ensure('signer', { A: randomSecret });
    chmodSync(folder, 0o755);
    chmodSync(store.path('signer'), 0o644);
    new SecretStore(folder).ensure('signer', { A: randomSecret });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(store.path('signer')).mode & 0o777).toBe(0o600);
  });

  it('gives different owners different secrets', () => {
    expect(store.ensure('a', { A: randomSecret })).not.toEqual(store.ensure('b', { A: randomSecret }));
  });

  it.each(['no equals sign', 'lower=x', 'A=with space', '=x', 'A=é'])('refuses the line %j', (line) => {
    writeFileSync(store.path('signer'), `${line}\n`);
    expect(() => store.ensure('signer', { A: randomSecret })).toThrow('line 1: expected NAME=value');
  });

  it('makes keys of the curve', () => {
    expect(secp256k1Key()).toMatch(/^[0-9a-f]{64}$/);
  });
});
