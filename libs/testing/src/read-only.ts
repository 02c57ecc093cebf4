import pg from 'pg';
import { waitUntil } from './wait-until.js';

/** Sets for all sessions, those that are open too, whether new transactions may write. */
export async function setReadOnly(superuserUrl: string, readOnly: boolean): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    await client.query(`ALTER SYSTEM SET default_transaction_read_only = ${readOnly ? 'on' : 'off'}`);
    await client.query('SELECT pg_reload_conf()');
    // The server tells its sessions one after the other, after this answer; this one hears of it with the others.
    await waitUntil(async () => {
      const { rows } = await client.query<{ is: boolean }>(
        "SELECT current_setting('default_transaction_read_only')::boolean AS is",
      );
      return rows[0]?.is === readOnly;
    });
  } finally {
    await client.end();
  }
}
