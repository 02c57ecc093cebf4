import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@touchstone/contracts';

/** The order of secp256k1 (SEC 2, section 2.4.1); a private key is a number from 1 to one less. */
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const LINE = /^([A-Z][A-Z0-9_]*)=([\x21-\x7e]*)$/;

/** Makes one secret. */
export type SecretMaker = () => string;

/** 32 random bytes as lower-case hex. */
export const randomSecret: SecretMaker = () => randomBytes(32).toString('hex');

/** A private key of secp256k1 as lower-case hex. */
export const secp256k1Key: SecretMaker = () => {
  for (;;) {
    const key = randomSecret();
    const value = BigInt(`0x${key}`);
    if (value > 0n && value < CURVE_ORDER) return key;
  }
};

/** Makers by the name of the environment variable that carries the secret. */
export type SecretPlan = Readonly<Record<string, SecretMaker>>;

/** The secrets of one owner. */
export type Secrets<P extends SecretPlan> = { readonly [K in keyof P]: string };

function parse(path: string): Map<string, string> {
  const values = new Map<string, string>();
  if (!existsSync(path)) return values;
  for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name, value] = LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new AppError('config-invalid', `${path}, line ${index + 1}: expected NAME=value.`);
    }
    values.set(name, value);
  }
  return values;
}

/**
 * The secrets of an embedded stack: one file `<owner>.env` (0600) per process in a folder (0700). A secret is made
 * once and then stays; what a file has and the plan has not is kept, because an operator may have put it there.
 */
export class SecretStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  }

  /** The path of an owner's file. */
  path(owner: string): string {
    return join(this.#folder, `${owner}.env`);
  }

  /** Reads the owner's secrets and makes those that are missing. */
  ensure<P extends SecretPlan>(owner: string, plan: P): Secrets<P> {
    const path = this.path(owner);
    const values = parse(path);
    const missing = Object.entries(plan).filter(([name]) => !values.has(name));
    for (const [name, make] of missing) values.set(name, make());
    if (missing.length > 0) {
      const text = [...values].map(([name, value]) => `${name}=${value}\n`).join('');
      const partial = `${path}.${process.pid}.partial`;
      writeFileSync(partial, text, { mode: 0o600 });
      renameSync(partial, path);
    }
    chmodSync(path, 0o600);
    return Object.fromEntries(Object.keys(plan).map((name) => [name, values.get(name)])) as Secrets<P>;
  }
}
