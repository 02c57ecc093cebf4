import { describe, expect, it } from '@jest/globals';
import { believedCaller } from './caller.js';

const endpoint = { service: 'signer', verb: 'sign-checkpoint' } as const;
const SUBJECT = 'svc.v1.signer.sign-checkpoint.anchor-worker';
const REPLY = '_INBOX_anchor-worker.abc.1';

describe('the caller of a request', () => {
  it('is the last token when the reply lies in its inbox', () => {
    expect(believedCaller(endpoint, SUBJECT, REPLY)).toBe('anchor-worker');
  });

  it.each([
    ['no reply subject', SUBJECT, undefined],
    ['an empty reply subject', SUBJECT, ''],
    ['the inbox of another service', SUBJECT, '_INBOX_signer.abc.1'],
    ['an inbox whose name only begins alike', SUBJECT, '_INBOX_anchor-worker-2.abc'],
    ['an event as reply', SUBJECT, 'evt.v1.signing.key-set.changed'],
    ['another RPC as reply', SUBJECT, 'svc.v1.payment-verifier.release.signer'],
    ['a caller that is not listed', 'svc.v1.signer.sign-checkpoint.proof-service', '_INBOX_proof-service.a'],
    ['an unknown caller', 'svc.v1.signer.sign-checkpoint.mallory', '_INBOX_mallory.a'],
    ['an empty caller', 'svc.v1.signer.sign-checkpoint.', '_INBOX_.a'],
    ['a longer subject', `${SUBJECT}.x`, REPLY],
    ['another verb', 'svc.v1.signer.sign-output.anchor-worker', REPLY],
    ['a stored event delivered to the endpoint', 'evt.v1.anchor.batch.sealed', '$JS.ACK.ANCHOR.x.1.1.1.1.1'],
  ])('is not believed with %s', (_name, subject, reply) => {
    expect(believedCaller(endpoint, subject, reply)).toBeUndefined();
  });
});
