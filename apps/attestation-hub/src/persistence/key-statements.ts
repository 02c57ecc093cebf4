import { AppError } from '@touchstone/contracts';
import type { NewKey } from '../domain/key-ports.js';
import type { Nonce } from '../domain/node-keys.js';
import type { Queryable } from './governance-statements.js';

/** Join tokens that may wait to be used. */
export const JOIN_TOKENS_MAX = 10_000;

/** Keeps the hash of a token, and forgets those that can be used no more. */
export async function insertToken(
  manager: Queryable,
  {
    hash,
    nodeId,
    expiresAtMs,
  }: { readonly hash: string; readonly nodeId: string; readonly expiresAtMs: number },
  nowMs: number,
): Promise<void> {
  await manager.query('LOCK TABLE attestation.join_token IN SHARE ROW EXCLUSIVE MODE', []);
  await manager.query('DELETE FROM attestation.join_token WHERE expires_at <= $1', [timeText(nowMs)]);
  const [counted] = (await manager.query('SELECT count(*) AS tokens FROM attestation.join_token', [])) as [
    { tokens: string },
  ];
  if (Number(counted.tokens) >= JOIN_TOKENS_MAX)
    throw new AppError('conflict', `${JOIN_TOKENS_MAX} join tokens wait until their time is over.`);
  await manager.query(
    "INSERT INTO attestation.join_token (hash, node_id, expires_at) VALUES (decode($1, 'hex'), $2, $3)",
    [hash, nodeId, timeText(expiresAtMs)],
  );
}

/** Uses up a token. @throws AppError `unauthenticated` with the reason */
export async function useToken(
  manager: Queryable,
  hash: string,
  nodeId: string,
  nowMs: number,
): Promise<void> {
  const [token] = (await manager.query(
    "SELECT node_id, expires_at, used_at FROM attestation.join_token WHERE hash = decode($1, 'hex') FOR UPDATE",
    [hash],
  )) as { node_id: string; expires_at: Date; used_at: Date | null }[];
  const fault =
    token === undefined
      ? 'token-unknown'
      : token.used_at !== null
        ? 'token-used'
        : token.expires_at.getTime() <= nowMs
          ? 'token-expired'
          : token.node_id !== nodeId
            ? 'token-of-another-node'
            : undefined;
  if (fault !== undefined)
    throw new AppError('unauthenticated', `${fault}: The join token does not let the node ${nodeId} join.`, {
      details: [{ pointer: '/token', detail: fault }],
    });
  await manager.query("UPDATE attestation.join_token SET used_at = $2 WHERE hash = decode($1, 'hex')", [
    hash,
    timeText(nowMs),
  ]);
}

/** Ends the active key of a node, if it has one. */
export async function closeKey(
  manager: Queryable,
  nodeId: string,
  state: 'replaced' | 'revoked',
  nowMs: number,
): Promise<void> {
  await manager.query(
    "UPDATE attestation.node_key SET state = $2, closed_at = $3 WHERE node_id = $1 AND state = 'active'",
    [nodeId, state, timeText(nowMs)],
  );
}

/** @throws AppError `conflict` where the key was registered before, or the node has too many */
export async function insertKey(
  manager: Queryable,
  { keyId, nodeId, publicKey }: NewKey,
  nonce: Nonce,
  keysMax: number,
): Promise<void> {
  const inserted = (await manager.query(
    `INSERT INTO attestation.node_key (key_id, node_id, public_key, state, registered_at, nonce, nonce_at)
     SELECT $1, $2, decode($3, 'hex'), 'active', $4::timestamptz, $5, $4::timestamptz
     WHERE (SELECT count(*) FROM attestation.node_key WHERE node_id = $2) < $6
     ON CONFLICT (key_id) DO NOTHING RETURNING key_id`,
    [keyId, nodeId, publicKey, timeText(nonce.atMs), nonce.text, keysMax],
  )) as unknown[];
  if (inserted.length === 0)
    throw new AppError(
      'conflict',
      `The key was registered before, or the node ${nodeId} had ${keysMax} keys; use a new key, or remove the node.`,
    );
}

export async function setNonce(manager: Queryable, keyId: string, { text, atMs }: Nonce): Promise<void> {
  await manager.query('UPDATE attestation.node_key SET nonce = $2, nonce_at = $3 WHERE key_id = $1', [
    keyId,
    text,
    timeText(atMs),
  ]);
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
