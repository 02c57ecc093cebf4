import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { available } from '@touchstone/testing';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { HubFixture } from './support/hub-fixture.js';

const NATS_GO_VERSION = 'v1.39.1';
const RUN_TIMEOUT_MS = 180_000;

const run = promisify(execFile);
const page = readFileSync(new URL('../../../docs/nats-clients.md', import.meta.url), 'utf8');
const block = (name: string): string =>
  new RegExp(`^\`\`\`${name}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? '';
const answers = (command: string, argument: string) => spawnSync(command, [argument]).status === 0;

const python = available(
  answers('python3', '--version'),
  'docs/nats-clients.md is run with python3: install it.',
);
const go = available(answers('go', 'version'), 'docs/nats-clients.md is run with Go: install it.');

describe('docs/nats-clients.md', () => {
  let fixture: HubFixture;
  let folder: string;
  let environment: NodeJS.ProcessEnv;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-nats-clients-'));
    fixture = await HubFixture.create();
    await fixture.start();
    const { user, password } = fixture.nats.login('proof-service');
    environment = { ...process.env, NATS_URL: fixture.nats.url, NATS_USER: user, NATS_PASSWORD: password };
  }, 60_000);
  afterAll(async () => {
    await fixture.close();
    rmSync(folder, { recursive: true, force: true });
  });

  (python ? it : it.skip)('has a client in Python that prints what the page says', async () => {
    const { stdout } = await run('python3', ['-c', block('python client')], { env: environment });
    expect(stdout).toBe(block('output python'));
    expect(stdout).not.toBe('');
  });

  (go ? it : it.skip)(
    'has a client in Go that prints what the page says',
    async () => {
      const options = { cwd: folder, env: environment, timeout: RUN_TIMEOUT_MS };
      writeFileSync(join(folder, 'main.go'), block('go client'));
      await run('go', ['mod', 'init', 'client'], options);
      await run('go', ['get', `github.com/nats-io/nats.go@${NATS_GO_VERSION}`], options);
      const { stdout } = await run('go', ['run', '.'], options);
      expect(stdout).toBe(block('output go'));
      expect(stdout).not.toBe('');
    },
    RUN_TIMEOUT_MS,
  );
});
