// Coverage-guided fuzzing of the readers of untrusted bytes; docs/fuzzing.md says how and what has been run.
//   npm run fuzz -- --target json-gate --seconds 60 [--seed 7] [--corpus FOLDER]
//   npm run fuzz -- --target json-gate --distil    prints a small corpus of what was kept, for tools/fuzz/corpus
// An input that breaks a target's rule is saved below .touchstone/fuzz and ends the run with code 1.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { distil, fuzz } from './fuzz/loop.mjs';
import { readCorpus } from './fuzz/corpus.mjs';
import { targets } from './fuzz/targets.mjs';

/** Largest input of a committed corpus, which is text that people read. */
const DISTILLED_BYTES_MAX = 512;

const root = fileURLToPath(new URL('..', import.meta.url));
const values = readOptions();
const target = targets.find(({ name }) => name === values.target);
if (!target) refuse(`--target is one of: ${targets.map(({ name }) => name).join(', ')}`);
for (const name of ['seconds', 'seed'])
  // A run of NaN seconds would end at once and look like one that found nothing.
  if (!/^\d+$/.test(values[name])) refuse(`--${name} is a whole number, not ${JSON.stringify(values[name])}`);

const folder = values.corpus ?? join(root, '.touchstone', 'fuzz', target.name);
mkdirSync(folder, { recursive: true });
const nameOf = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
const kept = readdirSync(folder)
  .filter((name) => name.endsWith('.input'))
  .map((name) => new Uint8Array(readFileSync(join(folder, name))));

if (values.distil) {
  const inputs = await distil(target, [...readCorpus(target.name), ...kept], DISTILLED_BYTES_MAX);
  for (const input of inputs) console.log(Buffer.from(input).toString('hex') || '-');
  process.exit(0);
}

console.log(`target ${target.name}, seed ${values.seed}, ${values.seconds} s`);
const result = await fuzz({
  target,
  seeds: [...target.seeds(), ...readCorpus(target.name), ...kept],
  seed: Number(values.seed),
  seconds: Number(values.seconds),
  keep: (bytes) => writeFileSync(join(folder, `${nameOf(bytes)}.input`), bytes),
  report: (line) => console.log(line),
});
const { executions, corpus, features, blocks, finding } = result;
console.log(`${executions} executions, ${corpus} inputs kept, ${blocks} blocks, ${features} block features`);
if (finding) {
  const path = join(folder, `${nameOf(finding.input)}.crash`);
  writeFileSync(path, finding.input);
  console.error(
    `FINDING: ${finding.error.stack}\ninput: ${path}\nhex: ${Buffer.from(finding.input).toString('hex')}`,
  );
  process.exit(1);
}

/** The command line; one that cannot be read ends the run with 2. */
function readOptions() {
  try {
    return parseArgs({
      options: {
        target: { type: 'string' },
        seconds: { type: 'string', default: '60' },
        seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
        corpus: { type: 'string' },
        distil: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return refuse(`${error.message}. Options: --target, --seconds, --seed, --corpus, --distil`);
  }
}

function refuse(reason) {
  console.error(`fuzz: ${reason}`);
  process.exit(2);
}
