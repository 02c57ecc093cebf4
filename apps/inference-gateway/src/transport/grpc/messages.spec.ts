import { describe, expect, it } from '@jest/globals';
import { canonicalJson } from '@touchstone/canonical-json';
import { proofMessage, requestOf } from './messages.js';

const message = { modelId: 'digits', inputs: [], text: 'a', features: {} };

describe('requestOf', () => {
  it.each([
    ['PROVE_MODE_UNSPECIFIED', undefined],
    ['PROVE_MODE_NONE', 'none'],
    ['PROVE_MODE_LATER', 'later'],
    ['PROVE_MODE_NOW', 'now'],
  ])('has the mode %s as JSON has it', (prove, expected) => {
    expect(requestOf({ ...message, prove })).toEqual({
      text: 'a',
      ...(expected === undefined ? {} : { prove: expected }),
    });
  });

  it('leaves the number of a mode that is none to the schema, which refuses it', () => {
    expect(requestOf({ ...message, prove: 4 })).toEqual({ text: 'a', prove: 4 });
  });
});

describe('proofMessage', () => {
  it('has the proof as the bytes that its identifier is of, in whatever order it was written', () => {
    const zk = { proof: { b: '2', a: '1' }, publicSignals: ['7'] };
    const body = { verificationId: 'id', model: {}, circuit: { setup: 'single-party' }, zk, cid: 'bafk' };
    const { verificationId, execution } = proofMessage(
      new TextEncoder().encode(JSON.stringify({ ...body, prover: { name: 'p' }, payment: null, links: {} })),
    ) as Record<string, unknown>;
    expect(verificationId).toBe('id');
    expect(execution).toEqual({
      ...{ circuit: body.circuit, cid: 'bafk', prover: { name: 'p' } },
      zkJson: canonicalJson(zk),
    });
  });
});
