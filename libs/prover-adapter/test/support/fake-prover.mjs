// A program of the Prover Adapter Protocol whose proof is a keyed hash of the statement: honest, it is told from false statements; with a
// lie as its first argument it does one thing wrong. No cryptography of use to anybody.
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [lie, verb, requestPath, replyPath] = process.argv.slice(2);
const head = { protocol: 'pap/1' };
const request = JSON.parse(readFileSync(requestPath, 'utf8'));
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** Canonical JSON of what a request to verify is about, written anew: a program knows the protocol and not our library. */
function statementDigest({ model, programDigest, inputs, outputs, bind, setUp, proof }) {
  const sorted = (value) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .sort()
            .map(([name, member]) => [name, sorted(member)]),
        )
      : Array.isArray(value)
        ? value.map(sorted)
        : value;
  const said = {
    ...{ programDigest, inputs, outputs, bind },
    onnx: model.onnx.sha256,
    options: model.options?.sha256 ?? null,
    verificationKey: setUp?.verificationKey.sha256 ?? null,
    vkDigest: setUp?.vkDigest ?? null,
    proof: proof.sha256,
  };
  return sha256(JSON.stringify(sorted(said)));
}

function reply(body, exitCode = 0) {
  writeFileSync(replyPath, JSON.stringify({ ...head, ...body }));
  process.exit(exitCode);
}
const fail = (code, exitCode) => reply({ error: { code, message: 'refused' } }, exitCode);

function programOf({ onnx }) {
  const bytes = readFileSync(onnx.path, 'utf8');
  if (sha256(bytes) !== onnx.sha256) fail('request-invalid', 2);
  if (bytes === 'unsupported') fail('model-unsupported', 3);
  return { factor: Number(bytes), programDigest: sha256(bytes) };
}

/** The outputs of the model "multiply by". */
const outputsOf = (factor, inputs) =>
  inputs.map(({ values, shape }) => ({
    ...{ name: 'y', datatype: 'INT32', shape },
    values: values.map((value) => value * factor),
  }));

function proofOf({ programDigest, inputs, outputs, bind }) {
  const said = {
    programDigest: lie === 'ignores-model' ? '' : programDigest,
    inputs: lie === 'ignores-inputs' ? [] : inputs,
    outputs: lie === 'ignores-outputs' ? [] : outputs,
    bind: lie === 'ignores-bind' || lie === 'carries-no-bind' ? '' : bind,
  };
  return sha256(`fake|${JSON.stringify(said)}`).repeat(2);
}

const tensor = (name, datatype) => ({ name, datatype, shape: [1] });
const verbs = {
  describe: () =>
    reply({
      prover: { name: 'fake', version: '1' },
      systems: [
        {
          ...{
            id: 'fake/hash',
            setUp: lie === 'has-keys' ? 'per-circuit' : 'transparent',
            zeroKnowledge: false,
          },
          carriesBind: lie !== 'carries-no-bind',
        },
      ],
    }),
  compile: () =>
    reply({
      programDigest: programOf(request.model).programDigest,
      inputs: [tensor('x', 'UINT8')],
      outputs: [tensor('y', 'INT32')],
    }),
  prove: () => {
    const { factor, programDigest } = programOf(request.model);
    if ((request.setUp !== undefined) !== (lie === 'has-keys')) fail('request-invalid', 2);
    const outputs = outputsOf(factor, request.inputs);
    const proof = proofOf({ ...request, programDigest, outputs });
    writeFileSync(request.proofPath, proof);
    reply({ programDigest, proofSha256: sha256(proof), outputs, prover: 'fake', milliseconds: 1 });
  },
  verify: () => {
    const { programDigest } = programOf(request.model);
    if (lie !== 'ignores-model' && programDigest !== request.programDigest) fail('program-mismatch', 2);
    const given = readFileSync(request.proof.path, 'utf8');
    const right = proofOf(request);
    const isRight =
      lie === 'ignores-tail'
        ? right.startsWith(given.slice(0, 8))
        : lie === 'ignores-half'
          ? given.slice(0, 64) === right.slice(0, 64)
          : given === right;
    reply({
      challenge: lie === 'old-challenge' ? '0'.repeat(64) : request.challenge,
      statementDigest: lie === 'other-statement' ? '0'.repeat(64) : statementDigest(request),
      proofSha256: request.proof.sha256,
      valid: lie === 'takes-all' ? true : lie === 'refuses-all' ? false : isRight,
    });
  },
};

if (lie === 'hangs' || (lie === 'hangs-at-verify' && verb === 'verify')) {
  // A child that outlives whoever kills its parent alone.
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  writeFileSync(process.env.CHILD_FILE, String(child.pid));
  setInterval(() => undefined, 1_000);
} else if (lie === 'crashes') process.abort();
else if (lie === 'says-nothing') process.exit(0);
else if (lie === 'says-too-much') reply({ prover: { name: 'x'.repeat(5_000_000), version: '1' } });
else if (lie === 'adds-members') reply({ verified: true });
else if (lie === 'shows-environment') fail(Object.keys(process.env).sort().join('-').toLowerCase(), 5);
else verbs[verb]();
