import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LOG_SIZE_MAX_BYTES, logSince, logTail, openLogFile } from './log-file.js';

describe('log files', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-log-'));
    path = join(folder, 'logs', 'part.log');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('appends to a log that only the owner reads', () => {
    for (const line of ['one\n', 'two\n']) {
      const descriptor = openLogFile(path);
      writeFileSync(descriptor, line);
      closeSync(descriptor);
    }
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each([
    [LOG_SIZE_MAX_BYTES, false],
    [LOG_SIZE_MAX_BYTES + 1, true],
  ])('rotates only above the limit: %d bytes', (size, rotated) => {
    closeSync(openLogFile(path));
    truncateSync(path, size);
    closeSync(openLogFile(path));
    expect(existsSync(`${path}.1`)).toBe(rotated);
    expect(statSync(path).size).toBe(rotated ? 0 : size);
  });

  it('gives the last lines and nothing for a missing log', () => {
    closeSync(openLogFile(path));
    writeFileSync(path, Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n'));
    expect(logTail(path, 2)).toBe('line 98\nline 99');
    expect(logTail(`${path}.missing`)).toBe('');
  });

  it('gives what came behind a place, and nothing where nothing came', () => {
    closeSync(openLogFile(path));
    writeFileSync(path, 'an earlier start\n');
    const start = statSync(path).size;
    expect(logSince(path, start)).toBe('');
    appendFileSync(path, 'this start\n');
    expect(logSince(path, start)).toBe('this start\n');
  });
});
