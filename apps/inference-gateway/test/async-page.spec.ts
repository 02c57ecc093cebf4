import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const page = readFileSync(`${root}docs/async.md`, 'utf8');
const block = (name: string): string =>
  new RegExp(`^\`\`\`${name}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? '';

describe('the receiver of docs/async.md', () => {
  let fixture: GatewayFixture;
  let gateway: Gateway;
  beforeAll(async () => {
    fixture = await GatewayFixture.create();
    gateway = await fixture.start({
      TOUCHSTONE_WEBHOOK_SECRET: 'x'.repeat(32),
      TOUCHSTONE_WEBHOOK_ALLOW_INSECURE: 'true',
    });
  }, 60_000);
  afterAll(() => fixture.close());

  it('verifies a webhook and prints what the page says', async () => {
    const env = { PATH: process.env['PATH'], GATEWAY: gateway.url };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', block('js receiver')],
      { cwd: root, env, timeout: 25_000 },
    );
    expect(stdout).toBe(block('output'));
    expect(stdout).not.toBe('');
  }, 30_000);
});
