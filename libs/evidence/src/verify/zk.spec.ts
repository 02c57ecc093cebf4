import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ZkProof } from '@touchstone/contracts/circuit';
import { fixture, NOW_MS, provenCircuitDigest } from '../../test/fixture.js';
import {
  bindSignal,
  circuitDigest,
  CONTAINS_FALSE_PART,
  provenTensors,
  signalsOf,
  verifyEvidence,
  type OutputBundle,
  type TrustFile,
} from '../index.js';

type Proven = OutputBundle & { zk: ZkProof };

const FIELD_ORDER =
  21_888_242_871_839_275_222_246_405_745_257_275_088_548_364_400_416_034_343_698_204_186_575_808_495_617n;

let bundle: Proven;
let trust: TrustFile;
beforeAll(async () => {
  const made = await fixture({ proven: 'single-party' });
  bundle = made.bundle as Proven;
  trust = made.trust;
});

const judge = (judged: unknown, by: TrustFile = trust, strict = false) => {
  const report = verifyEvidence(JSON.stringify(judged), { trust: by, nowMs: NOW_MS, strict });
  const { status, detail, optional } = report.steps.find(({ name }) => name === 'zk') ?? {};
  return { result: report.result, label: report.label, status, detail, optional, remarks: report.remarks };
};
const withZk = (change: Partial<Record<keyof ZkProof, unknown>>) => ({
  ...bundle,
  zk: { ...bundle.zk, ...change },
});
const withSignal = (index: number, signal: string) =>
  withZk({ publicSignals: bundle.zk.publicSignals.with(index, signal) });

describe('the label of a proven output', () => {
  it.each([
    ['single-party', false, 'L5'],
    ['single-party', true, 'L5-test'],
    ['multi-party', false, 'L6'],
    ['multi-party', true, 'L6-test'],
  ] as const)('set up by a %s, on a test network: %s: is %s', async (proven, test, label) => {
    const made = await fixture({ proven, test });
    expect(judge(made.bundle, made.trust)).toMatchObject({ result: 'VALID', label, status: 'pass' });
  });

  it('is L6 where one of the statements of the trust file about the circuit names several parties', () => {
    const [first, circuit] = trust.models;
    const both = { ...trust, models: [first!, circuit!, { ...circuit!, setup: 'universal' as const }] };
    expect(judge(bundle, both)).toMatchObject({ label: 'L6' });
    const unsaid = {
      ...trust,
      models: [first!, { modelVersionId: circuit!.modelVersionId, vkDigest: circuit!.vkDigest }],
    };
    expect(judge(bundle, unsaid)).toMatchObject({ label: 'L5' });
  });

  it('stays that of the signature where nothing is anchored', async () => {
    const made = await fixture({ proven: 'multi-party', anchored: false });
    expect(judge(made.bundle, made.trust)).toMatchObject({ label: 'L1', status: 'pass' });
  });

  it('is L2 without a proof, and where the trust file does not list its circuit for this model version', () => {
    const { zk: _zk, ...without } = bundle;
    expect(judge(without)).toMatchObject({ label: 'L2', status: 'absent' });
    const unlisted = { ...trust, models: trust.models.slice(0, 1) };
    expect(judge(bundle, unlisted)).toMatchObject({ label: 'L2', status: 'not-checked', remarks: [] });
    const ofOther = {
      ...trust,
      models: [
        ...trust.models.slice(0, 1),
        { modelVersionId: '00'.repeat(32), vkDigest: provenCircuitDigest() },
      ],
    };
    expect(judge(bundle, ofOther)).toMatchObject({ label: 'L2', status: 'not-checked' });
  });
});

