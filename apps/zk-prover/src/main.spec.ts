import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { run, SET_UP_MINUTES_MAX } from './main.js';
import { TRANSCRIPT_BYTES_MAX } from './transport/set-up-commands.js';

const exitCodeBefore = process.exitCode;
let said: string[];
beforeEach(() => {
  said = [];
  for (const stream of [process.stderr, process.stdout])
    jest.spyOn(stream, 'write').mockImplementation((text) => said.push(String(text)) > 0);
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = exitCodeBefore;
});

async function exitCodeOf(...words: string[]): Promise<typeof process.exitCode> {
  process.exitCode = 0;
  await run(['node', 'touchstone-zk-prover', ...words]);
  return process.exitCode;
}

describe('the command line', () => {
  it.each([
    [[]],
    [['prove']],
    [['unknown', 'a', 'b']],
    [['set-up', 'start']],
    [['set-up', 'contribute', '--from', 'x']],
  ])('with %j is a bad request', async (words) => {
    expect(await exitCodeOf(...words)).toBe(2);
  });

  it('helps', async () => {
    expect(await exitCodeOf('--help')).toBe(0);
    expect(said.join('')).toContain('Exit codes: 0 done, 2 bad request');
  });

  it('gives a set-up up to SET_UP_MINUTES_MAX minutes, not one more', async () => {
    const contribute = (minutes: number) =>
      exitCodeOf(
        ...['set-up', 'contribute', '--minutes', String(minutes), '--name', 'x'],
        ...['--from', '/nonexistent/key', '--to', '/nonexistent/next'],
      );
    expect(await contribute(SET_UP_MINUTES_MAX)).toBe(5);
    expect(said.join('')).toContain('prover-failed');
    for (const minutes of [SET_UP_MINUTES_MAX + 1, 0, -1, Number.NaN])
      expect(await contribute(minutes)).toBe(2);
  });

  it('takes transcripts of up to TRANSCRIPT_BYTES_MAX bytes, not one more', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'touchstone-transcript-'));
    const verify = async (bytes: number) => {
      await writeFile(join(folder, 'set-up.json'), ' '.repeat(bytes));
      const circuit = ['--model', '/nonexistent', '--powers', '/nonexistent'];
      return exitCodeOf('set-up', 'verify', ...circuit, '--folder', folder);
    };
    expect(await verify(TRANSCRIPT_BYTES_MAX)).toBe(2);
    expect(await verify(TRANSCRIPT_BYTES_MAX + 1)).toBe(4);
    await rm(folder, { recursive: true });
  });
});
