import type { StackDescription } from '../src/state/stack-file.js';

const address = `0x${'1'.repeat(40)}`;

/** A stack of one service on its default ports, for specs that start none. */
export const stackDescription: StackDescription = {
  version: 1,
  pid: process.pid,
  startedAt: '2026-01-02T03:04:05.678Z',
  urls: { signer: 'http://127.0.0.1:8081' },
  services: { signer: { http: 8081, grpc: 9081, health: 10081 } },
  postgres: { port: 54320, dataFolder: '/x' },
  nats: { url: 'nats://127.0.0.1:4222', version: '2.9.10' },
  chain: {
    chainId: 84_532,
    rpcUrl: 'http://127.0.0.1:8545',
    usdc: address,
    anchorRegistry: address,
    multicall3: address,
    anchorSubmitter: address,
    settlementSubmitter: address,
    payer: address,
    treasury: address,
  },
  tsa: {
    url: 'http://127.0.0.1:3161/',
    network: 'tsa:touchstone-development',
    roots: ['MAA='],
    policies: ['1.3.6.1.4.1.32473.3161'],
  },
  logOrigin: 'localhost/touchstone/0',
  logs: '/x/logs',
};
