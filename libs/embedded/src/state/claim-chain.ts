import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '@touchstone/contracts';

/** What a start makes after it has noted its chain: a folder that has one of these and no note is an older stack's. */
const dataEntries = ['chain', 'nats', 'postgres', 'data'];
/** The chain of stacks that wrote no note: it had the number of Base itself. */
const NETWORK_BEFORE_NOTES = 'eip155:8453';

/**
 * Makes sure that a state folder belongs to the chain that is about to be started. Payments, anchors and evidence in
 * the folder name their chain; going on with them on another one would mix what was signed for two.
 *
 * @param noteFile Where {@link noteChain} has noted the folder's chain
 * @throws AppError `conflict` when the folder is of another chain
 */
export function requireSameChain(stateDir: string, noteFile: string, network: string): void {
  const noted = notedNetwork(stateDir, noteFile);
  if (noted === undefined || noted === network) return;
  throw new AppError(
    'conflict',
    `The data in ${stateDir} belongs to a chain ${noted}, and the development chain of this version is ${network}; nothing was touched. ` +
      `Delete the old data with: touchstone reset --state ${stateDir}`,
  );
}

/** Notes the chain of a folder, once; before anything is stored in the folder. */
export function noteChain(noteFile: string, network: string): void {
  if (existsSync(noteFile)) return;
  mkdirSync(dirname(noteFile), { recursive: true });
  const partial = `${noteFile}.partial`;
  writeFileSync(partial, `${network}\n`);
  renameSync(partial, noteFile);
}

function notedNetwork(stateDir: string, noteFile: string): string | undefined {
  if (existsSync(noteFile)) return readFileSync(noteFile, 'utf8').trim();
  const hasData = dataEntries.some((name) => existsSync(join(stateDir, name)));
  return hasData ? NETWORK_BEFORE_NOTES : undefined;
}
