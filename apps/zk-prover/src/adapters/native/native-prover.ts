import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { CommandLineProver } from '../programs/command-line-prover.js';

/** The program: crates.io snarkrs, MIT OR Apache-2.0, with the command line of snarkjs. */
export const NATIVE_PROGRAM = 'snarkrs';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where `install-native` puts the program, by the XDG base directory specification.
 *
 * @returns undefined without a home
 */
export function nativeRoot({ XDG_DATA_HOME, HOME }: Environment): string | undefined {
  if (XDG_DATA_HOME !== undefined && isAbsolute(XDG_DATA_HOME)) return join(XDG_DATA_HOME, 'touchstone');
  return HOME === undefined || HOME === '' ? undefined : join(HOME, '.local', 'share', 'touchstone');
}

/** The native prover, when the program is on PATH or was installed by us; the first that may be run. */
export function findNativeProver(environment: Environment): CommandLineProver | undefined {
  const root = nativeRoot(environment);
  const folders = (environment['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  const command = [...folders, ...(root === undefined ? [] : [join(root, 'bin')])]
    .map((folder) => join(folder, NATIVE_PROGRAM))
    .find(isRunnable);
  return command === undefined ? undefined : new CommandLineProver({ name: 'native', command, leading: [] });
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
