import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { callProgram, PAP, type ProverProgram } from '@touchstone/prover-adapter';
import { waitUntil } from '@touchstone/testing';
import { fakeProgram, fakeSample } from './support/fake-sample.js';

let folder: string;

beforeAll(async () => {
  ({ folder } = await fakeSample());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ask = (program: ProverProgram, bounds: { deadlineMs: number; signal?: AbortSignal }) =>
  callProgram(program, 'describe', { protocol: PAP, verb: 'describe' }, bounds);

/** Whether a process is there; one that is killed and not waited for yet is not. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return !/\) [ZX]/.test(stat);
}

describe('a call of a program', () => {
  it('kills it and what it started when the time is up', async () => {
    const CHILD_FILE = join(folder, 'child');
    const call = ask(fakeProgram('hangs', { environment: { CHILD_FILE } }), { deadlineMs: 500 });
    await expect(call).rejects.toMatchObject({ problem: 'timed-out' });
    const child = Number(await readFile(CHILD_FILE, 'utf8'));
    expect(child).toBeGreaterThan(1);
    await waitUntil(async () => !(await isAlive(child)));
  });

  it('kills it when it is called off, and does not start it afterwards', async () => {
    const abort = new AbortController();
    const CHILD_FILE = join(folder, 'other-child');
    const call = ask(fakeProgram('hangs', { environment: { CHILD_FILE } }), {
      deadlineMs: 20_000,
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(), 300);
    await expect(call).rejects.toMatchObject({ problem: 'aborted' });
    const again = ask(fakeProgram(), { deadlineMs: 20_000, signal: abort.signal });
    await expect(again).rejects.toMatchObject({ problem: 'aborted' });
  });

  it.each([
    ['a program that is not there', { command: '/nonexistent/prover' }, 'program-missing'],
    ['a crash', {}, 'program-failed', 'crashes'],
    ['no reply', {}, 'reply-invalid', 'says-nothing'],
    ['a reply of 5 MB', {}, 'reply-invalid', 'says-too-much'],
    ['a reply with a member more', {}, 'reply-invalid', 'adds-members'],
  ])('with %s fails', async (_, more, problem, lie = 'honest') => {
    await expect(ask(fakeProgram(lie, more), { deadlineMs: 20_000 })).rejects.toMatchObject({ problem });
  });

  it('shows the program no environment but what it is given', async () => {
    const call = ask(fakeProgram('shows-environment', { environment: { LICENCE: 'x' } }), {
      deadlineMs: 20_000,
    });
    await expect(call).rejects.toMatchObject({ problem: 'program-failed', exitCode: 5 });
    await expect(call).rejects.toThrow('with 5: licence: refused');
  });
});
