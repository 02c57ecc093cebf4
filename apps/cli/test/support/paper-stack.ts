import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  acquireLock,
  DEVELOPMENT_CHAIN_ID,
  developmentToken,
  type StackDescription,
} from '@touchstone/embedded';
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from 'viem/accounts';

/** A state folder that says where a stack is, and a payer; nothing runs but what a spec serves itself. */
export interface PaperStack {
  readonly folder: string;
  readonly description: StackDescription;
  readonly payer: PrivateKeyAccount;
  remove(): void;
}

/** Makes a stack of which a command needs no more than its description, such as one that signs and sends nothing. */
export function paperStack(urls: StackDescription['urls'] = {}): PaperStack {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-paper-'));
  const address = `0x${'1'.repeat(40)}`;
  const description: StackDescription = {
    version: 1,
    pid: process.pid,
    startedAt: '2026-01-02T03:04:05.678Z',
    urls,
    services: {},
    postgres: { port: 54_320, dataFolder: '/nowhere' },
    nats: { url: 'nats://127.0.0.1:4222', version: '2.9.10' },
    chain: {
      chainId: DEVELOPMENT_CHAIN_ID,
      rpcUrl: 'http://127.0.0.1:8545',
      usdc: developmentToken.address.toLowerCase(),
      anchorRegistry: address,
      multicall3: address,
      anchorSubmitter: address,
      settlementSubmitter: address,
      payer: address,
      treasury: address,
    },
    logOrigin: 'localhost/touchstone/0',
    logs: '/nowhere',
  };
  const key = generatePrivateKey();
  const release = acquireLock(folder);
  writeFileSync(join(folder, 'stack.json'), JSON.stringify(description));
  mkdirSync(join(folder, 'secrets'));
  writeFileSync(join(folder, 'secrets', 'payer.env'), `TOUCHSTONE_PAYER_KEY_HEX=${key.slice(2)}\n`);
  return {
    folder,
    description,
    payer: privateKeyToAccount(key),
    remove: () => {
      release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
