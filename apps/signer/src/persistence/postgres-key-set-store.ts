import type { DataSource, EntityManager } from 'typeorm';
import { canonicalBytes, canonicalJson } from '@touchstone/canonical-json';
import { keySet, type KeySet, type KeystoreEntry } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { Clock } from '@touchstone/platform/wiring';
import { lockInTransaction, withDatabase, type Outbox } from '@touchstone/postgres';
import { advanceStatuses, mergeKeys } from '../domain/merge-key-set.js';
import type { KeySetStore } from '../domain/ports.js';

/** Keeps the versions of the key set and announces each one through the outbox. */
export class PostgresKeySetStore implements KeySetStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  publish(held: readonly KeystoreEntry[]): Promise<KeySet> {
    return withDatabase(() => this.update((listed) => mergeKeys(listed, held, this.clock.nowMs())));
  }

  current(): Promise<KeySet> {
    return withDatabase(async () => {
      const last = await lastVersion(this.dataSource.manager);
      const advance = (listed: readonly KeystoreEntry[]) =>
        advanceStatuses(listed, listed, this.clock.nowMs());
      if (last && sameKeys(last.keySet.keys, advance(last.keySet.keys))) return last.keySet;
      return this.update(advance);
    });
  }

  private update(change: (listed: readonly KeystoreEntry[]) => KeystoreEntry[]): Promise<KeySet> {
    return this.dataSource.transaction(async (manager) => {
      await lockInTransaction(manager, 'key-set', 'signer');
      const last = await lastVersion(manager);
      const keys = change(last?.keySet.keys ?? []);
      if (last && sameKeys(last.keySet.keys, keys)) return last.keySet;
      const next: KeySet = {
        type: 'touchstone.key-set.v1',
        sequence: last ? last.keySet.sequence + 1 : 0,
        keys,
        previous: last ? last.hash : null,
      };
      await manager.query('INSERT INTO signer.key_set (sequence, body, hash) VALUES ($1, $2, $3)', [
        next.sequence,
        JSON.stringify(next),
        Buffer.from(sha256(canonicalBytes(next))),
      ]);
      await this.outbox.append(manager, 'evt.v1.signing.key-set.changed', { keySet: next });
      return next;
    });
  }
}

async function lastVersion(manager: EntityManager): Promise<{ keySet: KeySet; hash: string } | undefined> {
  const [row] = (await manager.query(
    'SELECT body, hash FROM signer.key_set ORDER BY sequence DESC LIMIT 1',
  )) as { body: unknown; hash: Buffer }[];
  return row && { keySet: keySet.parse(row.body), hash: bytesToHex(row.hash) };
}

function sameKeys(one: readonly KeystoreEntry[], other: readonly KeystoreEntry[]): boolean {
  return canonicalJson([...one]) === canonicalJson([...other]);
}
