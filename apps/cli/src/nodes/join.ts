import { canonicalJson } from '@touchstone/canonical-json';
import { keyAnswer } from '@touchstone/contracts/http/attestation-hub';
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { fetchJson } from '../stack/running-stack.js';
import { printableLine } from '../terminal/printable.js';
import { hubUrl, type HubOptions } from './hub.js';
import { makeJoinToken, operatedHub, revokeKey } from './operate.js';

interface JsonOptions extends HubOptions {
  readonly json: boolean;
}

/** `touchstone nodes join-token`. */
export async function joinTokenCommand(
  id: string,
  options: JsonOptions & { readonly seconds: number },
): Promise<ExitCode> {
  const answer = await makeJoinToken(operatedHub(options), id, options.seconds);
  return print(options, answer, answer.token);
}

/** `touchstone nodes revoke-key`. */
export async function revokeKeyCommand(id: string, options: JsonOptions): Promise<ExitCode> {
  const answer = await revokeKey(operatedHub(options), id);
  return print(options, answer, `The key ${answer.keyId} of ${id} is revoked.`);
}

/** `touchstone nodes join`: the key of the file joins, or a new one that is written there first. */
export async function joinCommand(
  id: string,
  options: JsonOptions & { readonly key: string },
): Promise<ExitCode> {
  const token = process.env['TOUCHSTONE_JOIN_TOKEN'];
  if (!token) throw new CommandError(exitCodes.usage, 'Give the join token in TOUCHSTONE_JOIN_TOKEN.');
  const url = hubUrl(options);
  const key = existsSync(options.key) ? readKey(options.key) : makeKey(options.key);
  const public_key = createPublicKey(key)
    .export({ format: 'der', type: 'spki' })
    .subarray(-32)
    .toString('hex');
  const body = { token, node_id: id, public_key };
  const proof = sign(null, Buffer.from(`touchstone.join.v1|${canonicalJson(body)}`), key).toString('hex');
  const answer = await fetchJson(`${url}/v1/nodes/join`, keyAnswer, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, proof }),
  });
  return print(
    options,
    answer,
    `${id} signs with the key ${answer.keyId} from now on; its first nonce is ${answer.nonce}.`,
  );
}

function makeKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' });
    writeFileSync(path, pem, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw new CommandError(
      exitCodes.io,
      `Cannot write ${path}: ${error instanceof Error ? error.message : ''}`,
    );
  }
  return privateKey;
}

/** Largest file of a key that is read. */
const KEY_FILE_BYTES = 4_096;

function readKey(path: string): KeyObject {
  try {
    const key = createPrivateKey(readFileSync(path).subarray(0, KEY_FILE_BYTES));
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below, without what the file holds.
  }
  throw new CommandError(exitCodes.io, `${path} holds no Ed25519 private key in PEM.`);
}

function print({ json }: JsonOptions, answer: object, text: string): ExitCode {
  process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : `${printableLine(text)}\n`);
  return exitCodes.ok;
}
