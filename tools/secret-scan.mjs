// Looks for keys, tokens and passwords in what git has: tools/supply-chain/find-secrets.mjs
//   node tools/secret-scan.mjs             the files that are or would be committed
//   node tools/secret-scan.mjs --history   every file of every commit, which takes minutes
//   --root FOLDER                          another checkout
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compareWithKnown, findSecrets } from './supply-chain/find-secrets.mjs';
import { filesOf, historyOf } from './supply-chain/git-files.mjs';
import { KNOWN_SECRETS } from './supply-chain/known-secrets.mjs';

const { values } = parseArgs({ options: { history: { type: 'boolean' }, root: { type: 'string' } } });
const root = resolve(values.root ?? fileURLToPath(new URL('..', import.meta.url)));
// What is known of this checkout is not to be found in another.
const known = values.root === undefined ? KNOWN_SECRETS : [];

const findings = [];
let files = 0;
for (const { path, id, content } of values.history ? historyOf(root) : filesOf(root)) {
  const found = await findSecrets(path, content);
  findings.push(...found.map((finding) => ({ ...finding, path: id ? `${path} (${id})` : path })));
  files += 1;
}
const { unknown, stale } = compareWithKnown(findings, known);
for (const { path, line, rule, says, shown, sha256 } of unknown)
  process.stderr.write(`secret-scan: ${path}:${line} has ${says} (${rule}): ${shown} sha256 ${sha256}\n`);
for (const { sha256, reason } of stale)
  process.stderr.write(`secret-scan: nothing is ${sha256} (${reason}): remove it from known-secrets.mjs.\n`);
if (unknown.length > 0)
  process.stderr.write(
    'secret-scan: replace what is real at once, wherever it is used; what is none goes into tools/supply-chain/known-secrets.mjs.\n',
  );
else if (stale.length === 0)
  process.stdout.write(`secret-scan: ${files} files, no secret but ${known.length} that are none.\n`);
process.exitCode = unknown.length + stale.length === 0 ? 0 : 1;
