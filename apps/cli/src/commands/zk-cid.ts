import { writeFile } from 'node:fs/promises';
import { proofObject } from '@touchstone/content-address';
import { EVIDENCE_BYTES_MAX, isEventBundle } from '@touchstone/evidence';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { requireBundle } from '../read-bundle.js';
import { readInput, requireOtherFile } from '../terminal/files.js';
import { requireNoProblem } from '../terminal/problem.js';

export interface ZkCidOptions {
  readonly out?: string;
  readonly json: boolean;
}

/** `touchstone zk cid`: by which content identifier the proof of a bundle is found. It judges nothing and asks nobody. */
export async function zkCidCommand(path: string, options: ZkCidOptions): Promise<ExitCode> {
  const text = await readInput(path, EVIDENCE_BYTES_MAX);
  requireNoProblem(text, path);
  const bundle = requireBundle(text);
  if (isEventBundle(bundle) || bundle.zk === undefined)
    throw new CommandError(exitCodes.invalid, 'The bundle carries no proof of an execution.');
  const { cid, bytes } = proofObject(bundle.zk);
  if (options.out !== undefined) {
    await requireOtherFile(options.out, path);
    await writeFile(options.out, bytes);
  }
  process.stdout.write(
    options.json ? `${JSON.stringify({ cid, bytes: bytes.length }, null, 2)}\n` : `${cid}\n`,
  );
  return exitCodes.ok;
}
