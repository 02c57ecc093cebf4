import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, exitCodes } from '../exit-codes.js';

/**
 * A secret of the operator of a stack, from the folder that only the user who started it can read.
 *
 * @throws CommandError `configuration`
 */
export function operatorSecret(
  stateDir: string,
  name: 'TOUCHSTONE_NATS_PASSWORD' | 'TOUCHSTONE_OPERATOR_TOKEN',
): string {
  const path = join(stateDir, 'secrets', 'operator.env');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new CommandError(
      exitCodes.configuration,
      `Cannot read ${path}; only the user who started the stack can operate it.`,
    );
  }
  const value = new RegExp(`^${name}=(\\S+)$`, 'm').exec(text)?.[1];
  if (!value) throw new CommandError(exitCodes.configuration, `${path} holds no ${name}.`);
  return value;
}
