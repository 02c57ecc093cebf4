// Runs Jest in native ESM: `node tools/jest.mjs [quick|system|exhaustive] [what Jest takes]`; without a word all specs.
//   quick       all but the other two
//   system      whole stacks, and what takes processes, failing servers, real waits or another implementation (*.system.spec.ts)
//   exhaustive  everything that we can think of (*.exhaustive.spec.ts), and 20,000 histories of a payment
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const kinds = {
  quick: { arguments: ['--testPathIgnorePatterns', '[.](system|exhaustive)[.]spec'] },
  system: { arguments: ['--testPathPatterns', '[.]system[.]spec'] },
  exhaustive: {
    arguments: ['--testPathPatterns', '[.]exhaustive[.]spec', 'payment-histories'],
    environment: { HISTORY_RUNS: '20000' },
  },
};

const root = fileURLToPath(new URL('..', import.meta.url));
const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
const [first, ...rest] = process.argv.slice(2);
const kind = first === undefined ? undefined : kinds[first];
const given = kind ? [...rest, ...kind.arguments] : process.argv.slice(2);
const child = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--no-warnings=ExperimentalWarning',
    jest,
    '-c',
    `${root}jest.config.mjs`,
    ...given,
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ...kind?.environment } },
);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
