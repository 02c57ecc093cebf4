import { bytesToHex, createEd25519Signer, hexToBytes, type Key } from '@touchstone/crypto';
import { BatchError, type BatchKeys, type BatchSigner, requireKey } from '@touchstone/event-batch';
import { CommandError, exitCodes } from '../exit-codes.js';

/** The variable with the seed of the one key that a run signs with. */
const SEED_VARIABLE = 'ORACLE_ED25519_SEED';
const SEED_BYTES = 32;

type Environment = Readonly<Record<string, string | undefined>>;

/** The variable with the seed of one key, as a shell can name it: upper case, all but letters and digits as `_`. */
export function seedVariable(kid: string): string {
  return `${SEED_VARIABLE}_${kid.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}

export interface KeyChoice {
  readonly kid: string | undefined;
  /** The time of the batch, and the clock; milliseconds since the epoch. */
  readonly atMs: number;
  readonly nowMs: number;
}

/**
 * The key that signs: registered for event batches, valid at the time of the batch, and with its seed in the environment
 * (R-BATCH-3). Of several the one that is valid last.
 *
 * @throws CommandError `configuration`, which says what to set
 */
export function findSigner(keystore: BatchKeys, choice: KeyChoice, environment: Environment): BatchSigner {
  const keys = usableKeys(keystore, choice);
  for (const key of keys) {
    const names = [`${SEED_VARIABLE}_${key.kid}`, seedVariable(key.kid)];
    const name = names.find((candidate) => environment[candidate] !== undefined);
    if (name !== undefined) return requirePublicKey(signerOf(key, readSeed(name, environment)), name);
  }
  if (environment[SEED_VARIABLE] === undefined) throw noSeed(keys[0] as Key);
  const seed = readSeed(SEED_VARIABLE, environment);
  const publicKey = bytesToHex(createEd25519Signer(seed).publicKey);
  const key = keys.find((candidate) => bytesToHex(candidate.publicKey) === publicKey);
  return requirePublicKey(signerOf(key ?? (keys[0] as Key), seed), SEED_VARIABLE);
}

function usableKeys(keystore: BatchKeys, { kid, atMs, nowMs }: KeyChoice): Key[] {
  const kids = kid === undefined ? keysForBatches(keystore) : [kid];
  const refusals: string[] = [];
  const usable = kids.flatMap((candidate) => {
    try {
      return [requireKey(keystore, candidate, atMs, nowMs)];
    } catch (error) {
      if (!(error instanceof BatchError)) throw error;
      refusals.push(`${candidate}: ${error.message}`);
      return [];
    }
  });
  if (usable.length > 0) return usable.sort((left, right) => right.notAfter - left.notAfter);
  throw new CommandError(
    exitCodes.configuration,
    `No key of the keystore may sign at ${new Date(atMs).toISOString()}. ${refusals.join(' ') || 'It has none for event-batch.'} ` +
      'Make one: touchstone keys new --use event-batch',
  );
}

function keysForBatches({ keys, refused }: BatchKeys): string[] {
  const registered = keys.filter(({ use }) => use === 'event-batch').map(({ kid }) => kid);
  return [...registered, ...refused.map(({ kid }) => kid)];
}

function readSeed(name: string, environment: Environment): Uint8Array {
  const seed = hexToBytes(environment[name] ?? '', SEED_BYTES);
  if (seed !== undefined) return seed;
  throw new CommandError(
    exitCodes.configuration,
    `${name} is not a seed: expected 64 lower-case hex characters.`,
  );
}

function signerOf(key: Key, seed: Uint8Array): BatchSigner & { readonly publicKey: Uint8Array } {
  const { publicKey, sign } = createEd25519Signer(seed);
  return { key, sign, publicKey };
}

function requirePublicKey(signer: ReturnType<typeof signerOf>, name: string): BatchSigner {
  if (bytesToHex(signer.publicKey) === bytesToHex(signer.key.publicKey)) return signer;
  throw new CommandError(
    exitCodes.configuration,
    `The seed in ${name} is not that of ${signer.key.kid}: the keystore has another public key.`,
  );
}

function noSeed({ kid }: Key): CommandError {
  return new CommandError(
    exitCodes.configuration,
    `There is no seed to sign with. Set ${seedVariable(kid)} (or ${SEED_VARIABLE}) to the seed of the key ${kid}, 64 lower-case hex characters.`,
  );
}
