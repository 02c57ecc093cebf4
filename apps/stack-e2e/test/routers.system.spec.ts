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
import * as aiService from '../../inference-gateway/src/transport/http/ai-service.controller.js';
import * as developers from '../../inference-gateway/src/transport/http/developers.controller.js';
import * as infer from '../../inference-gateway/src/transport/http/infer.controller.js';
import * as jobs from '../../inference-gateway/src/transport/http/jobs.controller.js';
import * as modelStatus from '../../inference-gateway/src/transport/http/model-status.controller.js';
import * as models from '../../inference-gateway/src/transport/http/models.controller.js';
import * as operatorModels from '../../inference-gateway/src/transport/http/operator-models.controller.js';
import * as executionProofs from '../../inference-gateway/src/transport/http/proofs.controller.js';
import * as seedHealth from '../../inference-gateway/src/transport/http/seed/seed-health.controller.js';
import * as seedInfer from '../../inference-gateway/src/transport/http/seed/seed-infer.controller.js';
import * as seedJobs from '../../inference-gateway/src/transport/http/seed/seed-jobs.controller.js';
import * as seedModels from '../../inference-gateway/src/transport/http/seed/seed-models.controller.js';
import * as seedVerifications from '../../inference-gateway/src/transport/http/seed/seed-verifications.controller.js';
import * as setUpFiles from '../../inference-gateway/src/transport/http/set-up-files.controller.js';
import * as setUps from '../../inference-gateway/src/transport/http/set-ups.controller.js';
import * as submissions from '../../inference-gateway/src/transport/http/submissions.controller.js';
import * as verifications from '../../inference-gateway/src/transport/http/verifications.controller.js';
import * as facilitator from '../../payment-verifier/src/transport/http/facilitator.controller.js';
import * as evidence from '../../proof-service/src/transport/http/evidence.controller.js';
import * as proofLog from '../../proof-service/src/transport/http/log.controller.js';
import * as objects from '../../proof-service/src/transport/http/objects.controller.js';
import * as proofs from '../../proof-service/src/transport/http/proofs.controller.js';
import * as signer from '../../signer/src/transport/http/signer.controller.js';
import { expectedAnswer, type DocumentedPaths } from './routing/expected-answer.js';
import { routedApp, type RoutedApp } from './routing/routed-app.js';
import { targetsOf } from './routing/targets.js';

const services: Readonly<Record<string, readonly object[]>> = {
  'anchor-worker': [anchorLog, modelAnchors],
  'attestation-hub': [
    ...[audit, decisions, heartbeats, keys, hubMetrics],
    ...[nodes, operatorKeys, operatorNodes, rollouts],
  ],
  'inference-gateway': [
    ...[aiService, infer, jobs, models, operatorModels, executionProofs],
    ...[setUpFiles, setUps, verifications, developers, modelStatus, submissions],
    ...[seedHealth, seedInfer, seedJobs, seedModels, seedVerifications],
  ],
  'payment-verifier': [facilitator],
  'proof-service': [evidence, proofLog, objects, proofs],
  signer: [signer],
};

/** Those that some route has, those that every path has, and one that no path has. */
const methods = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PROPFIND', 'PUT'];
/** CONNECT has no path, and the server answers it before any router. */
const allMethods = METHODS.filter((method) => method !== 'CONNECT');

function controllersOf(modules: readonly object[]): ControllerClass[] {
  return modules
    .flatMap((module) => Object.values(module) as unknown[])
    .filter(
      (value): value is ControllerClass => typeof value === 'function' && /Controller$/.test(value.name),
    );
}

function documentOf(service: string): { paths: DocumentedPaths } {
  const url = new URL(`../../../docs/reference/openapi/${service}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as never;
}

describe.each(Object.entries(services))('the router of %s', (service, modules) => {
  const { paths } = documentOf(service);
  const templates = Object.keys(paths);
  const literals = [...new Set(templates.flatMap((path) => path.split('/')))].filter((part) =>
    /^[.a-z]/.test(part),
  );
  let apps: readonly RoutedApp[];
  beforeAll(async () => {
    const controllers = controllersOf(modules);
    // Also in the other order, since an answer must not depend on it.
    apps = [await routedApp(controllers), await routedApp([...controllers].reverse())];
  });
  afterAll(() => Promise.all(apps.map((app) => app.close())));

  /** What was answered otherwise than the document has it. */
  async function wrongAnswers(asked: readonly string[], target: string): Promise<string[]> {
    const answers = await Promise.all(
      apps.flatMap((app) =>
        asked.map(async (method) => {
          const [answer, expected] = [await app.route(method, target), expectedAnswer(paths, method, target)];
          return answer === expected
            ? []
            : [`${method} ${target.slice(0, 200)}: ${answer}, expected ${expected}`];
        }),
      ),
    );
    return answers.flat();
  }

  it.each(templates)('has a handler for exactly the documented methods of %s', async (template) => {
    const plain = template.replaceAll(/\{[^}]+\}/g, 'a');
    expect(await wrongAnswers(allMethods, plain)).toEqual([]);
    const reached = [];
    for (const method of allMethods)
      if ((await apps[0]?.route(method, plain))?.startsWith('200 ') === true) reached.push(method);
    const documented = Object.keys(paths[template] ?? {}).map((method) => method.toUpperCase());
    expect(reached.filter((method) => method !== 'HEAD').sort()).toEqual(documented.sort());
  });

  it.each(templates)('answers every way to write %s as the document has it', async (template) => {
    const found = [];
    for (const { how, target } of targetsOf(template, templates)) {
      const wrong = await wrongAnswers(methods, target);
      found.push(...wrong.map((text) => `${how}: ${text}`));
    }
    expect(found).toEqual([]);
  });

  it('answers paths that are made of their words and of anything as the document has it', async () => {
    const segment = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...literals) },
      { weight: 1, arbitrary: fc.string({ unit: visible, maxLength: 6 }) },
    );
    const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`);
    await fc.assert(
      fc.asyncProperty(path, fc.constantFrom('', '/', '?a=1', '#a'), async (start, tail) => {
        expect(await wrongAnswers(methods, start + tail)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

/** What Node's client sends in a target. */
const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
