import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bin } from './support/touchstone.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-cli-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function touchstone(
  args: readonly string[],
  stdout: 'pipe' | number = 'pipe',
): { status: number | null; stderr: string } {
  const stdio = ['ignore', stdout, 'pipe'] as const;
  return spawnSync(process.execPath, [bin, ...args], {
    encoding: 'utf8',
    timeout: 30_000,
    stdio: [...stdio],
  });
}

describe('a failure of the file system', () => {
  it.each(['up', 'demo', 'reset --yes'])('ends %s on a file with one sentence', (command) => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { status, stderr } = touchstone([...command.split(' '), '--state', file]);
    expect(stderr).toMatch(/^touchstone: .*file/m);
    expect(stderr).not.toContain('\n    at ');
    expect(status).toBe(4);
  });

  it.each(['up', 'demo'])('ends %s where the kernel takes no new folder', (command) => {
    const { status, stderr } = touchstone([command, '--state', '/proc/touchstone']);
    expect(stderr).toMatch(/^touchstone: ENOENT|^touchstone: EACCES|^touchstone: EPERM/m);
    expect(status).toBe(4);
  });

  it('says that standard output cannot be written', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = touchstone(['--help'], full);
    closeSync(full);
    expect(stderr).toBe('touchstone: Cannot write standard output: ENOSPC: no space left on device, write\n');
    expect(status).toBe(4);
  });

  it('reads no more of a large file than the limit', () => {
    const large = join(folder, 'large.json');
    writeFileSync(large, '');
    // More than fits into one buffer, and sparse.
    truncateSync(large, 2 ** 33);
    const { status, stderr } = touchstone(['verify', large]);
    expect(stderr).toBe(`touchstone: ${large} has more than the 4194304 bytes that are read.\n`);
    expect(status).toBe(4);
  });
});