describe('a proof that does not prove this output', () => {
  const cases: [string, () => unknown, string][] = [
    [
      'changed',
      () => withZk({ proof: { ...bundle.zk.proof, pi_a: bundle.zk.proof.pi_c } }),
      'equation-false',
    ],
    ['of another input', () => withSignal(0, '7'), 'zk-inputs-mismatch'],
    ['of another output', () => withSignal(5, '7'), 'zk-outputs-mismatch'],
    ['of another request', () => withSignal(6, '7'), 'zk-bind-mismatch'],
    ['with an element beyond its datatype', () => withSignal(0, '256'), 'signal-out-of-range'],
    [
      'with a signal beyond the field',
      () => withSignal(0, (3n + FIELD_ORDER).toString()),
      'signal-not-canonical',
    ],
    ['with a signal that is the order', () => withSignal(0, FIELD_ORDER.toString()), 'signal-not-canonical'],
    ['with a negative signal', () => withSignal(0, '-1'), 'signal-not-canonical'],
    ['with a hexadecimal signal', () => withSignal(0, '0x3'), 'signal-not-canonical'],
    ['with a leading zero', () => withSignal(0, '03'), 'signal-not-canonical'],
    ['with a signal less', () => withZk({ publicSignals: bundle.zk.publicSignals.slice(1) }), 'signal-count'],
    [
      'with a signal more',
      () => withZk({ publicSignals: [...bundle.zk.publicSignals, '0'] }),
      'signal-count',
    ],
  ];
  it.each(cases)('%s is a false part that takes nothing from the rest', (_name, judged, code) => {
    const verdict = judge(judged());
    expect(verdict).toMatchObject({ result: 'VALID', label: 'L2', status: 'fail', optional: true });
    expect(verdict.detail?.split(':')[0]).toBe(code);
    expect(verdict.remarks).toContain(CONTAINS_FALSE_PART);
    expect(judge(judged(), trust, true)).toMatchObject({ result: 'INVALID', label: 'L0' });
  });

  it('is one for another signature, request, or tensors', async () => {
    const plain = await fixture();
    const list = (modelVersionId: string) => ({ modelVersionId, vkDigest: provenCircuitDigest() });
    const { modelVersionId } = plain.bundle.subject.proof;
    const foreign = { ...plain.bundle, zk: bundle.zk };
    const by = { ...plain.trust, models: [...plain.trust.models, list(modelVersionId)] };
    expect(judge(foreign, by).detail).toMatch(/^zk-model-mismatch/);
    const { modelHash } = plain.bundle.commitment.model;
    const renamed = { ...bundle.zk, descriptor: { ...bundle.zk.descriptor, modelHash } };
    // Another descriptor is another circuit, which nobody listed.
    expect(judge({ ...foreign, zk: renamed }, by).status).toBe('not-checked');
  });

  it('is one for another signature of the same tensors', async () => {
    const { bundle: other, trust: by } = await fixture({ proven: 'single-party', output: 1 });
    expect(judge(other, by)).toMatchObject({
      ...{ result: 'VALID', label: 'L2', status: 'fail', optional: true },
      detail: expect.stringMatching(/^zk-bind-mismatch/),
    });
  });

  it.each([
    ['inputHash', /^zk-inputs-mismatch/],
    ['outputHash', /^zk-outputs-mismatch/],
  ] as const)('is one for tensors with another %s', (hash, why) => {
    const { subject } = bundle;
    const proof = { ...subject.proof, [hash]: '00'.repeat(32) };
    expect(judge({ ...bundle, subject: { ...subject, proof } }).detail).toMatch(why);
  });

  it('is another circuit when names or scales of its tensors are others', () => {
    const { descriptor } = bundle.zk;
    const [output] = descriptor.outputs;
    for (const outputs of [
      [{ ...output!, name: 'else' }],
      [{ ...output!, scaleLog2: output!.scaleLog2 + 1 }],
    ])
      expect(judge(withZk({ descriptor: { ...descriptor, outputs } }))).toMatchObject({
        label: 'L2',
        status: 'not-checked',
      });
  });

  it.each([
    ['an unknown member', () => withZk({ level: 'L6' } as object)],
    ['a key of another system', () => withZk({ vk: { ...bundle.zk.vk, protocol: 'plonk' } })],
    ['more signals than a circuit has', () => withZk({ publicSignals: Array<string>(4_097).fill('0') })],
    [
      'a descriptor of another version',
      () => withZk({ descriptor: { ...bundle.zk.descriptor, version: 2 } }),
    ],
  ])('with %s does not pass the gate', (_name, judged) => {
    expect(judge(judged())).toMatchObject({ result: 'INVALID', label: 'L0' });
  });

  it.each([
    ['key-forgeable', { vk_delta_2: 'vk_gamma_2' }],
    [
      'key-point-invalid',
      {
        vk_beta_2: [
          ['1', '2'],
          ['3', '4'],
        ],
      },
    ],
    ['key-malformed', { vk_alpha_1: ['01', '2'] }],
    ['key-ic-length', { IC: [] }],
  ] as const)('%s: a key that the trust file lists passes the gate all the same', (code, change) => {
    const changed = Object.entries(change).map(([name, value]) => [
      name,
      typeof value === 'string' ? bundle.zk.vk[value as 'vk_gamma_2'] : value,
    ]);
    const vk = { ...bundle.zk.vk, ...(Object.fromEntries(changed) as Partial<ZkProof['vk']>) };
    const zk = { ...bundle.zk, vk };
    const vkDigest = circuitDigest(zk);
    const { modelVersionId } = bundle.subject.proof;
    const listing = { ...trust, models: [...trust.models, { modelVersionId, vkDigest }] };
    const verdict = judge({ ...bundle, zk }, listing);
    expect(verdict).toMatchObject({ label: 'L2', status: 'fail', optional: true });
    expect(verdict.detail?.split(':')[0]).toBe(code);
  });
});

