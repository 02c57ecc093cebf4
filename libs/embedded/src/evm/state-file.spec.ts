import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keepStateFile, recoverStateFile } from './state-file.js';

describe('state file of the chain', () => {
  let folder: string;
  let path: string;
  let said: string[];
  const announce = (line: string): void => void said.push(line);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-state-'));
    path = join(folder, 'state.json');
    said = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is left alone when it is whole or not there', () => {
    recoverStateFile(path, announce);
    writeFileSync(path, '{"a":1}');
    recoverStateFile(path, announce);
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}');
    expect(said).toEqual([]);
  });

  it('is replaced by the last whole copy when it is cut off', async () => {
    writeFileSync(path, '{"a":1}');
    await keepStateFile(path);
    writeFileSync(path, '{"a":');
    recoverStateFile(path, announce);
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}');
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe('{"a":');
    expect(said).toEqual([expect.stringContaining('last whole copy')]);
  });

  it('is moved aside when there is no copy', () => {
    writeFileSync(path, '{"a":');
    recoverStateFile(path, announce);
    expect(existsSync(path)).toBe(false);
    expect(said).toEqual([expect.stringContaining('starts anew')]);
  });

  it('does not replace a whole copy by a half one', async () => {
    writeFileSync(path, '{"a":1}');
    await keepStateFile(path);
    writeFileSync(path, '{"a":');
    await keepStateFile(path);
    expect(readFileSync(`${path}.previous`, 'utf8')).toBe('{"a":1}');
  });
});
