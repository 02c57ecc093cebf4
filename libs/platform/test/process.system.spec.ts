import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '@touchstone/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));
const main = `
  import { Module } from '@nestjs/common';
  import { AppError } from '@touchstone/contracts';
  import { secret, serviceKeys } from '@touchstone/platform/config';
  import { awaitDependency, runService } from '@touchstone/platform/runtime';
  import { z } from 'zod';
  class Empty {}
  Module({})(Empty);
  await runService({
    name: 'signer',
    version: '1.2.3',
    configSchema: z.object({ ...serviceKeys('signer'), SEED: secret(z.string().optional()) }),
    codeFolder: 'test',
    module: () => Empty,
    setup: async (_app, context) => {
      const { config } = context;
      const away = async () => { throw new AppError('dependency-unavailable', 'The thing is away: start it.'); };
      if (config.SEED === 'without its thing') await awaitDependency('thing', away, context);
      if (config.SEED === 'of another chain') throw new AppError('config-invalid', 'The chain is another one.');
    },
    commands: {
      migrate: {
        run: async ({ SEED }) => {
          if (SEED === 'unmigratable') throw new Error('no');
          console.log('migrated');
        },
      },
      fail: { run: async () => { throw new Error('no'); } },
      count: {
        usage: '--to <n>',
        run: async (_config, _context, args) => {
          if (args[0] !== '--to') throw new AppError('validation-failed', 'Say how far.');
          console.log('counted ' + args[1]);
        },
      },
    },
  });
`;
const ports = { TOUCHSTONE_HTTP_PORT: '0', TOUCHSTONE_HEALTH_PORT: '0', TOUCHSTONE_DRAIN_SECONDS: '0' };

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A service of the built package in a process of its own. */
function start(
  args: string[],
  env: Record<string, string>,
): { child: ChildProcess; line: Promise<string>; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', main, 'main.js', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  const line = new Promise<string>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output.stdout += chunk.toString();
      const listening = output.stdout.split('\n').find((text) => text.includes('"msg":"listening"'));
      if (listening !== undefined) resolve(listening);
    });
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...output })));
  return { child, line, ended };
}

/** The lines of a log that say that something failed. */
const failuresIn = (log: string): unknown[] =>
  log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string })
    .filter(({ level }) => level === 'error' || level === 'fatal');

describe('a service process', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  const run = (args: string[] = [], env: Record<string, string> = ports) => {
    const started = start(args, env);
    children.push(started.child);
    return started;
  };

  it('prints one line with its real ports, answers there, and ends with 0 on SIGTERM', async () => {
    const { child, line, ended } = run();
    const listening = JSON.parse(await line) as { msg: string; http: number; health: number };
    expect(listening).toMatchObject({ msg: 'listening', service: 'signer', version: '1.2.3' });
    expect((await fetch(`http://127.0.0.1:${listening.health}/readyz`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${listening.http}/openapi.json`)).status).toBe(200);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    expect((await ended).stdout.match(/"msg":"listening"/g)).toHaveLength(1);
  });

  it('ends when its launcher lets go of standard input', async () => {
    const { child, line, ended } = run([], { ...ports, TOUCHSTONE_EXIT_WITH_STDIN: '1' });
    await line;
    child.stdin?.end();
    expect((await ended).code).toBe(0);
  });

  it('exits with 5 and all findings when its configuration is invalid', async () => {
    const { code, stdout } = await run([], { TOUCHSTONE_HTTP_PORT: 'x', TOUCHSTONE_HTTP_PROT: '1' }).ended;
    expect(code).toBe(5);
    expect(failuresIn(stdout)).toHaveLength(1);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stdout).toContain('TOUCHSTONE_HTTP_PORT: Expected a whole number');
    expect(stdout).toContain('did you mean TOUCHSTONE_HTTP_PORT?');
  });

  it('exits with 5 when its configuration turns out invalid while it starts', async () => {
    const { code, stdout } = await run([], { ...ports, SEED: 'of another chain' }).ended;
    expect(code).toBe(5);
    expect(stdout).toContain('The chain is another one.');
  });

  it('waits for what is away, is alive and not ready meanwhile, and ends with 0 on SIGTERM', async () => {
    const health = await freePort();
    const { child, ended } = run([], {
      ...ports,
      TOUCHSTONE_HEALTH_PORT: String(health),
      SEED: 'without its thing',
    });
    const ask = (path: string) => fetch(`http://127.0.0.1:${health}${path}`);
    const waiting = async () => {
      const { checks } = (await (await ask('/readyz?verbose')).json()) as { checks: { detail?: string }[] };
      return checks.some(({ detail }) => detail === 'The thing is away: start it.');
    };
    while (!(await waiting().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await ask('/readyz')).status).toBe(503);
    expect((await ask('/livez')).status).toBe(200);
    child.kill('SIGTERM');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(failuresIn(stdout)).toEqual([expect.objectContaining({ level: 'error', dependency: 'thing' })]);
  });

  it('prints its configuration without secrets', async () => {
    const { code, stdout } = await run(['--print-config'], { ...ports, SEED: 'hunter2' }).ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ TOUCHSTONE_HTTP_PORT: 0, SEED: '[redacted]' });
  });

  it.each([
    [['migrate'], 0, 'migrated'],
    [['fail'], 1, 'fail failed'],
    [['unknown'], 2, ''],
    [['migrate', 'more'], 2, ''],
    [['--migrate', 'more'], 2, ''],
    [['count', '--to', '3'], 0, 'counted 3'],
    [['count'], 2, ''],
  ])('runs %j and exits with %i', async (args, expected, text) => {
    const { code, stdout } = await run(args).ended;
    expect(code).toBe(expected);
    expect(stdout).toContain(text);
  });

  it('says in its help how each command is called', async () => {
    const { code, stdout } = await run(['--help']).ended;
    expect(code).toBe(0);
    for (const call of ['migrate', '--migrate', 'count --to <n>'])
      expect(stdout).toContain(`node bundle/main.js ${call}`);
  });

  it('migrates before it starts with --migrate, and does not start when that fails', async () => {
    const { child, line, ended } = run(['--migrate']);
    await line;
    child.kill('SIGTERM');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/migrated\n[^]*"msg":"listening"/);
    const failed = await run(['--migrate'], { ...ports, SEED: 'unmigratable' }).ended;
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('"msg":"migrate failed"');
    expect(failed.stdout).not.toContain('listening');
  });

  it('exits with 1 when its port is taken', async () => {
    const { http } = JSON.parse(await run().line) as { http: number };
    const second = run([], { ...ports, TOUCHSTONE_HTTP_PORT: String(http) });
    const { code, stdout, stderr } = await second.ended;
    expect(code).toBe(1);
    const [failure, ...more] = failuresIn(stdout);
    expect(more).toEqual([]);
    expect(failure).toMatchObject({
      level: 'fatal',
      msg: 'the service did not start',
      reason: expect.stringMatching(/another process has port \d+: .*TOUCHSTONE_HTTP_PORT \(EADDRINUSE\)/),
    });
    expect(stdout + stderr).not.toContain('    at ');
  });
});
