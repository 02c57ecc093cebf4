// Proofs of models: the native prover beside snarkjs and EZKL, the set-up, the compiler, and our verifier warm and cold. What a machine
// lacks (Rust for the native prover, the Python with EZKL) is named, and its rows are left out. BENCH_LENET=1 adds a model of the size
// of LeNet-5, for which powers of tau of 2^18 have to be in the cache, or are made, which takes an hour.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareTrust, signalsOf, verifyEvidence } from '@touchstone/evidence';
import { fromSnarkjsKey, fromSnarkjsProof, prepareKey, verifyProof } from '@touchstone/groth16';
import { compare } from './harness/compare.mjs';
import { announce, median, printRow, quick, wanted } from './harness/row.mjs';
import { provenBundle, signOutput } from './provers/bundle.mjs';
import { startEzkl } from './provers/ezkl.mjs';
import { compile, denseModel, lenetModel, witnessOf } from './provers/models.mjs';
import { checkout, nativeProver, powersOfTau, pythonOfEzkl, snarkjs, timed } from './provers/programs.mjs';

const ROUNDS = quick ? 1 : 7;
const SLOW_ROUNDS = quick ? 1 : 3;
/** When bundles are verified: after all of them were made. */
const NOW_MS = Date.UTC(2026, 5, 1, 12);
const EZKL_GOAL = { of: 'ratio', min: 40 };
const dense = 'a 784-64-10 model';

const names = {
  digitsNative: 'zk: prove digits-int with the native prover',
  digitsSnarkjs: 'zk: prove digits-int with snarkjs',
  denseNative: `zk: prove ${dense} with the native prover`,
  denseSnarkjs: `zk: prove ${dense} with snarkjs`,
  lenetNative: 'zk: prove a model of the size of LeNet-5 with the native prover',
  lenetMemory: 'zk: memory of proving a model of the size of LeNet-5',
  setUp: `zk: phase 2 of ${dense} with one contribution, native`,
  compile: `zk: compile ${dense}`,
  verify: 'zk: our verifier with a prepared key, 75 signals',
  verifyMany: 'zk: our verifier with a prepared key, 795 signals',
  bundle: 'zk: verify a bundle with a proof, warm',
  bundleMany: 'zk: verify a bundle with a proof of 795 signals, warm',
  cold: 'zk: touchstone verify of a bundle with a proof, cold',
};
const anyOf = (...these) => these.some(wanted);

