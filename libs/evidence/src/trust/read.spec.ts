import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { createEd25519Signer } from '@touchstone/crypto';
import { formatVerifierKey, noteKey } from '@touchstone/merkle';
import { fixture } from '../../test/fixture.js';
import { witnesses } from '../../test/witnesses.js';
import { readTrustFile, type TrustFile } from '../index.js';

let trust: TrustFile;

beforeAll(async () => {
  ({ trust } = await fixture());
});

const [first = '', second = ''] = witnesses.map(({ vkey }) => vkey);
/** The key of the fixture's log, and the first witness's key under another name. */
const logSigner = createEd25519Signer(new Uint8Array(32).fill(9));
const witnessSigner = createEd25519Signer(new Uint8Array(32).fill(101));
const renamed = formatVerifierKey(noteKey('other.example', 'cosignatureV1', witnessSigner.publicKey));
const logAsWitness = formatVerifierKey(noteKey('log-2.example', 'cosignatureV1', logSigner.publicKey));

/** The neutral element of the curve, a key of small order: one signature fits many messages. */
const neutral = Uint8Array.of(1, ...new Uint8Array(31));
const neutralWitness = formatVerifierKey(noteKey('weak.example', 'cosignatureV1', neutral));

const { tokens } = JSON.parse(
  readFileSync(new URL('../../../chain-proofs/vectors/time-stamp-tokens.json', import.meta.url), 'utf8'),
) as { tokens: { ecdsa: { root: string } } };
const tsa = (): TrustFile['tsas'][number] => ({
  network: 'tsa:example',
  test: false,
  roots: [tokens.ecdsa.root],
  policies: ['1.2.3'],
});

const refusalOf = (file: object): unknown => {
  try {
    return readTrustFile(JSON.stringify(file));
  } catch (error) {
    return error instanceof AppError ? [error.code, error.details?.[0]?.pointer] : error;
  }
};

describe('readTrustFile', () => {
  it('reads its own text', () => {
    expect(readTrustFile(JSON.stringify(trust))).toEqual(trust);
    const asked = { ...trust, witnesses: { k: 2, vkeys: [first, second] } };
    expect(readTrustFile(JSON.stringify(asked))).toEqual(asked);
  });

  it('reads authorities, and one that is no test as source of time', () => {
    const file = {
      ...trust,
      tsas: [tsa(), { ...tsa(), network: 'tsa:other', test: true }],
      independent: ['tsa:example'],
    };
    expect(readTrustFile(JSON.stringify(file))).toEqual(file);
  });

  it('says whether the text, the schema or a key is wrong', () => {
    const [key] = trust.keys;
    expect(() => readTrustFile('{')).toThrow(/strict JSON/);
    expect(() => readTrustFile('{"version":2}')).toThrow(/schema/);
    expect(() => readTrustFile(JSON.stringify({ ...trust, keys: [key, { ...key, kid: 'other' }] }))).toThrow(
      /\/keys\/1\/public_key registered before/,
    );
  });

  const log = (): TrustFile['logs'][number] => trust.logs[0] as TrustFile['logs'][number];
  const withTsas = (...tsas: TrustFile['tsas']) => ({ ...trust, tsas });
  const withWitnesses = (k: number, vkeys: string[]) => ({ ...trust, witnesses: { k, vkeys } });
  it.each<[string, () => object, string]>([
    ['a time that does not exist', () => ({ ...trust, asOf: '2026-02-30T00:00:00Z' }), '/asOf'],
    ['a log key that is none', () => ({ ...trust, logs: [{ ...log(), vkey: 'nonsense' }] }), '/logs/0/vkey'],
    ['a witness key as log key', () => ({ ...trust, logs: [{ ...log(), vkey: first }] }), '/logs/0/vkey'],
    [
      'a log key of another origin',
      () => ({ ...trust, logs: [{ ...log(), origin: 'x.example' }] }),
      '/logs/0/vkey',
    ],
    [
      'a log key of small order',
      () => ({
        ...trust,
        logs: [{ ...log(), vkey: formatVerifierKey(noteKey(log().origin, 'ed25519', neutral)) }],
      }),
      '/logs/0/vkey',
    ],
    ['a witness key of small order', () => withWitnesses(1, [neutralWitness]), '/witnesses/vkeys/0'],
    ['one log key twice', () => ({ ...trust, logs: [log(), log()] }), '/logs/1/vkey'],
    [
      'one network twice',
      () => ({ ...trust, chains: [...trust.chains, ...trust.chains] }),
      '/chains/1/network',
    ],
    ['one authority twice', () => withTsas(tsa(), { ...tsa(), test: true }), '/tsas/1/network'],
    [
      'an authority of a test as source of time',
      () => ({ ...withTsas({ ...tsa(), test: true }), independent: ['tsa:example'] }),
      '/independent/0',
    ],
    [
      'a root that is no certificate',
      () => withTsas({ ...tsa(), roots: [...tsa().roots, 'MAA='] }),
      '/tsas/0/roots/1',
    ],
    [
      'a root in base64 of a second spelling',
      () => withTsas({ ...tsa(), roots: ['MAB='] }),
      '/tsas/0/roots/0',
    ],
    ['a witness key that is none', () => withWitnesses(1, [first, `${second}=`]), '/witnesses/vkeys/1'],
    ['a key of a log as witness', () => withWitnesses(1, [log().vkey]), '/witnesses/vkeys/0'],
    ['one witness under two names', () => withWitnesses(2, [first, renamed]), '/witnesses/vkeys/1'],
    ['the log as its own witness', () => withWitnesses(1, [logAsWitness]), '/witnesses/vkeys/0'],
    ['more witnesses asked for than listed', () => withWitnesses(2, [first]), '/witnesses/k'],
  ])('refuses %s', (_name, file, pointer) => {
    expect(refusalOf(file())).toEqual(['config-invalid', pointer]);
  });
});
