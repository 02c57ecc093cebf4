import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runProvision } from '../src/index.js';
import { MeshHarness } from './mesh-harness.js';

describe('nats-provision', () => {
  let harness: MeshHarness;
  let env: Record<string, string>;

  beforeEach(() => {
    harness = new MeshHarness();
    const { user, password } = harness.nats.login('provisioner');
    env = {
      NATS_URL: harness.nats.url,
      NATS_USER: user,
      NATS_PASSWORD: password,
      TOUCHSTONE_NATS_STREAM_MAX_BYTES: '8388608',
    };
  });
  afterEach(() => harness.close());

  it('provisions what the environment says and is at rest the second time', async () => {
    expect((await runProvision(env, harness.logger)).created).toContain('ANCHOR');
    expect(await runProvision(env, harness.logger)).toMatchObject({ created: [], updated: [] });
  });

  it('reads the password from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nats-provision-'));
    const file = join(folder, 'password');
    writeFileSync(file, `${env['NATS_PASSWORD']}\n`, { mode: 0o600 });
    delete env['NATS_PASSWORD'];
    const report = await runProvision({ ...env, NATS_PASSWORD_FILE: file }, harness.logger);
    rmSync(folder, { recursive: true });
    expect(report.created).toContain('DLQ');
  });

  it.each([
    ['NATS_URL', ''],
    ['NATS_PASSWORD', ''],
    ['TOUCHSTONE_NATS_REPLICAS', '0'],
    ['TOUCHSTONE_NATS_REPLICAS', '6'],
    ['TOUCHSTONE_NATS_STREAM_MAX_AGE_DAYS', '366'],
    ['TOUCHSTONE_NATS_STREAM_MAX_BYTES', '8388607'],
    ['TOUCHSTONE_NATS_REPLICA', '1'],
  ])('refuses %s="%s"', async (name, value) => {
    await expect(runProvision({ ...env, [name]: value }, harness.logger)).rejects.toMatchObject({
      code: 'config-invalid',
      details: [{ pointer: `/${name}` }],
    });
  });

  it('refuses a wrong password', async () => {
    const wrong = runProvision({ ...env, NATS_PASSWORD: 'wrong' }, harness.logger);
    await expect(wrong).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
