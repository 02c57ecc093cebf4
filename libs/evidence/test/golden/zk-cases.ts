import type { ZkProof } from '@touchstone/contracts/circuit';
import { circuitDigest, type OutputBundle } from '../../src/index.js';
import { fixture } from '../fixture.js';
import type { GoldenCase } from './golden-case.js';

/** Bundles with a proof of the execution. */
export async function zkCases(): Promise<GoldenCase[]> {
  const { bundle, trust } = await fixture({ proven: 'single-party' });
  const many = await fixture({ proven: 'multi-party' });
  const local = await fixture({ proven: 'multi-party', test: true });
  const plain = await fixture();
  const { zk } = bundle as OutputBundle & { zk: ZkProof };
  const [first = '', ...signals] = zk.publicSignals;
  const { modelVersionId } = bundle.subject.proof;
  const withZk = (change: object) => ({ ...bundle, zk: { ...zk, ...change } });
  const listing = (changed: ZkProof, of = modelVersionId) => ({
    ...trust,
    models: [...trust.models, { modelVersionId: of, vkDigest: circuitDigest(changed) }],
  });
  const forgeable = { ...zk, vk: { ...zk.vk, vk_delta_2: zk.vk.vk_gamma_2 } };
  const respelt = {
    ...zk,
    vk: { ...zk.vk, vk_alpha_1: [`0${zk.vk.vk_alpha_1[0]}`, zk.vk.vk_alpha_1[1]] as [string, string] },
  };
  const widened = {
    ...zk,
    descriptor: {
      ...zk.descriptor,
      inputs: zk.descriptor.inputs.map((input) => ({ ...input, shape: [1, 5] })),
    },
  };
  return [
    { name: 'L5', input: { bundle, trust } },
    {
      name: 'L6 of a circuit that several parties set up',
      input: { bundle: many.bundle, trust: many.trust },
    },
    { name: 'L6-test on a test network', input: { bundle: local.bundle, trust: local.trust } },
    {
      name: 'a circuit that is not listed',
      input: { bundle, trust: { ...trust, models: trust.models.slice(0, 1) } },
    },
    {
      name: 'a changed proof',
      input: { bundle: withZk({ proof: { ...zk.proof, pi_a: zk.proof.pi_c } }), trust },
    },
    {
      name: 'a signal with a leading zero',
      input: { bundle: withZk({ publicSignals: [`0${first}`, ...signals] }), trust },
    },
    { name: 'a signal less', input: { bundle: withZk({ publicSignals: signals }), trust } },
    {
      name: 'a listed key that anybody can forge for',
      input: { bundle: { ...bundle, zk: forgeable }, trust: listing(forgeable) },
    },
    {
      name: 'a listed key with a leading zero',
      input: { bundle: { ...bundle, zk: respelt }, trust: listing(respelt) },
    },
    {
      name: 'a listed descriptor of other shapes',
      input: { bundle: { ...bundle, zk: widened }, trust: listing(widened) },
    },
    {
      name: 'a proof of another model file',
      input: {
        bundle: { ...plain.bundle, zk },
        trust: {
          ...plain.trust,
          models: [
            ...plain.trust.models,
            { modelVersionId: plain.bundle.subject.proof.modelVersionId, vkDigest: circuitDigest(zk) },
          ],
        },
      },
    },
    { name: 'a proof with an unknown member', input: { bundle: withZk({ level: 'L6' }), trust } },
  ];
}
