import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex, createEd25519Signer } from '@touchstone/crypto';
import type { KeystoreEntry } from '@touchstone/contracts';
import { touchstone, type Ended } from './touchstone.js';

const SEED = new Uint8Array(32).fill(9);

/** The seed of the key of {@link keyEntry}, as the environment has it. */
export const SEED_HEX = bytesToHex(SEED);
export const KID = 'batch-1';
const DAY_MS = 86_400_000;

/** A time so many days from now, in whole seconds. */
export const daysFromNow = (days: number): string =>
  `${new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 19)}Z`;

/** An entry of a keystore that is active now. */
export const keyEntry = (changes: Partial<KeystoreEntry> = {}): KeystoreEntry => ({
  kid: KID,
  alg: 'Ed25519',
  use: 'event-batch',
  name: 'batches.example',
  public_key: bytesToHex(createEd25519Signer(SEED).publicKey),
  status: 'active',
  not_before: daysFromNow(-30),
  not_after: daysFromNow(30),
  ...changes,
});

export const keystoreText = (...keys: readonly unknown[]): string => JSON.stringify({ version: 1, keys });

export const eventLine = (id: string, more: object = {}): string =>
  JSON.stringify({ id, salt: 'uP0W3b1nq6mA9k2sQe7xZg', ...more });

/** A folder of its own with a keystore and a file of events. */
export class BatchFolder {
  readonly root = mkdtempSync(join(tmpdir(), 'touchstone-batch-'));
  readonly out = join(this.root, 'evidence');
  readonly keystore = this.write('keystore.json', keystoreText(keyEntry()));
  readonly events = this.write('events.ndjson', ['b', 'a', 'ü'].map((id) => eventLine(id)).join('\n'));

  write(name: string, text: string): string {
    const file = join(this.root, name);
    writeFileSync(file, text);
    return file;
  }

  sign(
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = { ORACLE_ED25519_SEED: SEED_HEX },
  ): Promise<Ended> {
    return touchstone(
      ['sign-batch', '--events', this.events, '--out', this.out, '--keystore', this.keystore, ...args],
      { env },
    );
  }

  verify(...args: readonly string[]): Promise<Ended> {
    return touchstone(['verify-batch', this.out, '--keystore', this.keystore, ...args]);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