describe('the most signals that a verifier judges', () => {
  const judged = (signalsMax: number) =>
    verifyEvidence(JSON.stringify(bundle), { trust, nowMs: NOW_MS, signalsMax });

  it('are judged, and one more is not, which says nothing against the proof', () => {
    const count = bundle.zk.publicSignals.length;
    expect(judged(count).label).toBe('L5');
    const { label, steps, remarks } = judged(count - 1);
    expect({ label, remarks }).toEqual({ label: 'L2', remarks: [] });
    expect(steps.find(({ name }) => name === 'zk')).toMatchObject({
      status: 'not-checked',
      detail: expect.stringContaining('too-many-signals'),
    });
  });
});

describe('provenTensors', () => {
  it('refuses what is beyond the datatypes, and other numbers of signals', () => {
    const { descriptor, publicSignals } = bundle.zk;
    expect(provenTensors(descriptor, publicSignals)).toMatchObject({ bind: publicSignals.at(-1) });
    for (const signal of ['256', signalsOf([-1])[0]!])
      expect(provenTensors(descriptor, publicSignals.with(0, signal))).toEqual({
        refusal: expect.stringContaining('signal-out-of-range'),
      });
    for (const signal of [2 ** 31, -(2 ** 31) - 1])
      expect(provenTensors(descriptor, publicSignals.with(4, signalsOf([signal])[0]!))).toHaveProperty(
        'refusal',
      );
    for (const signal of [2 ** 31 - 1, -(2 ** 31)])
      expect(provenTensors(descriptor, publicSignals.with(4, signalsOf([signal])[0]!))).toHaveProperty(
        'bind',
      );
    expect(provenTensors(descriptor, publicSignals.slice(1))).toHaveProperty('refusal');
    expect(provenTensors(descriptor, [...publicSignals, '1'])).toHaveProperty('refusal');
    expect(provenTensors(descriptor, publicSignals.slice(0, 3))).toHaveProperty('refusal');
  });

  it('gives tensors in the order in which they are hashed, whatever their order in the circuit', () => {
    const { descriptor } = bundle.zk;
    const tensor = (name: string) => ({
      name,
      datatype: 'INT8' as const,
      shape: [1],
      scaleLog2: [0],
      zeroPoint: 0,
    });
    const two = { ...descriptor, inputs: [tensor('b'), tensor('a')], outputs: [] };
    expect(provenTensors(two, [...signalsOf([-1, 2]), '7'])).toEqual({
      inputs: [
        { name: 'a', datatype: 'INT8', shape: [1], data: 'Ag==' },
        { name: 'b', datatype: 'INT8', shape: [1], data: '/w==' },
      ],
      ...{ outputs: [], bind: '7' },
    });
  });

  it('has a bind of 248 bits that differs by digest and request', () => {
    const digest = new Uint8Array(32);
    const binds = [
      bindSignal(digest, null),
      bindSignal(digest, '11'.repeat(32)),
      bindSignal(digest.with(0, 1), null),
    ];
    expect(new Set(binds).size).toBe(3);
    for (const bind of binds) expect(bind < 1n << 248n).toBe(true);
    // Zeros stand where there is no request.
    expect(bindSignal(digest, '0'.repeat(64))).toBe(binds[0]);
  });
});