const folder = mkdtempSync(join(tmpdir(), 'touchstone-bench-zk-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const native = nativeProver();
if (native === undefined) leaveOut('the native prover (touchstone zk prover install-native)');
const path = (name) => join(folder, name);

function leaveOut(what) {
  process.stderr.write(`zk: rows are left out: this machine lacks ${what}.\n`);
}

/** Runs all in turn, in rounds of alternating order. @returns for each round what each answered */
async function inTurns(rounds, runs) {
  const all = [];
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? runs.keys() : [...runs.keys()].reverse();
    const answers = [];
    for (const index of order) answers[index] = await runs[index]();
    all.push(answers);
  }
  return all;
}

function row(name, rounds, { baselineName = null, unit = 's', goal = null, details = {} } = {}) {
  if (!wanted(name)) return;
  const baseline = baselineName && median(rounds.map(([, second]) => second));
  printRow({
    ...{ name, baselineName, unit, goal, baseline, details },
    ours: median(rounds.map(([first]) => first)),
    ratio: baselineName && median(rounds.map(([first, second]) => second / first)),
    rounds: rounds.map(([ours, second]) => ({ ours, baseline: baselineName && second })),
  });
}

const prove = (program, key, { name }) =>
  timed(program, ['groth16', 'prove', key, path(`${name}.wtns`), path('proof.json'), path('public.json')]);

/** Native and snarkjs on one model, in the same rounds; snarkjs alone where there is no native prover. */
async function proofs(model, key, [nativeName, snarkjsName], [nativeGoal, snarkjsGoal]) {
  if (!anyOf(nativeName, snarkjsName)) return;
  announce(nativeName);
  const seconds = (program) => async () => (await prove(program, key, model)).seconds;
  const programs = native === undefined ? [snarkjs()] : [native, snarkjs()];
  const rounds = await inTurns(ROUNDS, programs.map(seconds));
  const details = { constraints: model.constraintCount };
  const of = (max) => ({ of: 'ours', max });
  if (native !== undefined)
    row(nativeName, rounds, { baselineName: 'snarkjs', goal: of(nativeGoal), details });
  const ofSnarkjs = rounds.map((answers) => [answers.at(-1)]);
  row(snarkjsName, ofSnarkjs, { goal: of(snarkjsGoal), details });
}

function written(name, compiled, inputCount) {
  const { witness, signals } = witnessOf(compiled, inputCount);
  writeFileSync(path(`${name}.r1cs`), compiled.constraints);
  writeFileSync(path(`${name}.wtns`), witness);
  return { ...compiled, name, signals };
}

/** Phase 2 with one contribution. @returns path of the key, and the seconds that it took */
async function keyOf({ name }, program, powers) {
  const [first, key] = [path(`${name}-0.zkey`), path(`${name}.zkey`)];
  const start = await timed(program, ['groth16', 'setup', path(`${name}.r1cs`), powers, first]);
  const contribution = ['zkey', 'contribute', first, key, '-n=bench'];
  const contributed = await timed(program, contribution, `${Math.random()}\n`);
  return { key, seconds: start.seconds + contributed.seconds };
}

const powersFor = ({ constraintCount, publicCount }) =>
  powersOfTau(Math.ceil(Math.log2(constraintCount + publicCount + 1)), native);

async function digits() {
  const from = join(checkout, 'models/digits-int');
  const { stated } = JSON.parse(readFileSync(join(from, 'options.json'), 'utf8'));
  const model = written('digits', compile(readFileSync(join(from, 'model.onnx')), { stated }), 64);
  const key = join(from, 'proving-key.zkey');
  await proofs(model, key, [names.digitsNative, names.digitsSnarkjs], [0.05, 0.45]);
  if (!wanted(names.verify)) return;
  await prove(native ?? snarkjs(), key, model);
  const vk = JSON.parse(readFileSync(join(from, 'verification-key.json'), 'utf8'));
  const proof = fromSnarkjsProof(JSON.parse(readFileSync(path('proof.json'), 'utf8')));
  verifier(
    names.verify,
    { vk, proof: proof.value, publicSignals: JSON.parse(readFileSync(path('public.json'), 'utf8')) },
    25,
  );
}

function verifier(name, { vk, proof, publicSignals }, max) {
  if (!wanted(name)) return;
  const read = fromSnarkjsKey(vk);
  const prepared = prepareKey(read.ok ? read.value : vk);
  if (!prepared.ok) throw new Error(prepared.code);
  compare({
    ...{ name, unit: 'ms', goal: { of: 'ours', max }, warmUpCount: 50 },
    baselineName: 'reading and preparing the key as well',
    ours: () => {
      if (!verifyProof(prepared.value, publicSignals, proof).valid) throw new Error('refused');
    },
    baseline: () => {
      const anew = prepareKey(prepared.value.key);
      if (!verifyProof(anew.value, publicSignals, proof).valid) throw new Error('refused');
    },
  });
}

async function denseRows() {
  const compiling = [];
  const onnx = denseModel();
  let compiled;
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedMs = performance.now();
    compiled = compile(onnx);
    compiling.push([(performance.now() - startedMs) / 1_000]);
  }
  row(names.compile, compiling, { goal: { of: 'ours', max: 1 } });
  if (!anyOf(names.denseNative, names.denseSnarkjs, names.setUp, names.bundleMany)) return;
  const model = written('dense', compiled, 784);
  const powers = await powersFor(model);
  const program = native ?? snarkjs();
  const { key } = await keyOf(model, program, powers);
  if (native !== undefined && wanted(names.setUp)) {
    const seconds = (of) => async () => (await keyOf(model, of, powers)).seconds;
    const rounds = await inTurns(SLOW_ROUNDS, [native, snarkjs()].map(seconds));
    row(names.setUp, rounds, { baselineName: 'snarkjs', goal: { of: 'ours', max: 3 } });
    await keyOf(model, native, powers);
  }
  await denseBundle(model, key, program);
  await proofs(model, key, [names.denseNative, names.denseSnarkjs], [0.12, 1.3]);
  await besideEzkl(model, key);
}

/** The proof that was made last, with the key that judges it. */
async function lastProof(key, program, signals) {
  await timed(program, ['zkey', 'export', 'verificationkey', key, path('vk.json')]);
  const read = (name) => JSON.parse(readFileSync(path(name), 'utf8'));
  const [vk, proof] = [fromSnarkjsKey(read('vk.json')), fromSnarkjsProof(read('proof.json'))];
  return { vk: vk.value, proof: proof.value, publicSignals: signalsOf(signals) };
}

