import {
  closeSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { LOG_SIZE_MAX_BYTES, logTail, openLogFile } from './log-file.js';

describe('log files', () => {
  let path: string;
  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), 'touchstone-log-')), 'logs', 'part.log');
  });

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
});
