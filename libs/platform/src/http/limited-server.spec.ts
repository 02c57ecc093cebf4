import { describe, expect, it } from '@jest/globals';
import { LONG_REQUEST_TIMEOUT_MS } from './body-time.js';
import { createLimitedServer } from './limited-server.js';
import { CONNECTIONS_MAX, HEADERS_TIMEOUT_MS } from './limits.js';

describe('a server for which nothing else is said', () => {
  // What the server does at these bounds is seen with smaller ones in test/slow-clients.system.spec.ts.
  it('has the bounds of the table of limits', () => {
    const { maxConnections, headersTimeout, requestTimeout } = createLimitedServer(() => undefined);
    expect({ maxConnections, headersTimeout, requestTimeout }).toEqual({
      maxConnections: CONNECTIONS_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      // Those of routes that do not take large files have less, by a timer of their own.
      requestTimeout: LONG_REQUEST_TIMEOUT_MS,
    });
  });
});
