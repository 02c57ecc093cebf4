import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { processStartTime } from '../process/identity.js';
import { acquireLock, lockedSince, lockHolder } from './lock.js';

describe('lock of the state folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const write = (value: unknown): void => writeFileSync(join(folder, 'lock'), JSON.stringify(value));

  it('is held until it is given back', () => {
    const release = acquireLock(folder);
    expect(lockHolder(folder)?.pid).toBe(process.pid);
    expect(lockedSince(folder)).toMatch(/Z$/);
    expect(() => acquireLock(folder)).toThrow(`pid ${process.pid}, since 2`);
    release();
    expect(lockHolder(folder)).toBeUndefined();
    expect(existsSync(join(folder, 'lock'))).toBe(false);
    acquireLock(folder)();
  });

  it('is refused while another process holds it', () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    try {
      write({ pid: child.pid, startTime: processStartTime(child.pid as number) });
      expect(() => acquireLock(folder)).toThrow('touchstone down');
    } finally {
      child.kill('SIGKILL');
    }
  });

  it.each([
    ['a pid that was given to another process', { pid: process.pid, startTime: '1' }],
    ['a process that is gone', { pid: 4_194_300, startTime: '5' }],
    ['nothing readable', 'garbage'],
  ])('is taken over from %s', (_what, content) => {
    write(content);
    const release = acquireLock(folder);
    expect(lockHolder(folder)?.pid).toBe(process.pid);
    release();
  });

  it('is not removed by a release after somebody else took over', () => {
    const release = acquireLock(folder);
    write({ pid: 4_194_300, startTime: '5' });
    release();
    expect(existsSync(join(folder, 'lock'))).toBe(true);
  });
});
