import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rpcTable } from '@touchstone/contracts';
import type { NodeAnswer } from '@touchstone/contracts/http/attestation-hub';
import { Supervisor, type RunningStack } from '@touchstone/embedded';
import { waitUntil } from '@touchstone/testing';
import { removeState } from './support/remove-state.js';
import { secondService } from './support/second-service.js';
import { startTestStack } from './support/test-stack.js';
import { touchstone } from './support/touchstone.js';

const START_TIMEOUT_MS = 120_000;
/** A heartbeat comes every ten seconds. */
const HEARD_TIMEOUT_MS = 30_000;

let stateDir: string;
let stack: RunningStack;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'touchstone-heartbeats-'));
  stack = await startTestStack(stateDir, { nodes: ['local-1', 'gpu-2'] });
}, START_TIMEOUT_MS);

afterAll(async () => {
  await stack?.stop();
  removeState(stateDir);
}, START_TIMEOUT_MS);

async function listed(): Promise<NodeAnswer[]> {
  const { stdout } = await touchstone(['nodes', 'list', '--json', '--state', stateDir]);
  return (JSON.parse(stdout) as { nodes: NodeAnswer[] }).nodes;
}

/** Waits until the hub calls these nodes and no other well. */
async function waitForNodes(...expected: readonly string[]): Promise<NodeAnswer[]> {
  let nodes: NodeAnswer[] = [];
  await waitUntil(
    async () => {
      nodes = await listed();
      return nodes.length >= expected.length && nodes.every(({ health }) => health === 'GREEN');
    },
    HEARD_TIMEOUT_MS,
    expected.join(),
  );
  expect(nodes.map(({ nodeId }) => nodeId)).toEqual([...expected].sort());
  return nodes;
}

const services = ['signer', 'anchor-worker', 'proof-service', 'payment-verifier'];
const stackNodes = ['local-1', ...services.map((service) => `${service}:local-1`)];

describe('touchstone nodes list on a running stack', () => {
  it(
    'shows every service that reports itself, with a build of its own, well and ready',
    async () => {
      const nodes = await waitForNodes(...stackNodes);
      expect(nodes).toHaveLength(rpcTable['attestation-hub'].heartbeat.length);
      for (const { nodeId, status, reporter, lastSeen } of nodes) {
        const service = nodeId.includes(':') ? nodeId.split(':')[0] : 'inference-gateway';
        expect([nodeId, status, reporter.current]).toEqual([nodeId, 'OK', service]);
        expect(lastSeen?.buildId).toMatch(/^0\.1\.0\+[0-9a-f]{64}$/);
      }
      expect(new Set(nodes.map(({ lastSeen }) => lastSeen?.buildId)).size).toBe(nodes.length);
      expect(new Set(nodes.map(({ lastSeen }) => lastSeen?.capabilityHash)).size).toBe(nodes.length);
    },
    2 * HEARD_TIMEOUT_MS,
  );

  it(
    'tells a second gateway on a node of its own from the first',
    async () => {
      const { plan } = await secondService(stack, stateDir, 'inference-gateway', {}, 'gpu-2');
      const supervisor = new Supervisor({
        restart: false,
        announce: () => undefined,
        onExit: () => undefined,
      });
      try {
        await supervisor.start(plan);
        const nodes = await waitForNodes(...stackNodes, 'gpu-2');
        expect(nodes.filter(({ nodeId }) => !nodeId.includes(':')).map(({ status }) => status)).toEqual([
          'OK',
          'OK',
        ]);
      } finally {
        await supervisor.stop();
      }
    },
    2 * START_TIMEOUT_MS,
  );

  it(
    'and no heartbeat keeps a service from shutting down well',
    async () => {
      await stack.stop();
      for (const service of ['inference-gateway', ...services]) {
        const log = readFileSync(join(stack.description.logs, `${service}.log`), 'utf8');
        expect([service, /"clean":true/.test(log), log.includes('did not take the heartbeat')]).toEqual([
          service,
          true,
          false,
        ]);
      }
    },
    START_TIMEOUT_MS,
  );
});
