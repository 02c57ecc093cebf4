import { expect, it } from '@jest/globals';
import { problem } from '@touchstone/contracts/http/every-service';
import { z } from 'zod';
import { buildOpenApi } from './document.js';

it('a document describes a problem as its contract does', () => {
  const { schemas } = buildOpenApi([], { title: '', version: '' }).components;
  const { $schema: _, ...contract } = z.toJSONSchema(problem, { io: 'input' });
  // An integer's bounds are those of JSON numbers, which say nothing of a status.
  const { status, ...properties } = contract.properties ?? {};
  expect(status).toMatchObject({ type: 'integer' });
  expect(schemas).toEqual({
    Problem: { ...contract, properties: { ...properties, status: { type: 'integer' } } },
  });
});
