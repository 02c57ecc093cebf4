import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { generatePrivateKey } from 'viem/accounts';
import { GatewayFixture, type Gateway } from './support/gateway-fixture.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const page = readFileSync(`${root}docs/grpc.md`, 'utf8');
const block = (name: string): string =>
  new RegExp(`^\`\`\`${name}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? '';

describe('the client of docs/grpc.md', () => {
  let fixture: GatewayFixture;
  let gateway: Gateway;
  beforeAll(async () => {
    fixture = await GatewayFixture.create();
    gateway = await fixture.start({ TOUCHSTONE_PAYMENT_MODE: 'x402' });
  }, 60_000);
  afterAll(() => fixture.close());

  it('prints what the page says', async () => {
    const env = {
      PATH: process.env['PATH'],
      GATEWAY: `127.0.0.1:${gateway.ports.grpc}`,
      PAYER_KEY: generatePrivateKey(),
    };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', block('js client')],
      { cwd: root, env },
    );
    expect(stdout).toBe(block('output'));
    expect(stdout).not.toBe('');
  });
});
