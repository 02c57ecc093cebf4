import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stackDescription as stack } from '../../test/stack-description.js';
import { acquireLock } from './lock.js';
import { readStack, removeStackFile, type StackDescription, writeStackFile } from './stack-file.js';

describe('stack.json', () => {
  let folder: string;
  let release: () => void;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-stack-'));
    release = acquireLock(folder);
  });
  afterEach(() => {
    release();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is read back while the stack runs', () => {
    writeStackFile(folder, stack);
    expect(readStack(folder)).toEqual(stack);
    removeStackFile(folder);
    expect(readStack(folder)).toBeUndefined();
  });

  it('is nothing once the launcher is gone, whatever file it left', () => {
    writeStackFile(folder, stack);
    release();
    expect(readStack(folder)).toBeUndefined();
  });

  it.each([
    ['half', '{'],
    ['empty', '{}'],
    ['of another version', JSON.stringify({ ...stack, version: 2 })],
    ['one with a secret', JSON.stringify({ ...stack, secret: 'x' })],
    [
      'of a stack whose payments count on Base',
      JSON.stringify({ ...stack, chain: { ...stack.chain, chainId: 8453 } }),
    ],
  ])('is refused when it is %s', (_name, text) => {
    writeFileSync(join(folder, 'stack.json'), text);
    expect(() => readStack(folder)).toThrow(/stop the stack and start it again/);
  });

  it('cannot be written with anything else in it, such as a secret', () => {
    const wrong = { ...stack, password: 'x' } as StackDescription;
    expect(() => writeStackFile(folder, wrong)).toThrow();
    expect(() => readFileSync(join(folder, 'stack.json'))).toThrow('ENOENT');
  });
});
