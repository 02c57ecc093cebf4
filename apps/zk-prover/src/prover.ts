import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { DiskFiles } from './adapters/files/disk-files.js';
import { PrivateFolders } from './adapters/files/private-folders.js';
import { findNativeProver } from './adapters/native/native-prover.js';
import { snarkjsProver } from './adapters/snarkjs/snarkjs-prover.js';
import { ModelProver } from './domain/prove-model.js';
import { Ceremony } from './domain/set-up/ceremony.js';
import { PapProgram } from './transport/pap-program.js';
import { SetUpCommands } from './transport/set-up-commands.js';
import { SetUpVerbs } from './transport/set-up-verbs.js';

/** What the program is made of on this machine. */
export interface ProverParts {
  readonly pap: PapProgram;
  readonly setUp: SetUpCommands;
}

/** Puts the program together. */
export function createProver(environment: Readonly<Record<string, string | undefined>>): ProverParts {
  const files = new DiskFiles();
  const folders = new PrivateFolders(tmpdir());
  const snarkjs = snarkjsProver();
  const native = findNativeProver(environment);
  // Where there is a native one, it is the first to try.
  const provers = native === undefined ? ([snarkjs] as const) : ([native, snarkjs] as const);
  const prover = new ModelProver({ provers, secondVerifier: snarkjs, folders });
  const ceremony = new Ceremony({ provers, judge: snarkjs, files, folders });
  const verbs = new SetUpVerbs({ files, ceremony });
  const pap = new PapProgram({ files, prover, secondVerifier: snarkjs, folders, setUp: verbs });
  const powersPath = (name: string) => powersIn(environment, name);
  const setUp = new SetUpCommands({ ceremony, files, folders, makers: provers, powersPath });
  return { pap, setUp };
}

/** Powers of tau take long to make and are the same for all circuits: they are kept by the XDG base directory specification. */
async function powersIn(
  { XDG_CACHE_HOME, HOME }: Readonly<Record<string, string | undefined>>,
  name: string,
): Promise<string> {
  const isSet = XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME);
  const cache = isSet ? XDG_CACHE_HOME : join(HOME ?? tmpdir(), '.cache');
  const folder = join(cache, 'touchstone', 'ptau');
  await mkdir(folder, { recursive: true });
  return join(folder, name);
}
