import { describe, expect, it } from '@jest/globals';
import { TimeBudget } from '../../domain/time-budget.js';
import { lastLine, PROGRAM_OUTPUT_CHARACTERS_MAX, runProgram } from './run-program.js';

const node = (script: string, input?: string) => ({
  ...{ command: process.execPath, args: ['-e', script] },
  ...(input === undefined ? {} : { input }),
});
const budget = (ms = 20_000, signal?: AbortSignal) => new TimeBudget(ms, signal);

describe('a run of a program', () => {
  it('ends with its code and what it printed, without colours', async () => {
    const script = String.raw`console.log('\u001b[32;22mone\u001b[0m'); console.error('two'); process.exitCode = 3`;
    expect(await runProgram(node(script), budget())).toEqual({ exitCode: 3, output: 'one\ntwo\n' });
  });

  it('gives it the input, no environment and no shell', async () => {
    const script = `process.stdin.on('data', (text) => console.log(String(text), Object.keys(process.env).length))`;
    const { output } = await runProgram(node(script, 'secret $HOME'), budget());
    expect(output).toBe('secret $HOME 0\n');
  });

  it('keeps the last PROGRAM_OUTPUT_CHARACTERS_MAX characters', async () => {
    const script = `process.stdout.write('a' + 'b'.repeat(${PROGRAM_OUTPUT_CHARACTERS_MAX}))`;
    const { output } = await runProgram(node(script), budget());
    expect(output).toBe('b'.repeat(PROGRAM_OUTPUT_CHARACTERS_MAX));
  });

  it('kills one that does not hear of ending when the time is up', async () => {
    const script = `process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000)`;
    const startedMs = performance.now();
    await expect(runProgram(node(script), budget(400))).rejects.toMatchObject({ code: 'deadline' });
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it('kills it when it is called off', async () => {
    const abort = new AbortController();
    const run = runProgram(node('setInterval(() => undefined, 1000)'), budget(20_000, abort.signal));
    setTimeout(() => abort.abort(), 200);
    await expect(run).rejects.toMatchObject({ code: 'aborted' });
  });

  it.each([
    ['is not there', { command: '/nonexistent/program', args: [] }],
    ['is ended by a signal', node('process.kill(process.pid, "SIGSEGV")')],
  ])('that %s fails', async (_, run) => {
    await expect(runProgram(run, budget())).rejects.toMatchObject({ code: 'prover-failed' });
  });

  it('says nothing of a broken pipe when the program reads no input', async () => {
    const { exitCode } = await runProgram(node('process.exit(0)', 'x'.repeat(1_000_000)), budget());
    expect(exitCode).toBe(0);
  });
});

describe('the last line', () => {
  it('is the last that says something', () => {
    expect(lastLine('one\n two \n\n')).toBe('two');
    expect(lastLine('')).toBe('');
  });
});
