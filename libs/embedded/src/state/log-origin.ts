import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** The origin of this installation's log; random, so that no two development logs are ever taken for one. */
export function ensureLogOrigin(path: string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  const origin = `localhost/touchstone/${randomBytes(8).toString('hex')}`;
  writeFileSync(path, `${origin}\n`);
  return origin;
}
