import pg from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;

/** Questions to the stack's database, past every service; each has its own connection, because servers are killed. */
export class Database {
  constructor(private readonly url: string) {}

  async rows<T extends object>(sql: string, parameters: readonly unknown[] = []): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<T>(sql, [...parameters])).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
