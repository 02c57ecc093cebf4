import { describe, expect, it } from '@jest/globals';
import { oldOutbox, olderVersions, type OldRows, type ServiceDataSource } from './older-versions.js';

/** What runs the statements of a migration. */
interface Runner {
  query(text: string): Promise<unknown>;
}

const change = (change: { name: string; up: string; down?: string }) =>
  class {
    readonly name = change.name;
    async up(runner: Runner): Promise<void> {
      await runner.query(change.up);
    }
    async down(runner: Runner): Promise<void> {
      if (change.down === undefined) throw new Error('This migration cannot be undone.');
      await runner.query(change.down);
    }
  };

const First = change({
  name: 'First1700000000000',
  up: 'CREATE TABLE signer.kept (id int PRIMARY KEY, amount numeric(78,0) NOT NULL)',
  down: 'DROP TABLE signer.kept',
});
const Last = (up: string, down?: string) =>
  change({ name: 'Last1700000000001', up, ...(down === undefined ? {} : { down }) });
const added = 'ALTER TABLE signer.kept ADD COLUMN text text';
const removed = 'ALTER TABLE signer.kept DROP COLUMN text';
const rows: OldRows[] = [{ sql: 'INSERT INTO signer.kept VALUES (1, 10), (2, 115792089237316195423570985)' }];

const check = async (
  last: ReturnType<typeof Last>,
  trial: { rows?: readonly OldRows[]; expectRows?: (source: ServiceDataSource) => Promise<void> } = {},
): Promise<void> => {
  const versions = olderVersions({
    service: 'signer',
    // The order in which they run is that of their names.
    optionsFor: (url) => ({ url, schema: 'signer', applicationName: 'older', migrations: [last, First] }),
    rows,
    expectRows: async () => undefined,
    ...trial,
  });
  expect(versions.map(({ version }) => version)).toEqual(['First1700000000000']);
  await versions[0]?.check();
};

describe('the check of older versions', () => {
  it('passes migrations that lose nothing and can be undone, with what stores read', async () => {
    const read: unknown[] = [];
    await check(Last(added, removed), {
      expectRows: async (source) => {
        read.push(...((await source.query('SELECT id, text FROM signer.kept ORDER BY id')) as unknown[]));
      },
    });
    expect(read).toEqual([
      { id: 1, text: null },
      { id: 2, text: null },
    ]);
  });

  it.each([
    ['loses a row', Last(`DELETE FROM signer.kept WHERE id = 1`, 'SELECT 1'), 'the rows of kept'],
    ['changes a value', Last(`UPDATE signer.kept SET amount = amount + 1`, 'SELECT 1'), 'the rows of kept'],
    ['takes a table away', Last('DROP TABLE signer.kept', 'SELECT 1'), 'the rows of kept'],
    ['cannot be undone', Last(added), 'cannot be undone'],
    ['leaves something behind', Last('CREATE TABLE signer.more (id int)', 'SELECT 1'), 'signer.more|more'],
  ])('fails on a migration that %s', async (_what, last, message) => {
    await expect(check(last)).rejects.toThrow(new RegExp(message));
  });

  it('fails where a table has no row of then, and where the stores of today read something else', async () => {
    await expect(check(Last(added, removed), { rows: [] })).rejects.toThrow('tables without a row of then');
    const expectRows = () => Promise.reject(new Error('read wrongly'));
    await expect(check(Last(added, removed), { expectRows })).rejects.toThrow('read wrongly');
  });

  it('writes the rows of the version that is checked, and an inbox until it was taken away', async () => {
    const ended = { before: 'First1700000000000', sql: 'SELECT no_such_function()' };
    const later = { since: 'Last1700000000001', sql: 'SELECT no_such_function()' };
    await check(Last(added, removed), { rows: [...rows, ended, later] });
    const [inbox, events] = oldOutbox('signer', 'evt.v1.signing.key-set.changed', { text: "it's" });
    expect(inbox).toMatchObject({ before: 'DropInbox1785700000000' });
    expect(events?.sql).toContain(`{"text":"it''s"}`);
  });
});
