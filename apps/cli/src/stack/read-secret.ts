import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, exitCodes } from '../exit-codes.js';

/** Whose secret is read, and what somebody who cannot read it cannot do. */
const owners = { operator: 'operate it', payer: 'pay with its payer' } as const;

/**
 * A secret of a stack, from the folder that only the user who started it can read.
 *
 * @throws CommandError `configuration`
 */
export function readSecret(stateDir: string, owner: keyof typeof owners, name: string): string {
  const path = join(stateDir, 'secrets', `${owner}.env`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new CommandError(
      exitCodes.configuration,
      `Cannot read ${path}; only the user who started the stack can ${owners[owner]}.`,
    );
  }
  const value = new RegExp(`^${name}=(\\S+)$`, 'm').exec(text)?.[1];
  if (!value) throw new CommandError(exitCodes.configuration, `${path} holds no ${name}.`);
  return value;
}
