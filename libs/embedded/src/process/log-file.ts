import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A log larger than this is rotated when its part starts; one older file is kept. */
export const LOG_SIZE_MAX_BYTES = 16 * 1024 * 1024;
const TAIL_BYTES = 4096;

/** Opens a log for appending (0600) and returns its descriptor, after rotating one that has grown too large. */
export function openLogFile(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_SIZE_MAX_BYTES) {
    rmSync(`${path}.1`, { force: true });
    renameSync(path, `${path}.1`);
  }
  return openSync(path, 'a', 0o600);
}

/** The last lines of a log, for an error message. */
export function logTail(path: string, lines = 12): string {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const { size } = fstatSync(descriptor);
    const text = textFrom(descriptor, Math.max(0, size - TAIL_BYTES), size);
    return text.trimEnd().split('\n').slice(-lines).join('\n');
  } finally {
    closeSync(descriptor);
  }
}

/** What was written into a log behind its first `start` bytes. */
export function logSince(path: string, start: number): string {
  const descriptor = openSync(path, 'r');
  try {
    return textFrom(descriptor, start, fstatSync(descriptor).size);
  } finally {
    closeSync(descriptor);
  }
}

function textFrom(descriptor: number, start: number, end: number): string {
  const buffer = Buffer.alloc(Math.max(0, end - start));
  readSync(descriptor, buffer, 0, buffer.length, start);
  return buffer.toString('utf8');
}
