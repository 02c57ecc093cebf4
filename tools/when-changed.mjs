// Runs a command unless it has passed on this machine for the same contents already:
//   node tools/when-changed.mjs [--force] NAME PATH… -- COMMAND …
// The contents are what Git has of the paths at HEAD, together with the command and the version of Node. With uncommitted changes below
// the paths the command always runs. --force runs it all the same, TOUCHSTONE_RUN_ALL=1 does so for every call. What passed is
// remembered in ${XDG_CACHE_HOME:-~/.cache}/touchstone/passed for 30 days.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const MARK_DAYS_MAX = 30;
const DAY_MS = 86_400_000;
const USAGE = 'Usage: node tools/when-changed.mjs [--force] NAME PATH… -- COMMAND …';
const USAGE_EXIT_CODE = 2;

const marks = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'touchstone', 'passed');
const say = (text) => process.stderr.write(`when-changed: ${text}\n`);

class UsageError extends Error {}

function readArguments(given) {
  const forced = given[0] === '--force';
  const rest = forced ? given.slice(1) : given;
  const at = rest.indexOf('--');
  const [name, ...paths] = rest.slice(0, Math.max(at, 0));
  const command = rest.slice(at + 1);
  if (at === -1 || paths.length === 0 || command.length === 0 || !/^[a-z0-9-]+$/.test(name))
    throw new UsageError(USAGE);
  return { name, paths, command, forced: forced || process.env['TOUCHSTONE_RUN_ALL'] === '1' };
}

function git(...args) {
  const { status, stdout } = spawnSync('git', args, { encoding: 'utf8', maxBuffer: 67_108_864 });
  return status === 0 ? stdout : undefined;
}

/** What Git has of the paths; undefined when that is not what lies there. @throws UsageError for a path that Git does not know */
function contentsOf(paths) {
  if (git('rev-parse', '--verify', '--quiet', 'HEAD') === undefined) return undefined;
  for (const path of paths)
    if (git('ls-tree', 'HEAD', '--', path) === '')
      throw new UsageError(`Git has nothing at ${path}; a misspelt path would hide its changes.`);
  const changed = git('status', '--porcelain', '--untracked-files=all', '--', ...paths);
  return changed === '' ? git('ls-tree', '-r', 'HEAD', '--', ...paths) : undefined;
}

/** The file that stands for one command having passed on these contents. */
function markOf({ name, paths, command }) {
  const contents = contentsOf(paths);
  if (contents === undefined) return undefined;
  const hash = createHash('sha256').update(JSON.stringify([contents, command, process.version]));
  return join(marks, `${name}-${hash.digest('hex')}`);
}

function removeOldMarks() {
  const before = Date.now() - MARK_DAYS_MAX * DAY_MS;
  for (const file of existsSync(marks) ? readdirSync(marks).map((name) => join(marks, name)) : [])
    if (statSync(file).mtimeMs < before) rmSync(file);
}

function runCommand([program, ...args]) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (error) say(`${program}: ${error.message}`);
  return status ?? 1;
}

function main(given) {
  const wanted = readArguments(given);
  removeOldMarks();
  const mark = markOf(wanted);
  if (!wanted.forced && mark !== undefined && existsSync(mark)) {
    say(
      `${wanted.name} has passed for these contents; --force or TOUCHSTONE_RUN_ALL=1 runs it all the same.`,
    );
    return 0;
  }
  const status = runCommand(wanted.command);
  // What was changed meanwhile may not be what passed.
  if (status === 0 && mark !== undefined && mark === markOf(wanted)) {
    mkdirSync(marks, { recursive: true });
    writeFileSync(mark, '');
  }
  return status;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(error.message);
  process.exitCode = USAGE_EXIT_CODE;
}
