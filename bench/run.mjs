// Runs every benchmark, each beside its baseline in the same run, prints one table and writes bench/results.json.
// A figure means something only as a ratio: machines differ and are noisy.
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TIMEOUT_MS = 300_000;
const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.mjs') && name !== 'run.mjs');

const rows = files.flatMap((file) => {
  process.stderr.write(`${file} … `);
  const result = spawnSync(process.execPath, [`${folder}${file}`], { encoding: 'utf8', timeout: TIMEOUT_MS });
  process.stderr.write(result.status === 0 ? 'done\n' : `failed\n${result.stderr}`);
  if (result.status !== 0) process.exitCode = 1;
  return result.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => ({ file, ...JSON.parse(line) }));
});

const number = (value) => (typeof value === 'number' ? value.toPrecision(4) : String(value ?? ''));
const table = [
  ['BENCHMARK', 'OURS', 'BASELINE', 'RATIO'],
  ...rows.map((row) => [row.name, number(row.ours), number(row.baseline), number(row.ratio)]),
];
const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
for (const row of table)
  process.stdout.write(
    `${row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd()}\n`,
  );
writeFileSync(`${folder}results.json`, `${JSON.stringify({ node: process.version, rows }, null, 2)}\n`);
