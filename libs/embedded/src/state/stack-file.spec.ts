import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { acquireLock } from './lock.js';
import { readStack, removeStackFile, writeStackFile, type StackDescription } from './stack-file.js';

const address = `0x${'1'.repeat(40)}`;
const stack: StackDescription = {
  version: 1,
  pid: process.pid,
  startedAt: '2026-01-02T03:04:05.678Z',
  urls: { signer: 'http://127.0.0.1:8081' },
  services: { signer: { http: 8081, grpc: 9081, health: 10081 } },
  postgres: { port: 54320, dataFolder: '/x' },
  nats: { url: 'nats://127.0.0.1:4222', version: '2.9.10' },
  chain: {
    chainId: 8453,
    rpcUrl: 'http://127.0.0.1:8545',
    usdc: address,
    anchorRegistry: address,
    multicall3: address,
    anchorSubmitter: address,
    settlementSubmitter: address,
    payer: address,
    treasury: address,
  },
  logOrigin: 'localhost/touchstone/0',
  logs: '/x/logs',
};

describe('stack.json', () => {
  let folder: string;
  let release: () => void;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-stack-'));
    release = acquireLock(folder);
  });
  afterEach(() => {
    release();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is read back while the stack runs', () => {
    writeStackFile(folder, stack);
    expect(readStack(folder)).toEqual(stack);
    removeStackFile(folder);
    expect(readStack(folder)).toBeUndefined();
  });

  it('is nothing once the launcher is gone, whatever file it left', () => {
    writeStackFile(folder, stack);
    release();
    expect(readStack(folder)).toBeUndefined();
  });

  it.each(['{', '{}', JSON.stringify({ ...stack, version: 2 }), JSON.stringify({ ...stack, secret: 'x' })])(
    'is refused when it is not ours: %.20s',
    (text) => {
      writeFileSync(join(folder, 'stack.json'), text);
      expect(() => readStack(folder)).toThrow(/stop the stack and start it again/);
    },
  );

  it('cannot be written with anything else in it, such as a secret', () => {
    const wrong = { ...stack, password: 'x' } as StackDescription;
    expect(() => writeStackFile(folder, wrong)).toThrow();
    expect(() => readFileSync(join(folder, 'stack.json'))).toThrow('ENOENT');
  });
});
