import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { isRunning, ownIdentity, processStartTime, readIdentity, terminate } from './identity.js';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-identity-'));

describe('process identity', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('knows this process', () => {
    expect(isRunning(ownIdentity())).toBe(true);
  });

  it('does not take a recycled pid for the process', () => {
    expect(isRunning({ pid: process.pid, startTime: '1' })).toBe(false);
    expect(isRunning({ pid: process.pid, startTime: null })).toBe(false);
  });

  it('does not take a process that has ended for a running one', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const identity = { pid: child.pid as number, startTime: processStartTime(child.pid as number) ?? null };
    expect(isRunning(identity)).toBe(true);
    await expect(terminate(identity, ['SIGTERM', 'SIGKILL'], 2_000)).resolves.toBe(true);
    expect(isRunning(identity)).toBe(false);
  });

  it('goes on to the next signal when one is ignored', async () => {
    const child = spawn(process.execPath, [
      '-e',
      'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up")',
    ]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const identity = { pid: child.pid as number, startTime: processStartTime(child.pid as number) ?? null };
    await expect(terminate(identity, ['SIGTERM'], 100)).resolves.toBe(false);
    await expect(terminate(identity, ['SIGTERM', 'SIGKILL'], 100)).resolves.toBe(true);
  });

  it.each(['', 'null', '[]', '{"pid":"1"}', '{"pid":1}', '{"pid":-5}', '{"pid":1.5}', '{'])(
    'reads %j as no identity',
    (text) => {
      const path = join(folder, 'identity.json');
      writeFileSync(path, text);
      expect(readIdentity(path)).toBeUndefined();
    },
  );

  it('reads a missing file as no identity', () => {
    expect(readIdentity(join(folder, 'missing'))).toBeUndefined();
  });
});
