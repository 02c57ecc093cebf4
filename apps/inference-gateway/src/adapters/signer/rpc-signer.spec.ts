import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SIGN_OUTPUTS_MAX, type OutputPayload } from '@touchstone/contracts';
import type { MeshLogger } from '@touchstone/nats';
import {
  currentTraceId,
  startTracing,
  withSpan,
  type Tracing,
  type TracingOptions,
} from '@touchstone/platform/observability';
import { SignerDouble } from '@touchstone/testing';
import { RpcSigner } from './rpc-signer.js';

const payload = (place: number): OutputPayload => ({
  modelVersionId: '01'.repeat(32),
  inputHash: '02'.repeat(32),
  outputHash: '03'.repeat(32),
  nonce: place.toString(16).padStart(64, '0'),
  timestamp: Math.floor(Date.now() / 1_000),
});

/** The adapter in front of a signer; `watch` is called with each answer, before it leaves. */
function signerOver(watch: () => void = () => undefined) {
  const requests: number[] = [];
  const double = new SignerDouble();
  double.forge('sign-outputs', (answer, { payloads }) => {
    requests.push(payloads.length);
    watch();
    return answer;
  });
  const lines: Record<string, unknown>[] = [];
  const logger: MeshLogger = {
    isLevelEnabled: () => true,
    debug: (fields) => void lines.push(fields),
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  return { signer: new RpcSigner(double.client('inference-gateway'), logger), double, requests, lines };
}

describe('RpcSigner', () => {
  it('has outputs that come together signed by one request and gives each its own proof', async () => {
    const { signer, double, requests } = signerOver();
    const wanted = Array.from({ length: 20 }, (_, place) => payload(place));
    const proofs = await Promise.all(wanted.map((one) => signer.signOutput(one)));
    expect(proofs.map(({ nonce }) => nonce)).toEqual(wanted.map(({ nonce }) => nonce));
    expect(proofs.every((proof) => double.verifies(proof))).toBe(true);
    expect(requests).toEqual([20]);
  });

  it('asks for no more outputs at once than the signer takes', async () => {
    const { signer, requests } = signerOver();
    const wanted = Array.from({ length: SIGN_OUTPUTS_MAX + 1 }, (_, place) => payload(place));
    await Promise.all(wanted.map((one) => signer.signOutput(one)));
    expect(requests).toEqual([SIGN_OUTPUTS_MAX, 1]);
  });

  it.each<[string, (double: SignerDouble) => void]>([
    [
      'too few proofs',
      (double) => double.forge('sign-outputs', ({ proofs }) => ({ proofs: proofs.slice(1) })),
    ],
    ['nothing in time', (double) => double.fail('away')],
    ['nothing that can be read', (double) => double.fail('broken')],
    ['a refusal', (double) => double.fail('refusing')],
  ])('says that the signer cannot be used when it gives %s', async (_what, spoil) => {
    const { signer, double } = signerOver();
    spoil(double);
    const both = await Promise.allSettled([signer.signOutput(payload(1)), signer.signOutput(payload(2))]);
    for (const one of both)
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'dependency-unavailable' } });
  });
});

type SpanProcessor = NonNullable<TracingOptions['spanProcessors']>[number];
type FinishedSpan = Parameters<SpanProcessor['onEnd']>[0];

describe('the trace of a signature', () => {
  const spans: FinishedSpan[] = [];
  const keep: SpanProcessor = {
    onStart: () => undefined,
    onEnd: (span) => void spans.push(span),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  let tracing: Tracing;
  beforeAll(() => {
    tracing = startTracing({ version: '1.0.0', spanProcessors: [keep] });
  });
  afterAll(() => tracing.shutdown());

  const named = (name: string): FinishedSpan[] => spans.filter((span) => span.name === name);

  it('is that of the request when nobody else asks', async () => {
    spans.length = 0;
    let inRequest: string | undefined;
    let atSigner: string | undefined;
    const { signer } = signerOver(() => {
      atSigner = currentTraceId();
    });
    await withSpan('request', {}, async () => {
      inRequest = currentTraceId();
      await signer.signOutput(payload(1));
    });
    expect(inRequest).toMatch(/^[0-9a-f]{32}$/);
    expect(atSigner).toBe(inRequest);
  });

  it('is its own for several requests, and links to the span of each', async () => {
    spans.length = 0;
    const { signer, lines } = signerOver();
    await Promise.all(
      [1, 2, 3].map((place) => withSpan('request', {}, () => signer.signOutput(payload(place)))),
    );
    const [together] = named('sign outputs');
    const each = named('sign output').map((span) => span.spanContext());
    expect(new Set(each.map(({ traceId }) => traceId)).size).toBe(3);
    expect(each.map(({ traceId }) => traceId)).not.toContain(together?.spanContext().traceId);
    const linked = together?.links.map(({ context }) => context.spanId);
    expect(new Set(linked)).toEqual(new Set(each.map(({ spanId }) => spanId)));
    const logged = lines[0]?.['traceIds'] as string[];
    expect(new Set(logged)).toEqual(new Set(each.map(({ traceId }) => traceId)));
  });
});
