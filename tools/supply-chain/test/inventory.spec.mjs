import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Lock } from '../../images/lock.mjs';
import { inventory } from '../inventory.mjs';
import { judgeLicences, useOf } from '../judge-licences.mjs';
import { LICENCE_POLICY as ours } from '../licence-policy.mjs';
import { noticesOf } from '../notices.mjs';

const policy = { ...ours, EXCEPTIONS: [] };
let root;

const write = (path, content) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
};

/** A small checkout: a service, a prover, a test library, and what they need. */
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'touchstone-inventory-'));
  const workspaces = {
    'apps/signer': { dependencies: { shipped: '1.0.0' }, devDependencies: { tester: '1.0.0' } },
    'apps/zk-prover': { dependencies: { circuits: '1.0.0', shipped: '1.0.0' } },
    'libs/testing': { dependencies: { tester: '1.0.0' } },
  };
  for (const [path, manifest] of Object.entries(workspaces))
    write(`${path}/package.json`, {
      ...manifest,
      nx: { tags: [path === 'libs/testing' ? 'type:test' : 'type:app'] },
    });
  const packages = {
    '': {},
    ...workspaces,
    'node_modules/shipped': {
      version: '1.0.0',
      license: 'MIT',
      optionalDependencies: { 'for-another-system': '1.0.0' },
      dependencies: { deep: '2.0.0' },
    },
    'node_modules/shipped/node_modules/deep': { version: '2.0.0', license: 'ISC' },
    'node_modules/for-another-system': { version: '1.0.0', license: 'GPL-3.0', optional: true },
    'node_modules/circuits': { version: '1.0.0', license: 'GPL-3.0' },
    'node_modules/tester': { version: '1.0.0', license: 'MPL-2.0' },
  };
  write('package-lock.json', { packages });
  write('node_modules/shipped/package.json', { name: 'shipped', version: '1.0.0', license: 'MIT' });
  write('node_modules/shipped/LICENSE.md', 'Copyright of the shipped\r\n');
  write('node_modules/shipped/NOTICE', 'A notice');
  write('node_modules/shipped/licences-of-tests/LICENSE', 'of no file');
  write('node_modules/shipped/node_modules/deep/package.json', {
    ...{ name: 'deep', version: '2.0.0', license: 'ISC', author: { name: 'Somebody' } },
  });
});
afterAll(() => rmSync(root, { recursive: true }));

describe('the inventory', () => {
  it('tells what each package is for', () => {
    const uses = inventory(root, new Lock(root)).map((item) => [item.folder, useOf(item)]);
    expect(Object.fromEntries(uses)).toEqual({
      'node_modules/circuits': 'prover',
      'node_modules/for-another-system': 'product',
      'node_modules/shipped': 'product',
      'node_modules/shipped/node_modules/deep': 'product',
      'node_modules/tester': 'development',
    });
  });

  it('judges what is for another system by the lock file', () => {
    const findings = judgeLicences(inventory(root, new Lock(root)), policy);
    expect(findings).toEqual([expect.stringMatching(/^for-another-system@1\.0\.0 .*GPL-3\.0/)]);
  });

  it('names the workspaces that ship a package', () => {
    const items = inventory(root, new Lock(root));
    expect(items.find(({ name }) => name === 'deep')).toMatchObject({
      version: '2.0.0',
      licence: 'ISC',
      workspaces: ['apps/signer', 'apps/zk-prover'],
    });
    expect(items.find(({ name }) => name === 'tester')).toMatchObject({
      workspaces: [],
      users: ['apps/signer', 'libs/testing'],
      installed: undefined,
    });
  });
});

describe('the notices', () => {
  const folders = ['node_modules/shipped', 'node_modules/shipped/node_modules/deep'];

  it('hold every text of a package, and say who made one that brings none', () => {
    const text = noticesOf(root, new Lock(root), folders);
    expect(text).toContain('shipped@1.0.0 (MIT)\n\nCopyright of the shipped\n\nA notice\n');
    expect(text).toContain(
      'deep@2.0.0 (ISC)\n\nThe package has no text of its licence. It states ISC; made by Somebody.',
    );
    expect(text).not.toContain('of no file');
  });

  it('are the same whatever the order of the packages', () => {
    const lock = new Lock(root);
    expect(noticesOf(root, lock, [...folders].reverse())).toBe(noticesOf(root, lock, folders));
  });
});
