import { describe, expect, it } from '@jest/globals';
import { readDatabaseUrl } from './database-url.js';

const base = 'postgresql://signer:se%3Fcret@db.example:5432/touchstone';

describe('a database URL', () => {
  it.each([
    ['', ''],
    ['?sslmode=disable', ''],
    ['?application_name=x&sslmode=disable&connect_timeout=3', '?application_name=x&connect_timeout=3'],
  ])('keeps what is not about TLS: %j', (query, rest) => {
    expect(readDatabaseUrl(base + query)).toEqual({ connectionString: base + rest, ssl: false });
  });

  it.each(['require', 'verify-ca', 'verify-full'])('verifies the server with sslmode=%s', (mode) => {
    expect(readDatabaseUrl(`${base}?sslmode=${mode}`).ssl).toEqual({ rejectUnauthorized: true });
  });

  it('encrypts without verification when asked to', () => {
    expect(readDatabaseUrl(`${base}?sslmode=no-verify`).ssl).toEqual({ rejectUnauthorized: false });
  });

  it('may lead to a folder of sockets', () => {
    const url = 'postgresql://signer:secret@/touchstone?host=%2Fvar%2Frun';
    expect(readDatabaseUrl(url)).toEqual({ connectionString: url, ssl: false });
  });

  it.each(['?sslmode=on', '?ssl=1', '?SSLMODE=require', '?sslpassword=x', '?sslmode=require&sslkey=/none'])(
    'does not tell its secrets when it is refused: %s',
    (query) => {
      let message = '';
      try {
        readDatabaseUrl(base + query);
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toMatch(/^DATABASE_URL: /);
      expect(message).not.toMatch(/cret|db\.example/);
    },
  );
});
