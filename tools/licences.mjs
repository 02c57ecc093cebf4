// Judges the licence of every package of the lock file, and whether versions are exact: tools/supply-chain/licence-policy.mjs.
//   node tools/licences.mjs                one line, or what is refused
//   node tools/licences.mjs --json         each package with its licence, what it is for and the workspaces that ship it
//   node tools/licences.mjs --write FILE   the notices of all packages that ship; an image has its own as /app/THIRD_PARTY_NOTICES
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Lock } from './images/lock.mjs';
import { inventory } from './supply-chain/inventory.mjs';
import { judgeLicences, useOf } from './supply-chain/judge-licences.mjs';
import { noticesOf } from './supply-chain/notices.mjs';
import { judgeLock, judgeManifest } from './supply-chain/versions.mjs';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

function judgeVersions(lock) {
  const pattern = ['package.json', '*/package.json'];
  const manifests = execFileSync('git', ['ls-files', '-z', '--', ...pattern], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '');
  const read = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));
  return [...manifests.flatMap((path) => judgeManifest(path, read(path))), ...judgeLock(lock)];
}

function main() {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, write: { type: 'string' } } });
  const lock = new Lock(root);
  const items = inventory(root, lock);
  const packages = items.map((item) => ({ ...item, use: useOf(item) }));
  const findings = [...judgeLicences(items), ...judgeVersions(lock)];
  if (values.write !== undefined) {
    const shipped = packages.filter(({ use, folder }) => use === 'product' && existsSync(join(root, folder)));
    const folders = shipped.map(({ folder }) => folder);
    writeFileSync(values.write, noticesOf(root, lock, folders));
  }
  if (values.json) {
    const listed = packages.map(({ installed, users: _users, ...item }) => ({
      ...item,
      installed: installed !== undefined,
    }));
    process.stdout.write(`${JSON.stringify({ packages: listed, findings }, null, 2)}\n`);
  } else if (findings.length === 0) {
    const count = (use) => packages.filter((item) => item.use === use).length;
    const counts = ['product', 'prover', 'development']
      .map((use) => `${count(use)} of the ${use}`)
      .join(', ');
    process.stdout.write(`licences: packages ${counts}; all may be used.\n`);
  }
  for (const finding of findings) process.stderr.write(`licences: ${finding}\n`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}

main();
