import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { parseStrictJson } from '@touchstone/canonical-json';
import { keystoreEntry, type KeystoreEntry } from '@touchstone/contracts';
import { bytesToHex, createEd25519Signer, parseKeystore, withStatusesAt } from '@touchstone/crypto';
import { formatBatchTime, KEYSTORE_FILE_BYTES_MAX } from '@touchstone/event-batch';
import { answer } from '../event-batch/answer.js';
import { loadKeystore } from '../event-batch/keystore-file.js';
import { seedVariable } from '../event-batch/signing-key.js';
import { replaceFile } from '../event-batch/write-batch.js';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { readInput } from '../terminal/files.js';

const SEED_BYTES = 32;
const DAY_MS = 86_400_000;
const KID_SUFFIX_BYTES = 2;

export interface NewKeyOptions {
  readonly use: 'event-batch';
  readonly keystore: string;
  readonly kid?: string;
  readonly name?: string;
  readonly days: number;
  readonly seedFile?: string;
  readonly json: boolean;
}

/** `touchstone keys new`: a seed that is shown once, or written for its owner alone, and its entry in the keystore. */
export async function newKeyCommand(options: NewKeyOptions): Promise<ExitCode> {
  const nowMs = Date.now();
  const seed = randomBytes(SEED_BYTES);
  const entry = newEntry(options, createEd25519Signer(seed).publicKey, nowMs);
  const others = await existingEntries(options.keystore, nowMs);
  const keystore = { version: 1, keys: [...withStatusesAt(others, nowMs), entry] };
  const read = parseKeystore(keystore, nowMs);
  if (!read.ok) {
    const what = read.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; ');
    throw new CommandError(exitCodes.usage, `The new entry does not fit into the keystore: ${what}`);
  }
  const hex = bytesToHex(seed);
  if (options.seedFile !== undefined) writeSeed(options.seedFile, hex);
  const folder = dirname(options.keystore);
  mkdirSync(folder, { recursive: true });
  replaceFile(folder, basename(options.keystore), `${JSON.stringify(keystore, null, 2)}\n`);
  report(options, entry, hex);
  return exitCodes.ok;
}

function report({ json, keystore, seedFile }: NewKeyOptions, entry: KeystoreEntry, seed: string): void {
  const variable = seedVariable(entry.kid);
  const secret = seedFile === undefined ? { seed } : { seedFile };
  const value = {
    schema: 'touchstone.new-key.v1',
    kid: entry.kid,
    keystore,
    variable,
    entry,
    ...secret,
    exitCode: exitCodes.ok,
  };
  answer(json, value, [
    `${keystore} has the key ${entry.kid}, which signs until ${entry.not_after}.`,
    ...(seedFile === undefined
      ? ['Its seed is shown this once; whoever has it signs in your name:', `  export ${variable}=${seed}`]
      : [
          `Its seed is in ${seedFile}, which only you can read:`,
          `  export ${variable}="$(cat '${seedFile}')"`,
        ]),
  ]);
}

function newEntry(options: NewKeyOptions, publicKey: Uint8Array, nowMs: number): KeystoreEntry {
  const notBefore = formatBatchTime('event-batch-v1', nowMs);
  const suffix = bytesToHex(randomBytes(KID_SUFFIX_BYTES));
  const kid = options.kid ?? `batch-${notBefore.slice(0, 10)}-${suffix}`;
  const entry = keystoreEntry.safeParse({
    kid,
    alg: 'Ed25519',
    use: options.use,
    name: options.name ?? `event-batch/${kid}`,
    public_key: bytesToHex(publicKey),
    status: 'active',
    not_before: notBefore,
    not_after: formatBatchTime('event-batch-v1', nowMs + options.days * DAY_MS),
  });
  if (entry.success) return entry.data;
  const what = entry.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new CommandError(exitCodes.usage, `The key cannot be made: ${what}`);
}

/** Entries as the file has them; `loadKeystore` has judged them. */
async function existingEntries(path: string, nowMs: number): Promise<KeystoreEntry[]> {
  if (!existsSync(path)) return [];
  await loadKeystore(path, nowMs);
  const read = parseStrictJson(await readInput(path, KEYSTORE_FILE_BYTES_MAX), {
    maxBytes: KEYSTORE_FILE_BYTES_MAX,
  });
  const { keys } = (read.ok ? read.value : { keys: [] }) as unknown as { keys: unknown[] };
  return keys.map((key) => keystoreEntry.parse(key));
}

/** A file that is there may hold the only copy of another seed. */
function writeSeed(path: string, seed: string): void {
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, `${seed}\n`);
    fsyncSync(file);
    closeSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new CommandError(exitCodes.usage, `${path} exists already; name another file for the seed.`);
  }
}
