import { createEd25519Signer } from '@touchstone/crypto';
import {
  cosignatureSigner,
  ed25519NoteSigner,
  formatVerifierKey,
  noteKey,
  signNote,
  type NoteSigner,
} from '@touchstone/merkle';
import type { OutputBundle, TrustFile } from '../../src/index.js';
import { fixture, ORIGIN, SIGNED_AT_SECONDS } from '../fixture.js';
import type { GoldenCase } from './golden-case.js';

const logKey = createEd25519Signer(new Uint8Array(32).fill(9));
const nextLogKey = createEd25519Signer(new Uint8Array(32).fill(8));
const logSigner = signerOf(logKey);
const nextLogSigner = signerOf(nextLogKey);

function signerOf(key: typeof logKey): NoteSigner & { readonly vkey: string } {
  const identity = noteKey(ORIGIN, 'ed25519', key.publicKey);
  const signer = ed25519NoteSigner(identity, (message) => key.sign(message));
  return { ...signer, vkey: formatVerifierKey(identity) };
}

/** A witness that cosigns at a time, in Unix seconds. */
function witness(name: string, seed: number, atSeconds: number): NoteSigner & { readonly vkey: string } {
  const key = createEd25519Signer(new Uint8Array(32).fill(seed));
  const identity = noteKey(name, 'cosignatureV1', key.publicKey);
  const signer = cosignatureSigner(identity, (message) => key.sign(message), BigInt(atSeconds));
  return { ...signer, vkey: formatVerifierKey(identity) };
}

const textOf = (checkpoint: string): string => checkpoint.slice(0, checkpoint.lastIndexOf('\n\n') + 1);

/** One signature line, with its final newline. */
async function lineOf(checkpoint: string, signer: NoteSigner): Promise<string> {
  const text = textOf(checkpoint);
  return (await signNote(text, [signer])).slice(text.length + 1);
}

/** The line with the last byte of its signature changed. */
async function falseLineOf(checkpoint: string, signer: NoteSigner): Promise<string> {
  const sign = async (text: string): Promise<Uint8Array> => {
    const signature = Uint8Array.from(await signer.sign(text));
    signature[signature.length - 1] = (signature.at(-1) as number) ^ 1;
    return signature;
  };
  return lineOf(checkpoint, { name: signer.name, keyId: signer.keyId, sign });
}

/** Lines under one name with a key id and a signature that no trusted key has. */
const strangers = (name: string, bytes: number, count: number): string =>
  Array.from({ length: count }, (_, index) => {
    const material = Buffer.concat([Buffer.from([0xee, 0, 0, index]), Buffer.alloc(bytes, index + 1)]);
    return `— ${name} ${material.toString('base64')}\n`;
  }).join('');

function withCheckpoint(bundle: OutputBundle, change: (checkpoint: string) => string): OutputBundle {
  const logProofs = bundle.logProofs.map((proof, index) =>
    index === 0 ? { ...proof, checkpoint: change(proof.checkpoint) } : proof,
  );
  return { ...bundle, logProofs };
}

const firstLine = /^— .*\n/m;

/** Lines of strangers, of trusted keys and of witnesses under a checkpoint (protocol sections 6, 7 and 12). */
export async function lineCases(): Promise<GoldenCase[]> {
  const { bundle, trust } = await fixture();
  const bare = await fixture({ anchored: false });
  const [{ checkpoint } = { checkpoint: '' }] = bundle.logProofs;
  const own = firstLine.exec(checkpoint)?.[0] ?? '';
  const wrong = await falseLineOf(checkpoint, logSigner);
  const append = (lines: string) => withCheckpoint(bundle, (note) => note + lines);
  const w1 = witness('witness-1.example', 101, SIGNED_AT_SECONDS + 90);
  const w1again = witness('witness-1.example', 111, SIGNED_AT_SECONDS + 91);
  const witnessed = (k: number, ...vkeys: string[]): TrustFile => ({ ...trust, witnesses: { k, vkeys } });
  const cosigned = await lineOf(checkpoint, w1);
  const twoKeys = { ...trust, logs: [...trust.logs, { origin: ORIGIN, vkey: nextLogSigner.vkey }] };
  return [
    {
      name: 'a line of a stranger under the log’s own name',
      input: { bundle: append(strangers(ORIGIN, 64, 1)), trust },
    },
    {
      name: 'a line of a stranger twice',
      input: { bundle: append(strangers('grease.invalid', 32, 1).repeat(2)), trust },
    },
    {
      name: 'six post-quantum cosignatures',
      input: { bundle: append(strangers('witness.example', 2_428, 6)), trust },
    },
    {
      name: 'the log’s line behind a stranger’s',
      input: {
        bundle: withCheckpoint(bundle, (note) => note.replace(own, strangers('grease.invalid', 32, 1) + own)),
        trust,
      },
    },
    { name: 'a false line of the log beside the true one', input: { bundle: append(wrong), trust } },
    {
      name: 'a false line of the log, the only one, without an anchor',
      input: { bundle: withCheckpoint(bare.bundle, (note) => note.replace(own, wrong)), trust: bare.trust },
    },
    {
      name: 'a false line of the log, the only one, under an anchor of another',
      input: { bundle: withCheckpoint(bundle, (note) => note.replace(own, wrong)), trust },
    },
    {
      name: 'a false line of a witness',
      input: { bundle: append(await falseLineOf(checkpoint, w1)), trust: witnessed(0, w1.vkey) },
    },
    {
      name: 'a false line of a witness beside its true one',
      input: { bundle: append(cosigned + (await falseLineOf(checkpoint, w1))), trust: witnessed(1, w1.vkey) },
    },
    {
      name: 'one witness with two keys is one',
      input: {
        bundle: append(cosigned + (await lineOf(checkpoint, w1again))),
        trust: witnessed(2, w1.vkey, w1again.vkey),
      },
    },
    { name: 'fewer witnesses than asked for', input: { bundle, trust: witnessed(1, w1.vkey) } },

    {
      name: 'two keys of one log, both listed',
      input: { bundle: append(await lineOf(checkpoint, nextLogSigner)), trust: twoKeys },
    },
    {
      name: 'more signature lines than a note may have',
      input: { bundle: append(strangers('grease.invalid', 4, 64)), trust },
    },
  ];
}