/** A bundle about an execution of the dense model, with a proof that is made for it. */
async function denseBundle(model, key, program) {
  if (!wanted(names.bundleMany)) return;
  announce(names.bundleMany);
  const signed = signOutput(model.descriptor, signalsOf(model.signals));
  const { witness, signals } = witnessOf(model, 784, signed.bind);
  writeFileSync(path('signed.wtns'), witness);
  await prove(program, key, { name: 'signed' });
  const zk = { ...(await lastProof(key, program, signals)), descriptor: model.descriptor };
  const goal = { of: 'ours', max: 60 };
  verifyBundle(names.bundleMany, { ...(await provenBundle(signed, zk)), goal });
}

/** The same layers; EZKL is given weights in whole numbers, so that it need not rescale, and our circuit rescales. */
async function besideEzkl(model, key) {
  if (native === undefined || !wanted(names.denseNative)) return;
  const python = pythonOfEzkl();
  if (python === undefined) return leaveOut('EZKL (the system spec of libs/prover-adapter installs it)');
  announce(`${names.denseNative} beside EZKL`);
  const ezkl = await startEzkl(python, denseModel(1), folder);
  try {
    const ours = async () => (await prove(native, key, model)).seconds;
    const rounds = await inTurns(SLOW_ROUNDS, [ours, ezkl.prove]);
    const details = { constraints: model.constraintCount, ezklRows: ezkl.rows };
    row(names.denseNative, rounds, { baselineName: 'EZKL 23.0.5', goal: EZKL_GOAL, details });
  } finally {
    ezkl.close();
  }
}

async function lenet() {
  if (process.env.BENCH_LENET !== '1' || native === undefined) return;
  if (!anyOf(names.lenetNative, names.lenetMemory)) return;
  announce(names.lenetNative);
  const model = written('lenet', compile(lenetModel()), 784);
  const { key } = await keyOf(model, native, await powersFor(model));
  const runs = await inTurns(SLOW_ROUNDS, [() => prove(native, key, model)]);
  const { vk, proof, publicSignals } = await lastProof(key, native, model.signals);
  if (!verifyProof(prepareKey(vk).value, publicSignals, proof).valid) throw new Error('refused');
  const details = { constraints: model.constraintCount };
  row(
    names.lenetNative,
    runs.map(([{ seconds }]) => [seconds]),
    { goal: { of: 'ours', max: 5 }, details },
  );
  const memory = runs.map(([{ mebibytes }]) => [mebibytes]);
  row(names.lenetMemory, memory, { unit: 'MB', goal: { of: 'ours', max: 1_500 }, details });
}

const vector = (file) => JSON.parse(readFileSync(join(checkout, 'libs', file), 'utf8'));

/** A bundle as a user has it verified who keeps the trust file prepared, beside the same without its proof. */
function verifyBundle(name, { bundle, trust, goal = null }) {
  const { zk: _zk, ...bare } = bundle;
  const judged = (evidence, expected) => {
    const text = JSON.stringify(evidence);
    const prepared = prepareTrust(trust);
    return () => {
      const { label } = verifyEvidence(text, { trust: prepared, nowMs: NOW_MS });
      if (label !== expected) throw new Error(`It is ${label}.`);
    };
  };
  compare({
    ...{ name, unit: 'ms', goal, warmUpCount: 50, baselineName: 'the same bundle without it' },
    ...{ ours: judged(bundle, 'L5'), baseline: judged(bare, 'L2') },
  });
}

async function bundles() {
  if (!anyOf(names.bundle, names.cold)) return;
  const { cases } = vector('evidence/vectors/evidence.json');
  const { bundle, trust } = cases.find(({ name }) => name === 'L5').input;
  verifyBundle(names.bundle, { bundle, trust });
  if (!wanted(names.cold)) return;
  announce(names.cold);
  writeFileSync(path('proven.json'), JSON.stringify(bundle));
  writeFileSync(path('trust.json'), JSON.stringify(trust));
  const cli = [process.execPath, join(checkout, 'apps/cli/bin/touchstone.js')];
  const words = [
    'verify',
    path('proven.json'),
    '--trust',
    path('trust.json'),
    '--require',
    'L5',
    '--allow-test',
  ];
  const runs = [() => timed(cli, words), () => timed([process.execPath], ['-e', '0'])];
  const rounds = (await inTurns(ROUNDS, runs)).map((answers) => answers.map(({ seconds }) => seconds));
  row(names.cold, rounds, { baselineName: 'Node that does nothing', goal: { of: 'ours', max: 1 } });
}

if (anyOf(names.digitsNative, names.digitsSnarkjs, names.verify)) await digits();
verifier(names.verifyMany, vector('groth16/vectors/linear-795.json'), 60);
await bundles();
if (anyOf(names.compile, names.denseNative, names.denseSnarkjs, names.setUp, names.bundleMany))
  await denseRows();
await lenet();
process.exit(0);
