// The values that the chart is checked with, and those that it has to refuse.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const SUFFIX = '-values.yaml';

/** Every `ci/<name>-values.yaml` of the chart. */
export function variants(chart) {
  const names = readdirSync(join(chart, 'ci')).filter((name) => name.endsWith(SUFFIX));
  return names.map((file) => ({ name: file.slice(0, -SUFFIX.length), file: join(chart, 'ci', file) }));
}

/** What has to be refused on top of a variant, and what has to be said. */
export const refusals = [
  { on: 'minimal', set: ['signer.replicas=2'], says: 'signer' },
  { on: 'minimal', set: ['services.signer.privileged=true'], says: 'privileged' },
  { on: 'minimal', set: ['services.signer.config.TOUCHSTONE_LOG_LEVLE=info'], says: 'TOUCHSTONE_LOG_LEVLE' },
  { on: 'minimal', set: ['services.signer.config.MODEL_SIGNING_KEY_HEX=00'], says: 'MODEL_SIGNING_KEY_HEX' },
  {
    on: 'minimal',
    set: ['services.signer.config.TOUCHSTONE_BIND_HOST=0.0.0.0'],
    says: 'TOUCHSTONE_BIND_HOST',
  },
  { on: 'minimal', set: ['services.signer.secretKeys={NATS_URL}'], says: 'secretKeys' },
  { on: 'minimal', set: ['services.oracle.enabled=true'], says: 'oracle' },
  { on: 'minimal', set: ['nodeId=gpu-1.example.com'], says: 'nodeId' },
  { on: 'minimal', set: ['podSecurity.runAsUser=0'], says: 'runAsUser' },
  { on: 'minimal', set: ['image.digests.signer=latest'], says: 'signer' },
  { on: 'minimal', set: ['services.signer.replicas=0'], says: 'replicas' },
  {
    on: 'minimal',
    set: ['nats.enabled=true'],
    says: 'nats.enabled starts a NATS server of this release and nats.url names another',
  },
  { on: 'minimal', set: ['nats.url='], says: 'Set nats.url to your NATS servers' },
  { on: 'trial', set: ['recommendations.enabled=true'], says: 'for trials' },
  {
    on: 'minimal',
    set: ['services.signer.enabled=false'],
    says: 'The gateway answers nothing without signer',
  },
  { on: 'minimal', set: ['services.payment-verifier.enabled=false'], says: 'payment-verifier is off' },
  { on: 'minimal', set: ['services.inference-gateway.config.TOUCHSTONE_PAY_TO='], says: 'TOUCHSTONE_PAY_TO' },
  {
    on: 'minimal',
    set: ['services.anchor-worker.autoscaling.enabled=true', 'services.anchor-worker.keda.enabled=true'],
    says: 'both set the replicas',
  },
  {
    on: 'minimal',
    set: ['services.signer.autoscaling.enabled=true', 'services.signer.replicas=2'],
    says: 'contradict each other',
  },
  {
    on: 'minimal',
    set: ['services.signer.autoscaling.enabled=true', 'services.signer.autoscaling.minReplicas=9'],
    says: 'minReplicas is above maxReplicas',
  },
  { on: 'minimal', set: ['services.anchor-worker.keda.enabled=true'], says: 'set nats.monitoring' },
  {
    on: 'minimal',
    set: ['services.attestation-hub.keda.enabled=true', 'nats.monitoring=nats:8222'],
    says: 'keda has nothing to scale it by',
  },
  {
    on: 'minimal',
    set: ['prover.enabled=true', 'services.inference-gateway.config.TOUCHSTONE_PROVER_PATH=/opt/prover'],
    says: 'TOUCHSTONE_PROVER_PATH names another one',
  },
  { on: 'minimal', set: ['ingress.enabled=true'], says: 'ingress.hosts' },
  { on: 'minimal', set: ['ingress.hosts.oracle=example.com'], says: 'oracle' },
  { on: 'payments-off', set: ['ingress.hosts.payment-verifier=pay.example.com'], says: 'which is off' },
  { on: 'minimal', set: ['gatewayApi.enabled=true'], says: 'gatewayApi.parentRefs' },
  {
    on: 'production',
    set: ['ingress.hosts.attestation-hub=hub.example.com'],
    says: 'its network policy lets nobody in',
  },
];
