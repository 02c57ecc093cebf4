import { describe, expect, it } from '@jest/globals';
import { Registry } from '@touchstone/platform/observability';
import type { ModelRunner } from './domain/inference/model-runner.js';
import type { Signer } from './domain/inference/signer.js';
import type { VerificationStore } from './domain/inference/verification.js';
import type { PaymentPort } from './domain/payment/payment.js';
import { measuredPayments, measuredRunner, measuredSigner, measuredStore } from './measured-ports.js';
import { answerStages, GatewayMetrics } from './metrics.js';

/** A port that answers each call with its name and its arguments, or fails. */
const port = <T extends object>(failing = false): T =>
  new Proxy({} as T, {
    get:
      (_target, name) =>
      async (...args: unknown[]) => {
        if (failing) throw new Error(String(name));
        return [name, ...args];
      },
  });

async function countsOf(registry: Registry): Promise<Record<string, number>> {
  const text = await registry.metrics();
  const counts = text.matchAll(/^touchstone_gateway_stage_seconds_count\{stage="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...counts].map(([, stage, count]) => [stage, Number(count)]));
}

type AnyPort = Record<string, (...args: unknown[]) => Promise<unknown>>;

const cases: [
  string,
  (metrics: GatewayMetrics, failing: boolean) => object,
  Record<string, string | null>,
][] = [
  ['runner', (metrics, failing) => measuredRunner(port<ModelRunner>(failing), metrics), { run: 'run' }],
  [
    'signer',
    (metrics, failing) => measuredSigner(port<Signer>(failing), metrics),
    { signOutput: 'sign', keys: null },
  ],
  [
    'store',
    (metrics, failing) => measuredStore(port<VerificationStore>(failing), metrics),
    {
      record: 'record',
      storeExecuted: 'record',
      settle: 'record',
      findByPayment: null,
      findByReservation: null,
      failPayment: null,
      claimUnsettled: null,
      find: null,
    },
  ],
  [
    'payments',
    (metrics, failing) => measuredPayments(port<PaymentPort>(failing), metrics),
    { authorize: 'reserve', authorizeTransfer: 'reserve', settle: 'settle', renew: null, release: null },
  ],
];

describe.each(cases)('the measured %s', (_name, measured, stages) => {
  it.each(Object.entries(stages))('%s is passed on and counted as %s', async (method, stage) => {
    const registry = new Registry();
    const metrics = new GatewayMetrics(registry, () => 0);
    const args = ['a', 'b', 'c'];
    const answered = (await (measured(metrics, false) as AnyPort)[method]?.(...args)) as string[];
    expect(answered).toEqual([method, ...args.slice(0, answered.length - 1)]);
    await expect((measured(metrics, true) as AnyPort)[method]?.(...args)).rejects.toThrow(method);
    expect(await countsOf(registry)).toEqual(stage === null ? {} : { [stage]: 2 });
    if (stage !== null) expect(answerStages).toContain(stage);
  });
});
