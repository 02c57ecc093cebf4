import { isAbsolute, join } from 'node:path';
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

/** Where the prover keeps powers of tau, by the XDG base directory specification; undefined where there is no home. */
export function proverPowersFolder({
  XDG_CACHE_HOME,
  HOME,
}: Readonly<Record<string, string | undefined>>): string | undefined {
  if (XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME))
    return join(XDG_CACHE_HOME, 'touchstone', 'ptau');
  return HOME === undefined ? undefined : join(HOME, '.cache', 'touchstone', 'ptau');
}
