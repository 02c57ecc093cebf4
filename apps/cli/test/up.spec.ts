import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const bin = fileURLToPath(new URL('../bin/touchstone.js', import.meta.url));
const START_TIMEOUT_MS = 120_000;
const END_TIMEOUT_MS = 60_000;

describe('touchstone up', () => {
  let stateDir: string;
  let child: ChildProcess;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'touchstone-up-'));
  });
  afterEach(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(stateDir, { recursive: true, force: true });
  }, END_TIMEOUT_MS);

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