/** Parts that are false, and what they do to the rest (protocol section 12). */
export async function partCases(): Promise<GoldenCase[]> {
  const { bundle, trust } = await fixture();
  const [anchor] = bundle.anchors as [OutputBundle['anchors'][number]];
  const [proof] = bundle.logProofs as [OutputBundle['logProofs'][number]];
  const [key] = trust.keys as [TrustFile['keys'][number]];
  const [chain] = trust.chains as [TrustFile['chains'][number]];
  const elsewhere = { ...chain, network: 'eip155:1', contract: `0x${'ee'.repeat(20)}` };
  const falseAnchor = { ...anchor, network: 'eip155:1' };
  const wrongPath = {
    ...proof,
    path: proof.path.map((hash, index) => (index === 0 ? '00'.repeat(32) : hash)),
  };
  const revoked = {
    ...key,
    status: 'revoked' as const,
    revoked_at: '2026-06-01T11:59:00Z',
    compromised_since: new Date((SIGNED_AT_SECONDS + 1_800) * 1_000).toISOString(),
  };
  const both = { ...trust, chains: [chain, elsewhere] };
  return [
    {
      name: 'a sole false anchor',
      input: { bundle, trust: { ...trust, chains: [{ ...chain, contract: elsewhere.contract }] } },
    },
    {
      name: 'a false anchor beside a true one, its chain unknown',
      input: { bundle: { ...bundle, anchors: [anchor, falseAnchor] }, trust },
    },
    {
      name: 'a false anchor beside a true one, its chain known',
      input: { bundle: { ...bundle, anchors: [anchor, falseAnchor] }, trust: both },
    },
    {
      name: 'an anchor whose commitment is not its checkpoint’s',
      input: { bundle: { ...bundle, anchors: [{ ...anchor, commitment: '00'.repeat(32) }] }, trust },
    },
    {
      name: 'an anchored checkpoint with a wrong path beside another log proof, under a revoked key',
      input: {
        bundle: { ...bundle, logProofs: [proof, wrongPath], anchors: [{ ...anchor, logProof: 1 }] },
        trust: { ...trust, keys: [revoked] },
      },
    },
    {
      name: 'a chain proof that cannot be read',
      input: {
        bundle: { ...bundle, anchors: [{ ...anchor, proof: { ...anchor.proof, header: 'c0' } }] },
        trust,
      },
    },
    { name: 'tensors in another order', input: await reversedInputs() },
  ];
}

async function reversedInputs(): Promise<{ bundle: OutputBundle; trust: TrustFile }> {
  const { bundle, trust } = await fixture({ inputTensors: 2 });
  const inputs = bundle.subject.inputs?.toReversed();
  return { bundle: { ...bundle, subject: { ...bundle.subject, inputs } }, trust };
}

/** Times of independent sources (protocol section 5). */
export async function timeCases(): Promise<GoldenCase[]> {
  const { bundle, trust } = await fixture();
  const [{ checkpoint } = { checkpoint: '' }] = bundle.logProofs;
  const seen = async (name: string, seed: number, atSeconds: number) => {
    const one = witness(name, seed, atSeconds);
    return { line: await lineOf(checkpoint, one), vkey: one.vkey };
  };
  const early = await seen('witness-1.example', 101, SIGNED_AT_SECONDS - 86_400);
  const between = await seen('witness-1.example', 101, SIGNED_AT_SECONDS + 30);
  const late = await seen('witness-1.example', 101, SIGNED_AT_SECONDS + 3_600);
  const longAfter = await seen('witness-1.example', 101, SIGNED_AT_SECONDS + 3_601 + 86_400);
  const never = await seen('witness-1.example', 101, 8_640_000_000_000);
  const by = ({ line, vkey }: { line: string; vkey: string }, independent: string[]) => ({
    bundle: withCheckpoint(bundle, (note) => note + line),
    trust: { ...trust, witnesses: { k: 0, vkeys: [vkey] }, independent },
  });
  const network = trust.chains[0]?.network ?? '';
  return [
    { name: 'declared a day after an independent source', input: by(early, ['witness-1.example']) },
    {
      name: 'two independent sources, the witness first',
      input: by(between, [network, 'witness-1.example']),
    },
    { name: 'two independent sources, the chain first', input: by(late, [network, 'witness-1.example']) },
    { name: 'a source whose sum lies after now', input: by(late, ['witness-1.example']) },
    { name: 'declared long before its only source', input: by(longAfter, ['witness-1.example']) },
    { name: 'a source beyond every calendar', input: by(never, ['witness-1.example']) },
    {
      name: 'a source whose log is not trusted',
      input: (() => ({
        ...by(between, ['witness-1.example']),
        trust: { ...by(between, ['witness-1.example']).trust, logs: [] },
      }))(),
    },
  ];
}
