import { copyFileSync, existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';

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

/** A file that ends as JSON does; cheap enough to ask while the chain runs. */
async function looksWhole(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, Math.max(0, size - 16));
    return buffer.subarray(0, bytesRead).toString('utf8').trimEnd().endsWith('}');
  } finally {
    await file.close();
  }
}

/** Copies the state file aside when it is whole; a copy caught half-written does not replace an older whole one. */
export async function keepStateFile(stateFile: string): Promise<void> {
  if (!existsSync(stateFile)) return;
  const partial = `${previous(stateFile)}.partial`;
  await copyFile(stateFile, partial);
  if (await looksWhole(partial)) renameSync(partial, previous(stateFile));
}

/** Keeps a copy now and then while the file changes; returns a function that ends it with a last copy. */
export function keepStateFileRegularly(stateFile: string): () => Promise<void> {
  let seen = 0;
  let running: Promise<void> = Promise.resolve();
  const keep = (): Promise<void> => {
    const changed = statSync(stateFile, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changed === seen) return running;
    seen = changed;
    // The copy is a second line of defence; without it the chain still has its own file.
    running = running.then(() => keepStateFile(stateFile)).catch(() => undefined);
    return running;
  };
  const timer = setInterval(() => void keep(), KEEP_INTERVAL_MS).unref();
  return () => {
    clearInterval(timer);
    return keep();
  };
}
