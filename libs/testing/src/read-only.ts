import pg from 'pg';

/** Sets for all sessions, those that are open too, whether new transactions may write. */
export async function setReadOnly(superuserUrl: string, readOnly: boolean): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    await client.query(`ALTER SYSTEM SET default_transaction_read_only = ${readOnly ? 'on' : 'off'}`);
    await client.query('SELECT pg_reload_conf()');
  } finally {
    await client.end();
  }
}
