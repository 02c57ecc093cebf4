// Makes the secrets of an installation, once: node tools/secrets.mjs --out FOLDER [--chain-url URL] [--database NAME]
//   Kubernetes: [--release NAME] [--namespace NAME] [--node NAME] [--database-host HOST] [--database-port PORT] [--database-query TEXT]
//     writes secrets.yaml for `kubectl apply`, roles.sql for psql, and operator-token
//   --compose   one host (--out deploy/secrets): writes a file for each secret of deploy/compose.yaml, and .env beside the folder
// All is for you alone to read (0600 in a folder of 0700). Nothing has a default password, and what is there already is never overwritten.
import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { composeFiles, FIXED, ownerOfSecrets, settingsFile } from './secrets/compose.mjs';
import { kubernetesFiles } from './secrets/kubernetes.mjs';
import { makeSecrets } from './secrets/make.mjs';

const DEFAULTS = {
  ...{ release: 'touchstone', namespace: 'touchstone', node: 'kubernetes', database: 'touchstone' },
  ...{ 'database-host': 'postgresql', 'database-port': '5432', 'database-query': '' },
};

function readOptions() {
  const texts = [...Object.keys(DEFAULTS), 'out', 'chain-url'];
  const { values } = parseArgs({
    options: {
      compose: { type: 'boolean', default: false },
      ...Object.fromEntries(texts.map((name) => [name, { type: 'string' }])),
    },
  });
  if (values.out === undefined) throw new Error('--out names the folder that the secrets are written to.');
  const out = resolve(values.out);
  for (const path of [out, ...(values.compose ? [settingsFile(out)] : [])])
    if (existsSync(path))
      throw new Error(`${path} is there already; secrets are made once. Name another folder.`);
  const fixed = values.compose ? { ...FIXED, release: undefined, namespace: undefined } : {};
  const idle = Object.keys(fixed).filter((name) => values[name] !== undefined);
  if (idle.length > 0)
    throw new Error(`--compose and --${idle[0]} do not go together: compose.yaml says it.`);
  return { ...DEFAULTS, ...values, ...fixed, out };
}

function writeFiles(out, files, owner) {
  const give = (path) => owner && chownSync(path, owner.uid, owner.gid);
  for (const [name, text] of Object.entries(files)) {
    const path = join(out, name);
    for (const folder of [out, dirname(path)].filter((one) => !existsSync(one))) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      give(folder);
    }
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
    give(path);
  }
}

function main() {
  const options = readOptions();
  const { compose, out, node, 'chain-url': chainUrl } = options;
  const { database: name, 'database-host': host, 'database-port': port, 'database-query': query } = options;
  const database = { name, host, port, query };
  const made = makeSecrets({ database, node, chainUrl });
  const { files, next } = (compose ? composeFiles : kubernetesFiles)({ ...options, database }, made);
  writeFiles(out, files, compose ? ownerOfSecrets() : undefined);
  process.stdout.write(
    [
      `Written to ${out}, for you alone to read. Keep a copy where the signer’s keys may lie: they cannot be made again.`,
      ...next,
      `The operator’s token is in operator-token; services want its hash:`,
      `  TOUCHSTONE_OPERATOR_TOKEN_SHA256=${createHash('sha256').update(made.operatorToken).digest('hex')}`,
      '',
    ].join('\n'),
  );
}

try {
  main();
} catch (error) {
  process.stderr.write(`secrets: ${error.message}\n`);
  process.exit(2);
}
