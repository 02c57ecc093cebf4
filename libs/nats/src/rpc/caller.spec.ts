import { describe, expect, it } from '@jest/globals';
import { believedCaller } from './caller.js';

const endpoint = { service: 'signer', verb: 'sign-checkpoint' } as const;
const outputs = { service: 'signer', verb: 'sign-output' } as const;
const SUBJECT = 'svc.v1.signer.sign-checkpoint.anchor-worker';
const REPLY = '_INBOX_anchor-worker.abc.1';

describe('the caller of a request', () => {
  it('is the last token when the reply lies in its inbox', () => {
    expect(believedCaller(endpoint, SUBJECT, REPLY)).toEqual({ caller: 'anchor-worker' });
  });

  it('is named with its node where each node has a user', () => {
    const subject = 'svc.v1.signer.sign-output.inference-gateway.node-1';
    const reply = '_INBOX_inference-gateway.node-1.abc.1';
    expect(believedCaller(outputs, subject, reply)).toEqual({ caller: 'inference-gateway', node: 'node-1' });
  });

  it.each([
    ['no node', 'inference-gateway', '_INBOX_inference-gateway.a'],
    ['an empty node', 'inference-gateway.', '_INBOX_inference-gateway..a'],
    ['two nodes', 'inference-gateway.node-1.node-2', '_INBOX_inference-gateway.node-1.node-2.a'],
    ['the inbox of another node', 'inference-gateway.node-1', '_INBOX_inference-gateway.node-2.a'],
    [
      'an inbox whose node only begins alike',
      'inference-gateway.node-1',
      '_INBOX_inference-gateway.node-10.a',
    ],
    ['the inbox of all nodes', 'inference-gateway.node-1', '_INBOX_inference-gateway.a'],
    ['a node of a service that has none', 'anchor-worker.node-1', '_INBOX_anchor-worker.node-1.a'],
  ])('is not believed with %s', (_name, user, reply) => {
    for (const verb of ['sign-output', 'sign-checkpoint'])
      expect(
        believedCaller({ service: 'signer', verb }, `svc.v1.signer.${verb}.${user}`, reply),
      ).toBeUndefined();
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
