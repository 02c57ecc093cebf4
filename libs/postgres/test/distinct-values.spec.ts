import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@touchstone/testing';
import pg from 'pg';
import { distinctValuesSql } from '../src/index.js';

describe('different values of a column', () => {
  let database: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    database = await createTestDatabase('distinct_values');
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('CREATE TABLE coloured (colour text NOT NULL, live boolean NOT NULL)');
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });
  const values = async (condition?: string): Promise<string[]> =>
    (await client.query<{ colour: string }>(distinctValuesSql('coloured', 'colour', condition))).rows.map(
      ({ colour }) => colour,
    );

  it('are none in an empty table', async () => {
    expect(await values()).toEqual([]);
  });

  it('are each once, in order, of the rows that count', async () => {
    await client.query(
      `INSERT INTO coloured SELECT colour, colour <> 'b' OR copy = 7
       FROM unnest(ARRAY['c', 'a', 'b', 'd']) AS given (colour), generate_series(1, 50) AS copies (copy)`,
    );
    await client.query(`UPDATE coloured SET live = false WHERE colour = 'd'`);
    expect(await values()).toEqual(['a', 'b', 'c', 'd']);
    expect(await values('live')).toEqual(['a', 'b', 'c']);
  });
});
