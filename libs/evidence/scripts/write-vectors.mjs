// Writes vectors/*.json anew from test/golden/cases.ts. A changed expectation is a change of the protocol: it needs
// a new format version and a decision in docs/adr, not only a new file.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const jest = fileURLToPath(new URL('../../../tools/jest.mjs', import.meta.url));
const { status } = spawnSync(
  process.execPath,
  [jest, '--selectProjects', 'evidence', '--testPathPatterns', 'golden-vectors'],
  { stdio: 'inherit', env: { ...process.env, TOUCHSTONE_WRITE_VECTORS: '1' } },
);
process.exitCode = status ?? 1;
