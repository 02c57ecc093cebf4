import assert from 'node:assert/strict';
import { problem } from '@touchstone/contracts/http/every-service';
import type { z } from 'zod';

/** Reads a refusal; rejects when it is no problem of RFC 9457, or one about another status. */
export async function problemOf(response: Response): Promise<z.output<typeof problem>> {
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  const refusal = problem.parse(await response.json());
  assert.equal(refusal.status, response.status);
  return refusal;
}
