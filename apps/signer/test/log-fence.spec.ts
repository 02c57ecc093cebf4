import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RpcClient } from '@touchstone/nats';
import { available, obtainPgbouncer, PGBOUNCER_REMEDY, startPgbouncer } from '@touchstone/testing';
import { SignerFixture } from './support/signer-fixture.js';
import { checkpoint } from './support/signer-requests.js';

const closed = (message: RegExp) => ({ code: 'checkpoint-refused', message: expect.stringMatching(message) });
/** What a dump does with a table: other transactions write the same rows. */
const RESTORE_FROM_DUMP = `
  CREATE TEMPORARY TABLE dumped AS SELECT * FROM signer.log_fence;
  TRUNCATE signer.log_fence;
  INSERT INTO signer.log_fence SELECT * FROM dumped`;
const MOVE = `UPDATE signer.log_fence SET system_identifier = '7', written_by = pg_current_xact_id()`;

const behindPgbouncer = available(obtainPgbouncer() !== undefined, PGBOUNCER_REMEDY) ? it : it.skip;

describe('the fence of a log', () => {
  let fixture: SignerFixture;
  let worker: RpcClient;
  beforeEach(async () => {
    fixture = await SignerFixture.create();
    await fixture.start();
    worker = await fixture.client('anchor-worker');
  });
  afterEach(() => fixture.close());

  const sign = (size: number, fromSize: number) =>
    worker.call('signer', 'sign-checkpoint', checkpoint(size, fromSize));
  const fence = () => fixture.rows('SELECT xmin::text, * FROM signer.log_fence');

  it('stands where the database is before anything is signed, and is not written again', async () => {
    const [first] = await fence();
    const [place] = await fixture.rows(
      'SELECT system_identifier::text, timeline_id::text AS timeline FROM pg_control_system(), pg_control_checkpoint()',
    );
    expect(first).toMatchObject({ ...place, closed: false });
    await sign(3, 0);
    await fixture.start();
    await sign(7, 3);
    expect(await fence()).toEqual([first]);
  });

  it('bears what the server does with its rows by itself', async () => {
    await sign(3, 0);
    for (const work of ['VACUUM (FULL, FREEZE)', 'VACUUM (FREEZE)', 'ANALYZE'])
      await fixture.rows(`${work} signer.log_fence`);
    await expect(sign(7, 3)).resolves.toBeDefined();
  });

  it.each([
    ['restored from a dump', RESTORE_FROM_DUMP, /restored from a dump/],
    ['on another server', MOVE, /on another server/],
    [
      'on another timeline',
      'UPDATE signer.log_fence SET timeline = 7, written_by = pg_current_xact_id()',
      /from timeline 7 to 1/,
    ],
  ])('is closed for a database that is %s, and only outputs are signed', async (_what, change, reason) => {
    await sign(3, 0);
    await fixture.rows(change);
    await expect(sign(7, 3)).rejects.toMatchObject(closed(reason));
    // Not even the last one again: nobody knows whether another one took its place.
    await expect(sign(3, 0)).rejects.toMatchObject(closed(/docs\/runbooks\/restore\.md/));
    const replica = await fixture.start();
    await replica.ready();
    await expect(sign(7, 3)).rejects.toMatchObject(closed(reason));
    const audit = await fixture.rows(
      "SELECT result FROM signer.signing_audit WHERE operation = 'sign-checkpoint' ORDER BY id",
    );
    expect(audit.map(({ result }) => result)).toEqual(['signed', 'refused', 'refused', 'refused']);
  });

  behindPgbouncer('is the same behind PgBouncer', async () => {
    await sign(3, 0);
    const before = await fence();
    const url = fixture.database.urlFor('signer');
    const pooler = await startPgbouncer(url);
    fixture.onClose(() => pooler.stop());
    const replica = await fixture.start({ DATABASE_URL: pooler.through(url) });
    await replica.ready();
    for (let size = 4; size <= 9; size += 1) await sign(size, size - 1);
    expect(await fence()).toEqual(before);
  });

  it('notices a database that went back beneath the running process', async () => {
    await sign(3, 0);
    await sign(7, 3);
    await fixture.rows('DELETE FROM signer.signed_checkpoint WHERE size = 7');
    await expect(sign(9, 3)).rejects.toMatchObject(closed(/ends at size 3 and forgot size 7/));
  });
});
