import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningStack } from '@touchstone/embedded';
import { available } from '@touchstone/testing';
import { removeState } from './support/remove-state.js';
import { startTestStack } from './support/test-stack.js';
import { bin } from './support/touchstone.js';

const START_TIMEOUT_MS = 120_000;
/** File with what the blocks of a page have set so far. */
const VARIABLES = '.variables';
/** Pages whose commands are run, one after the other against one stack. */
const pages = ['curl.md', 'seed-api-walkthrough.md'].map((name) => ({
  name,
  ...commandsOf(readFileSync(fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url)), 'utf8')),
}));

interface Command {
  readonly title: string;
  readonly script: string;
  readonly output: string;
}

/** The commands of the page, each with what the page says that it prints. */
function commandsOf(text: string): { setup: string; commands: Command[] } {
  const blocks = [...text.matchAll(/^```(\S+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', role = '', body = '']) => ({ language, role, body }),
  );
  const setup = blocks.find(({ role }) => role === 'setup')?.body ?? '';
  const rest = blocks.filter(({ role }) => role !== 'setup');
  const commands = rest.flatMap(({ language, body }, index) =>
    language === 'sh'
      ? [{ title: body.split('\n')[0] ?? '', script: body, output: rest[index + 1]?.body ?? '' }]
      : [],
  );
  return { setup, commands };
}

const present = available(
  spawnSync('curl', ['--version']).status === 0,
  'The pages are run with curl: install curl.',
);

describe('pages whose commands are run', () => {
  let folder: string | undefined;
  let stack: RunningStack | undefined;
  let environment: Record<string, string>;

  beforeAll(async () => {
    if (!present) return;
    folder = mkdtempSync(join(tmpdir(), 'touchstone-curl-'));
    const stateDir = join(folder, '.touchstone');
    stack = await startTestStack(stateDir);
    // `npx touchstone` finds the command in the checkout; here it is found on the path, as is the node of this run.
    const programs = join(folder, 'bin');
    mkdirSync(programs);
    writeFileSync(join(programs, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${bin}" "$@"\n`);
    chmodSync(join(programs, 'npx'), 0o755);
    symlinkSync(process.execPath, join(programs, 'node'));
    const { urls } = stack.description;
    environment = {
      PATH: `${programs}:${process.env['PATH'] ?? ''}`,
      GATEWAY: urls['inference-gateway'] ?? '',
      PROOFS: urls['proof-service'] ?? '',
    };
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await stack?.stop();
    if (!folder) return;
    removeState(join(folder, '.touchstone'));
    rmSync(folder, { recursive: true, force: true });
  }, START_TIMEOUT_MS);

  /** Runs one block as the same shell would that ran those before it. */
  const run = (block: string): Promise<{ stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const options = { cwd: folder, env: environment, timeout: 90_000 };
      const script = `[ -f ${VARIABLES} ] && . ./${VARIABLES}\nset -a\n${block}\nexport -p > ${VARIABLES}`;
      execFile('/bin/bash', ['-c', script], options, (_error, stdout, stderr) => resolve({ stdout, stderr }));
    });

  it.each(pages)(
    'docs/$name names the usual addresses and has an output for every command',
    ({ setup, commands }) => {
      expect(setup).toBe('GATEWAY=http://127.0.0.1:8080\nPROOFS=http://127.0.0.1:8084\n');
      expect(commands.length).toBeGreaterThanOrEqual(9);
      for (const { output } of commands) expect(output).not.toBe('');
    },
  );

  (present ? it : it.skip).each(pages)(
    'docs/$name prints what it says, command by command',
    async ({ commands }) => {
      rmSync(join(folder as string, VARIABLES), { force: true });
      for (const { title, script, output } of commands) {
        const { stdout, stderr } = await run(script);
        expect({ title, printed: stdout, stderr: stdout === output ? '' : stderr }).toEqual({
          title,
          printed: output,
          stderr: '',
        });
      }
    },
    180_000,
  );
});
