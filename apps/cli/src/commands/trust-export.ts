import { writeFile } from 'node:fs/promises';
import { readTrustFile } from '@touchstone/evidence';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { exportTrust, trustText } from '../stack/export-trust.js';
import { requireStack } from '../stack/running-stack.js';

/** `touchstone trust export`: what the operator of the running stack says; a verifier decides whether to believe it. */
export async function trustExportCommand(options: {
  out: string;
  independent: string[];
  state: string;
}): Promise<ExitCode> {
  const text = trustText(await exportTrust(requireStack(options.state), options.independent));
  // What no verifier takes, such as a test network among the independent sources, is not written.
  readTrustFile(text);
  if (options.out === '-') process.stdout.write(text);
  else {
    await writeFile(options.out, text);
    process.stderr.write(`Wrote ${options.out}. It says what the operator says; see docs/trust-files.md.\n`);
  }
  return exitCodes.ok;
}
