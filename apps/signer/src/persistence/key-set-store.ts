import type { DataSource } from 'typeorm';
import { canonicalBytes, canonicalJson } from '@touchstone/canonical-json';
import { keySet, type KeySet, type KeystoreEntry } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import type { Clock } from '@touchstone/platform';
import type { Outbox } from '@touchstone/postgres';
import { mergeKeys, refreshStatuses } from '../domain/merge-key-set.js';
import type { KeySetStore } from '../domain/ports.js';

const KEY_SET_LOCK = 0x7063_0003;

/** Keeps the versions of the key set and announces each one through the outbox. */
export class PostgresKeySetStore implements KeySetStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  publish(held: readonly KeystoreEntry[]): Promise<KeySet> {
    return this.update((listed) => mergeKeys(listed, held, this.clock.nowMs()));
  }

  refresh(): Promise<KeySet> {
    return this.update((listed) => refreshStatuses(listed, this.clock.nowMs()));
  }

  private update(change: (listed: readonly KeystoreEntry[]) => KeystoreEntry[]): Promise<KeySet> {
    return this.dataSource.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [KEY_SET_LOCK]);
      const rows: { body: unknown; hash: Buffer }[] = await manager.query(
        'SELECT body, hash FROM signer.key_set ORDER BY sequence DESC LIMIT 1',
      );
      const last = rows[0] && keySet.parse(rows[0].body);
      const keys = change(last?.keys ?? []);
      if (last && canonicalJson(last.keys) === canonicalJson(keys)) return last;
      const next: KeySet = {
        type: 'touchstone.key-set.v1',
        sequence: last ? last.sequence + 1 : 0,
        keys,
        previous: rows[0] ? bytesToHex(rows[0].hash) : null,
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
