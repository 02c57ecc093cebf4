import { spawn } from 'node:child_process';
import { ProverError } from '../../domain/prover-error.js';
import { NATIVE_PROGRAM } from './native-prover.js';

const NATIVE_VERSION = '0.1.0';

/**
 * Builds the native prover from crates.io with `cargo`, at the versions of its lock file; some minutes on two cores.
 *
 * @param root folder; the program comes to lie in its `bin`
 * @throws ProverError `prover-failed` without cargo, and when the build fails; `aborted`
 */
export function installNative(
  { root, cargo = 'cargo' }: { readonly root: string; readonly cargo?: string },
  signal: AbortSignal,
): Promise<void> {
  const args = ['install', NATIVE_PROGRAM, '--version', NATIVE_VERSION, '--locked'];
  const features = ['--no-default-features', '--features', 'cpu', '--root', root];
  return new Promise((resolve, reject) => {
    // Progress goes to our standard error; standard output is for results.
    const child = spawn(cargo, [...args, ...features], { stdio: ['ignore', 2, 2], signal });
    child.on('error', (cause) =>
      reject(
        signal.aborted
          ? new ProverError('aborted', 'It was called off.', { cause })
          : new ProverError(
              'prover-failed',
              `cargo cannot be started (${cause.message}): install Rust, or prove with snarkjs, which needs nothing.`,
              { cause },
            ),
      ),
    );
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new ProverError('prover-failed', `cargo ended with ${code}; its output says why.`)),
    );
  });
}
