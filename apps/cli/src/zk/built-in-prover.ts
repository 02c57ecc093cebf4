import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProverProgram } from '@touchstone/prover-adapter';

/** What of the environment the prover needs: where the native one lies, and its caches. */
const PASSED_ON = ['HOME', 'PATH', 'XDG_CACHE_HOME', 'XDG_DATA_HOME', 'TMPDIR'] as const;

/** Path of the prover, a program of its own under its own licence. */
const checkout = fileURLToPath(new URL('../../../..', import.meta.url));
export const proverScript = join(checkout, 'apps', 'zk-prover', 'bin', 'touchstone-zk-prover.js');

/** The built-in prover. @param deadlineMs longest time of a call */
export const builtInProver = (deadlineMs: number): ProverProgram => ({
  name: 'touchstone-zk-prover',
  command: process.execPath,
  args: [proverScript],
  environment: Object.fromEntries(
    PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  ),
  deadlineMs,
});
