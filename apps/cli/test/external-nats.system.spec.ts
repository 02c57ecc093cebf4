import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startNats, type RunningNats, type RunningStack } from '@touchstone/embedded';
import { touchstone } from './support/touchstone.js';
import { startTestStack } from './support/test-stack.js';

const START_TIMEOUT_MS = 60_000;
const all = { publish: ['>'], subscribe: ['>'], answers: true };

describe('a stack on a NATS server of somebody else', () => {
  let folder: string;
  let nats: RunningNats;
  let stack: RunningStack;
  let natsUrl: string;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-external-nats-'));
    chmodSync(folder, 0o711);
    const users = [{ user: 'everybody', password: 'hunter2', permissions: all }];
    nats = await startNats({ storeDir: join(folder, 'nats'), accounts: [{ name: 'OTHER', users }] });
    natsUrl = nats.url.replace('nats://', 'nats://everybody:hunter2@');
    const environment = { ...process.env, NATS_URL: natsUrl };
    stack = await startTestStack(join(folder, 'state'), { services: [], environment });
  }, START_TIMEOUT_MS);
  afterEach(async () => {
    await stack?.stop();
    await nats?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, START_TIMEOUT_MS);

  it('shows its dead letters to whoever has the credentials of NATS_URL', async () => {
    const list = ['dlq', 'list', '--state', join(folder, 'state')];
    const asked = await touchstone(list, { env: { NATS_URL: natsUrl } });
    expect(asked).toMatchObject({ status: 0, stdout: 'No dead letters.\n' });
    const refused = await touchstone(list, {});
    expect(refused).toMatchObject({ status: 4, stdout: '' });
    expect(refused.stderr).toContain('the NATS server refuses the user name or password');
  });
});
