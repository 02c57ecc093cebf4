import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bin } from './support/touchstone.js';
import { removeState } from './support/remove-state.js';

const START_TIMEOUT_MS = 120_000;
const END_TIMEOUT_MS = 60_000;
/** Less than the rest of a start takes. */
const INTERRUPT_TIMEOUT_MS = 3_000;

describe('a command that holds the stack', () => {
  let stateDir: string;
  let child: ChildProcess;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'touchstone-up-'));
  });
  afterEach(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    removeState(stateDir);
  }, END_TIMEOUT_MS);

  it.each(['up', 'demo'])(
    'ends %s with a word and 130 when it is interrupted while it starts',
    async (command) => {
      child = spawn(process.execPath, [bin, command, '--state', stateDir], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let errors = '';
      const started = new Promise<void>((resolve) =>
        child.stderr?.on('data', (chunk: Buffer) => {
          errors += chunk.toString();
          if (errors.includes('anvil')) resolve();
        }),
      );
      await started;
      const ended = once(child, 'exit', { signal: AbortSignal.timeout(INTERRUPT_TIMEOUT_MS) });
      child.kill('SIGINT');
      expect(await ended).toEqual([130, null]);
      expect(errors).toContain('touchstone: Interrupted.\n');
      expect(existsSync(join(stateDir, 'stack.json'))).toBe(false);
    },
    START_TIMEOUT_MS,
  );

  it(
    'stops everything and fails when a server under the services ends',
    async () => {
      child = spawn(process.execPath, [bin, 'up', '--state', stateDir], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let errors = '';
      child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      for await (const chunk of child.stdout ?? []) if (String(chunk).includes('Ready.')) break;
      const { pid } = JSON.parse(readFileSync(join(stateDir, 'run', 'nats.json'), 'utf8')) as { pid: number };
      const ended = once(child, 'exit', { signal: AbortSignal.timeout(END_TIMEOUT_MS) });
      process.kill(pid, 'SIGKILL');
      expect((await ended)[0]).toBe(4);
      expect(errors).toContain('touchstone: nats ended (code 128), and nothing works without it.');
    },
    START_TIMEOUT_MS + END_TIMEOUT_MS,
  );
});
