import { encodeTensor, readTrustFile, verifyEvidence } from '@touchstone/evidence';
import { z } from 'zod';
import { eventually } from '../pause.js';
import type { Answer, Inference } from '../record.js';
import type { FaultyStack } from '../stack/faulty-stack.js';
import type { Finding } from './finding.js';

const REQUEST_TIMEOUT_MS = 10_000;
const POLL_MS = 200;
const FETCHES_MAX = 4;

const tensor = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.number()),
  data: z.string(),
});
const anchorsSchema = z.object({ anchors: z.array(z.object({ network: z.string() })) });
const bundleSchema = z.object({
  subject: z.object({ proof: z.object({ verificationId: z.string().optional() }), outputs: z.array(tensor) }),
});

type Acknowledged = Inference & { readonly answer: Answer };

/** Fetches the bundle of every acknowledged inference with an anchor on every network; one that does not come in time is left out. */
export async function fetchBundles(
  stack: FaultyStack,
  acknowledged: readonly Acknowledged[],
  timeoutMs: number,
): Promise<{ bundles: ReadonlyMap<Acknowledged, string>; failures: readonly string[] }> {
  const deadline = performance.now() + timeoutMs;
  const bundles = new Map<Acknowledged, string>();
  const failures: string[] = [];
  const waiting = [...acknowledged];
  const worker = async (): Promise<void> => {
    for (let inference = waiting.shift(); inference !== undefined; inference = waiting.shift()) {
      const url = `${stack.urlOf('proof-service')}/v1/evidence/${inference.answer.verificationId}?require=anchored`;
      const leftMs = Math.max(0, deadline - performance.now());
      const ask = async (): Promise<string | undefined> => {
        const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
        const text = await response.text();
        const networks = response.status === 200 ? networksOf(text) : [];
        if (response.status === 200 && stack.anchorNetworks.every((network) => networks.includes(network)))
          return text;
        if (response.status === 200) throw new Error(`anchored on ${networks.join(', ')} alone`);
        throw new Error(`${response.status} ${text.slice(0, 300)}`);
      };
      try {
        bundles.set(inference, await eventually('anchored evidence', leftMs, ask, POLL_MS));
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: FETCHES_MAX }, worker));
  return { bundles, failures };
}

/** Verifies the bundles against a trust file with nothing running, and compares them with what was acknowledged. */
export function auditEvidence(
  bundles: ReadonlyMap<Acknowledged, string>,
  acknowledged: readonly Acknowledged[],
  trustText: string,
  anchorNetworks: readonly string[],
): Finding[] {
  const trust = readTrustFile(trustText);
  const lost = (inference: Inference, what: string): Finding[] => [{ kind: 'lost', inference, what }];
  return acknowledged.flatMap((inference) => {
    const text = bundles.get(inference);
    if (text === undefined) return lost(inference, 'no anchored evidence');
    const report = verifyEvidence(text, { trust, nowMs: Date.now() });
    const failed = report.steps.filter(({ status }) => status === 'fail');
    if (report.result !== 'VALID' || report.label !== 'L2-test' || failed.length > 0) {
      const steps = report.steps
        .filter(({ status }) => status === 'fail' || status === 'not-checked')
        .map(
          ({ name, detail, expected, actual }) => `${name} (${detail}; expected ${expected}, got ${actual})`,
        );
      return lost(inference, `evidence is ${report.result} ${report.label}: ${steps.join(', ')}`);
    }
    // Of each network one that holds by itself, though one of any would give the label.
    const networks = networksOf(text);
    const judged = report.steps.filter(({ name }) => name === 'anchor');
    const anchored = networks.filter((_network, place) => judged[place]?.status === 'pass');
    const missing = anchorNetworks.filter((network) => !anchored.includes(network));
    if (missing.length > 0) return lost(inference, `no anchor that holds on ${missing.join(', ')}`);
    if (new Set(networks).size !== networks.length)
      return [{ kind: 'doubled', inference, what: `anchors on ${networks.join(', ')}` }];
    const { subject } = report;
    if (subject?.kind !== 'output' || subject.modelVersionId !== inference.answer.modelVersionId)
      return lost(inference, 'the evidence names another model version');
    return sameOutputs(text, inference.answer) ? [] : lost(inference, 'the evidence has other outputs');
  });
}

const networksOf = (bundle: string): string[] =>
  anchorsSchema.parse(JSON.parse(bundle)).anchors.map(({ network }) => network);

function sameOutputs(bundle: string, answer: Answer): boolean {
  const { outputs } = bundleSchema.parse(JSON.parse(bundle)).subject;
  return (
    outputs.length === answer.outputs.length &&
    answer.outputs.every((output) => {
      const encoded = encodeTensor(output);
      const proven = outputs.find(({ name }) => name === output.name);
      return encoded.ok && proven !== undefined && encoded.value.data === proven.data;
    })
  );
}
