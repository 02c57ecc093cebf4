import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '@touchstone/contracts';
import { CommandError, exitCodes } from '../exit-codes.js';

type Owner = 'operator' | 'payer' | ServiceName;

/** What only somebody can do who may read the secret. */
const useOf = (owner: Owner): string => (owner === 'payer' ? 'pay with its payer' : 'operate it');

/**
 * A secret of a stack, from the folder that only the user who started it can read.
 *
 * @throws CommandError `configuration`
 */
export function readSecret(stateDir: string, owner: Owner, name: string): string {
  const path = join(stateDir, 'secrets', `${owner}.env`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new CommandError(
      exitCodes.configuration,
      `Cannot read ${path}; only the user who started the stack can ${useOf(owner)}.`,
    );
  }
  const value = new RegExp(`^${name}=(\\S+)$`, 'm').exec(text)?.[1];
  if (!value) throw new CommandError(exitCodes.configuration, `${path} holds no ${name}.`);
  return value;
}
