import { writeFile } from 'node:fs/promises';
import { readTrustFile, type TrustFile } from '@touchstone/evidence';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { exportTrust, statedTrust, trustText } from '../stack/export-trust.js';
import { baseUrl, requireStack } from '../stack/running-stack.js';

export interface TrustExportOptions {
  readonly out: string;
  readonly independent: string[];
  readonly state: string;
  readonly signer?: string;
  readonly gateway?: string;
}

/** `touchstone trust export`: what the operator says of a running stack or an installation; a verifier decides whether to believe it. */
export async function trustExportCommand(options: TrustExportOptions): Promise<ExitCode> {
  const text = trustText(await trustOf(options));
  // What no verifier takes, such as a test network among the independent sources, is not written.
  readTrustFile(text);
  if (options.out === '-') process.stdout.write(text);
  else {
    await writeFile(options.out, text);
    process.stderr.write(`Wrote ${options.out}. It says what the operator says; see docs/trust-files.md.\n`);
  }
  return exitCodes.ok;
}

function trustOf({ signer, gateway, state, independent }: TrustExportOptions): Promise<TrustFile> {
  if (signer === undefined && gateway === undefined) return exportTrust(requireStack(state), independent);
  if (signer === undefined)
    throw new CommandError(exitCodes.usage, '--gateway alone names no keys; give --signer as well.');
  if (independent.length > 0)
    throw new CommandError(
      exitCodes.usage,
      '--independent names networks of --state; with --signer add them yourself.',
    );
  const models = gateway === undefined ? {} : { 'inference-gateway': baseUrl(gateway) };
  return statedTrust({ urls: { signer: baseUrl(signer), ...models } });
}
