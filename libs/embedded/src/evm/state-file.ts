import { copyFileSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs';

const KEEP_INTERVAL_MS = 15_000;

function isWhole(path: string): boolean {
  try {
    JSON.parse(readFileSync(path, 'utf8'));
    return true;
  } catch {
    return false;
  }
}

const previous = (stateFile: string): string => `${stateFile}.previous`;

/**
 * Repairs the chain's state before a start. anvil rewrites the file in place, so that a power cut can leave half of
 * it; the last whole copy then takes its place, and the damaged one is kept beside it.
 */
export function recoverStateFile(stateFile: string, announce: (line: string) => void): void {
  if (!existsSync(stateFile) || isWhole(stateFile)) return;
  renameSync(stateFile, `${stateFile}.damaged`);
  if (existsSync(previous(stateFile)) && isWhole(previous(stateFile))) {
    copyFileSync(previous(stateFile), stateFile);
    announce(`${stateFile} was damaged: the chain goes on from its last whole copy.`);
    return;
  }
  announce(`${stateFile} was damaged and there is no copy: the chain starts anew.`);
}

/** Copies the state file aside when it is whole. */
export function keepStateFile(stateFile: string): void {
  if (!existsSync(stateFile) || !isWhole(stateFile)) return;
  const partial = `${previous(stateFile)}.partial`;
  copyFileSync(stateFile, partial);
  renameSync(partial, previous(stateFile));
}

/** Keeps a copy now and then while the file changes; returns a function that ends it with a last copy. */
export function keepStateFileRegularly(stateFile: string): () => void {
  let seen = 0;
  const keep = (): void => {
    const changed = statSync(stateFile, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changed === seen) return;
    seen = changed;
    keepStateFile(stateFile);
  };
  const timer = setInterval(keep, KEEP_INTERVAL_MS).unref();
  return () => {
    clearInterval(timer);
    keep();
  };
}
