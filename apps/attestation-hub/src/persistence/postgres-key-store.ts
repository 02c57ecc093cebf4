import { AppError } from '@touchstone/contracts';
import { bytesToHex } from '@touchstone/crypto';
import { lockInTransaction, withDatabase } from '@touchstone/postgres';
import type { DataSource, EntityManager } from 'typeorm';
import type { Decided, OperatorAct } from '../domain/decision-ports.js';
import { decisionRecord } from '../domain/decision-records.js';
import type { KeyStore, NewKey } from '../domain/key-ports.js';
import {
  keyError,
  newerNonce,
  nonceAfter,
  NONCE_AGE_MAX_MS,
  signatureFault,
  type KeyFault,
  type Nonce,
} from '../domain/node-keys.js';
import { reconsider } from '../domain/settle-standing.js';
import type { Zones } from '../domain/zones.js';
import { appendAudit } from './audit-statements.js';
import { readGovernance } from './governance-statements.js';
import { closeKey, insertKey, insertToken, setNonce, useToken } from './key-statements.js';
import { lockNodes, updateNodes } from './node-statements.js';
import { writeConsequences, type Announcements } from './observation-statements.js';

/** Keys of one node that are kept, the active one among them; further ones are refused until the node is removed. */
export const KEYS_PER_NODE_MAX = 64;

/** Keeps keys of nodes, and hashes of the tokens with which they join, in PostgreSQL. */
export class PostgresKeyStore implements KeyStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly announcements: Announcements,
    private readonly zones: Zones,
  ) {}

  async owner(keyId: string): Promise<{ nodeId: string; publicKey: string } | undefined> {
    const [row] = await withDatabase(() =>
      this.dataSource.query<{ node_id: string; public_key: Buffer }[]>(
        'SELECT node_id, public_key FROM attestation.node_key WHERE key_id = $1',
        [keyId],
      ),
    );
    return row && { nodeId: row.node_id, publicKey: bytesToHex(row.public_key) };
  }

  addToken(
    token: { readonly hash: string; readonly nodeId: string; readonly expiresAtMs: number },
    act: OperatorAct,
  ): Promise<Decided<void>> {
    return this.transact(async (manager) => {
      await insertToken(manager, token, act.atMs);
      const detail = `until ${new Date(token.expiresAtMs).toISOString()}`;
      return this.told(manager, decisionRecord('ATTESTATION_JOIN_TOKEN_MADE', token.nodeId, act, { detail }));
    });
  }

  join(key: NewKey, tokenHash: string, random: string, act: OperatorAct): Promise<Decided<string>> {
    return this.transact(async (manager) => {
      await useToken(manager, tokenHash, key.nodeId, act.atMs);
      const { expected } = await this.look(manager, key.nodeId);
      return this.register(manager, key, nonceAfter(expected && expected.text, random), act, 'REGISTERED');
    });
  }

  rotate(
    key: NewKey,
    {
      keyId,
      nonce,
      fault,
    }: { readonly keyId: string; readonly nonce: string; readonly fault: KeyFault | null },
    random: string,
    act: OperatorAct,
  ): Promise<Decided<string>> {
    return this.transact(async (manager) => {
      if (fault !== null) throw keyError(fault, '/signature');
      const { keys, last } = await this.look(manager, key.nodeId);
      const wrong = signatureFault({ keyId, nonce, fault }, keys, last, act.atMs);
      if (wrong !== null) throw keyError(wrong, wrong.startsWith('nonce') ? '/nonce' : '/key_id');
      return this.register(manager, key, nonceAfter(nonce, random), act, 'ROTATED');
    });
  }

  revoke(nodeId: string, act: OperatorAct): Promise<Decided<string>> {
    return this.transact(async (manager) => {
      const { known, keys } = await this.look(manager, nodeId);
      const active = keys.find(({ state }) => state === 'active');
      if (active === undefined) throw new AppError('not-found', `The node ${nodeId} has no key.`);
      await closeKey(manager, nodeId, 'revoked', act.atMs);
      const record = decisionRecord('ATTESTATION_KEY_REVOKED', nodeId, act, { detail: active.keyId });
      if (known === undefined) return { ...(await this.told(manager, record)), result: active.keyId };
      const governance = (await readGovernance(manager, [nodeId]))(nodeId);
      const atMs = Math.max(act.atMs, known.lastHeartbeat.atMs);
      const judged = reconsider({ ...known, signedKeyId: null }, governance, this.zones, atMs);
      const observation = { ...judged, audit: [record, ...judged.audit] };
      await updateNodes(manager, [observation.node]);
      await writeConsequences(manager, this.announcements, [{ observation }]);
      return { result: active.keyId, audit: observation.audit, observations: [observation] };
    });
  }

  nonce(nodeId: string, random: string, nowMs: number): Promise<Nonce> {
    return this.transact(async (manager) => {
      const { keys, last } = await this.look(manager, nodeId);
      const active = keys.find(({ state }) => state === 'active');
      if (active === undefined) throw new AppError('not-found', `The node ${nodeId} has no key.`);
      const expected = newerNonce(last, active.nonce);
      if (nowMs - expected.atMs <= NONCE_AGE_MAX_MS) return expected;
      const next = { text: nonceAfter(expected.text, random), atMs: nowMs };
      await setNonce(manager, active.keyId, next);
      return next;
    });
  }

  /** What is known of a node and its keys, under the lock of the node where it was heard. */
  private async look(manager: EntityManager, nodeId: string) {
    // Whoever writes keys of a node comes one after the other, also before it is heard.
    await lockInTransaction(manager, 'node-keys', `attestation/${nodeId}`);
    const known = (await lockNodes(manager, [nodeId])).get(nodeId);
    const { keys } = (await readGovernance(manager, [nodeId]))(nodeId);
    const last = known?.nonce ?? null;
    const expected = keys.reduce<Nonce | null>((newest, { nonce }) => newerNonce(newest, nonce), last);
    return { known, keys, last, expected };
  }

  private async register(
    manager: EntityManager,
    key: NewKey,
    nonce: string,
    act: OperatorAct,
    what: 'REGISTERED' | 'ROTATED',
  ): Promise<Decided<string>> {
    await closeKey(manager, key.nodeId, 'replaced', act.atMs);
    await insertKey(manager, key, { text: nonce, atMs: act.atMs }, KEYS_PER_NODE_MAX);
    const record = {
      ...decisionRecord(`ATTESTATION_KEY_${what}`, key.nodeId, act, { detail: key.keyId }),
      reporter: 'node',
    };
    return { ...(await this.told(manager, record)), result: nonce };
  }

  private async told(
    manager: EntityManager,
    record: ReturnType<typeof decisionRecord>,
  ): Promise<Decided<void>> {
    await appendAudit(manager, [record], this.announcements.auditLinesMax);
    return { result: undefined, audit: [record], observations: [] };
  }

  private transact<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return withDatabase(() => this.dataSource.transaction(work));
  }
}
