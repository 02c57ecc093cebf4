import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ControllerClass } from '@touchstone/platform/http';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { METHODS } from 'node:http';
import * as anchorLog from '../../anchor-worker/src/transport/http/log.controller.js';
import * as modelAnchors from '../../anchor-worker/src/transport/http/model-anchors.controller.js';
import * as audit from '../../attestation-hub/src/transport/http/audit.controller.js';
import * as decisions from '../../attestation-hub/src/transport/http/decisions.controller.js';
import * as heartbeats from '../../attestation-hub/src/transport/http/heartbeats.controller.js';
import * as keys from '../../attestation-hub/src/transport/http/keys.controller.js';
import * as hubMetrics from '../../attestation-hub/src/transport/http/metrics.controller.js';
import * as nodes from '../../attestation-hub/src/transport/http/nodes.controller.js';
import * as operatorKeys from '../../attestation-hub/src/transport/http/operator-keys.controller.js';
import * as operatorNodes from '../../attestation-hub/src/transport/http/operator-nodes.controller.js';
import * as rollouts from '../../attestation-hub/src/transport/http/rollouts.controller.js';
import * as infer from '../../inference-gateway/src/transport/http/infer.controller.js';
import * as models from '../../inference-gateway/src/transport/http/models.controller.js';
import * as operatorModels from '../../inference-gateway/src/transport/http/operator-models.controller.js';
import * as verifications from '../../inference-gateway/src/transport/http/verifications.controller.js';
import * as facilitator from '../../payment-verifier/src/transport/http/facilitator.controller.js';
import * as evidence from '../../proof-service/src/transport/http/evidence.controller.js';
import * as proofLog from '../../proof-service/src/transport/http/log.controller.js';
import * as proofs from '../../proof-service/src/transport/http/proofs.controller.js';
import * as signer from '../../signer/src/transport/http/signer.controller.js';
import { compareRouting, type RoutedPair } from './routing/agreement.js';
import { expressApp, gatedApp } from './routing/routed-app.js';
import { targetsOf } from './routing/targets.js';

const services: Readonly<Record<string, readonly object[]>> = {
  'anchor-worker': [anchorLog, modelAnchors],
  'attestation-hub': [
    ...[audit, decisions, heartbeats, keys, hubMetrics],
    ...[nodes, operatorKeys, operatorNodes, rollouts],
  ],
  'inference-gateway': [infer, models, operatorModels, verifications],
  'payment-verifier': [facilitator],
  'proof-service': [evidence, proofLog, proofs],
  signer: [signer],
};

/** Those that some route has, those that every path has, and one that no path has. */
const methods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PROPFIND', 'PUT'];
/** CONNECT has no path, and the server answers it before any router. */
const allMethods = METHODS.filter((method) => method !== 'CONNECT');

/**
 * What Express alone would give to a handler with a parameter: a path that names more answers 405 instead, since `/nodes/heartbeat` is
 * no node with that name.
 */
const shadows: Readonly<Record<string, readonly string[]>> = {
  'attestation-hub': [
    'GET /v1/nodes/heartbeat NodesController.show /v1/nodes/:id',
    'DELETE /v1/nodes/heartbeat OperatorNodesController.remove /v1/nodes/:id',
    'GET /v1/nodes/join NodesController.show /v1/nodes/:id',
    'DELETE /v1/nodes/join OperatorNodesController.remove /v1/nodes/:id',
  ],
  'proof-service': ['GET /v1/proof/verify ProofsController.batch /v1/proof/:batchId'],
};

function controllersOf(modules: readonly object[]): ControllerClass[] {
  return modules
    .flatMap((module) => Object.values(module) as unknown[])
    .filter(
      (value): value is ControllerClass => typeof value === 'function' && /Controller$/.test(value.name),
    );
}

function documentOf(service: string): { paths: Record<string, Record<string, unknown>> } {
  const url = new URL(`../../../docs/reference/openapi/${service}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as never;
}

describe.each(Object.entries(services))('the gate and Express in %s', (service, modules) => {
  const { paths } = documentOf(service);
  const templates = Object.keys(paths);
  const literals = [...new Set(templates.flatMap((path) => path.split('/')))].filter((part) =>
    /^[a-z]/.test(part),
  );
  let pair: RoutedPair;
  beforeAll(async () => {
    const controllers = controllersOf(modules);
    // In the other order, since an answer must not depend on it.
    pair = { gated: await gatedApp(controllers), express: await expressApp([...controllers].reverse()) };
  });
  afterAll(async () => {
    await pair.gated.close();
    await pair.express.close();
  });

  it.each(templates)('have a handler for exactly the documented methods of %s', async (template) => {
    const plain = template.replaceAll(/\{[^}]+\}/g, 'a');
    const { disagreements, reached } = await compareRouting(pair, allMethods, plain);
    expect(disagreements).toEqual([]);
    const pattern = template.replaceAll(/\{([^}]+)\}/g, ':$1');
    const documented = Object.keys(paths[template] ?? {}).map((method) => method.toUpperCase());
    const expected = documented.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).sort();
    expect(reached.map((entry) => entry.split(' ')[0]).sort()).toEqual(expected);
    expect(new Set(reached.map((entry) => entry.split(' ')[2]))).toEqual(new Set([pattern]));
  });

  it.each(templates)('agree on every way to write %s', async (template) => {
    const targets = targetsOf(template, templates);
    const found = [];
    for (const { how, target } of targets) {
      const { disagreements, shadowed } = await compareRouting(pair, methods, target);
      found.push(...disagreements.map((text) => `${how}: ${text}`));
      const known = shadows[service] ?? [];
      found.push(
        ...shadowed
          .map((each) => `${each.method.replace('HEAD', 'GET')} ${pathOf(each.target)} ${each.handler}`)
          .filter((text) => !known.includes(text)),
      );
    }
    expect(found).toEqual([]);
  });

  it('agree on paths that are made of their words and of anything', async () => {
    const segment = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...literals) },
      { weight: 1, arbitrary: fc.string({ unit: visible, maxLength: 6 }) },
    );
    const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
    await fc.assert(
      fc.asyncProperty(path, fc.constantFrom('', '/', '?a=1', '#a'), async (start, tail) => {
        const { disagreements } = await compareRouting(pair, methods, start + tail);
        expect(disagreements).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

/** What Node's client sends in a target. */
const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));

function pathOf(target: string): string {
  return target
    .replace(/^https?:\/\/[^/]*/i, '')
    .replace(/[?].*/, '')
    .replace(/\/$/, '')
    .toLowerCase();
}
