import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const tool = fileURLToPath(new URL('../../../tools/when-changed.mjs', import.meta.url));
const DAY_SECONDS = 86_400;

describe('tools/when-changed.mjs', () => {
  let folder: string;
  let repository: string;
  let marks: string;
  let runs: string;

  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.invalid', ...args], {
      cwd: repository,
      stdio: 'ignore',
    });
  const write = (name: string, text: string) => writeFileSync(join(repository, name), text);
  const commit = () => {
    git('add', '-A');
    git('commit', '-q', '-m', 'x');
  };
  const call = (args: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [tool, ...args], {
      ...{ cwd: repository, encoding: 'utf8' },
      env: { PATH: process.env['PATH'], XDG_CACHE_HOME: folder, ...env },
    });
  /** A command that leaves a line behind each time, and exits with what `code` says. */
  const command = (code = 0) => ['sh', '-c', `echo ran >> ${runs}; exit ${code}`];
  const ask = (args: string[] = [], code = 0, env: Record<string, string> = {}) =>
    call([...args, 'check', 'a', '--', ...command(code)], env);
  const count = () => (existsSync(runs) ? readFileSync(runs, 'utf8').trim().split('\n').length : 0);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'when-changed-'));
    repository = join(folder, 'repository');
    marks = join(folder, 'touchstone/passed');
    runs = join(folder, 'runs');
    execFileSync('git', ['init', '-q', repository]);
    write('a', '1');
    write('b', '1');
    commit();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('runs a command once for the same contents, and says how to run it all the same', () => {
    expect(ask().status).toBe(0);
    const again = ask();
    expect(again.status).toBe(0);
    expect(again.stderr).toBe(
      'when-changed: check has passed for these contents; --force or TOUCHSTONE_RUN_ALL=1 runs it all the same.\n',
    );
    expect(count()).toBe(1);
    ask(['--force']);
    expect(count()).toBe(2);
    ask([], 0, { TOUCHSTONE_RUN_ALL: '1' });
    expect(count()).toBe(3);
  });

  it('runs it again when something of the paths, or the command, is another one, and not for the rest', () => {
    ask();
    write('b', '2');
    commit();
    ask();
    expect(count()).toBe(1);
    write('a', '2');
    commit();
    ask();
    expect(count()).toBe(2);
    call(['check', 'a', '--', 'sh', '-c', `echo ran >> ${runs};`]);
    expect(count()).toBe(3);
  });

  it('always runs with uncommitted changes, and does not remember that', () => {
    write('a', '2');
    ask();
    ask();
    expect(count()).toBe(2);
    git('checkout', '-q', 'a');
    ask();
    expect(count()).toBe(3);
  });

  it('does not remember a failure, nor contents that changed while it ran', () => {
    expect(ask([], 3).status).toBe(3);
    expect(ask([], 3).status).toBe(3);
    expect(count()).toBe(2);
    call(['check', 'a', '--', 'sh', '-c', 'echo 2 > a']);
    expect(existsSync(marks)).toBe(false);
  });

  it.each([
    [29, 1],
    [31, 2],
  ])('remembers what passed %i days ago or forgets it', (days, expected) => {
    ask();
    const [mark = ''] = readdirSync(marks);
    const then = Date.now() / 1_000 - days * DAY_SECONDS;
    utimesSync(join(marks, mark), then, then);
    ask();
    expect(count()).toBe(expected);
  });

  it.each([
    [['check', '--', 'true']],
    [['check', 'a', '--']],
    [['check', 'a', 'true']],
    [['../x', 'a', '--', 'true']],
    [['check', 'misspelt', '--', 'true']],
  ])('refuses %j', (args) => {
    expect(call(args).status).toBe(2);
  });
});
