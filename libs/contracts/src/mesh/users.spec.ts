import { describe, expect, it } from '@jest/globals';
import { nodeId } from '../messages/attestation.js';
import { serviceNames } from './services.js';
import {
  callerText,
  mayReportNode,
  meshCaller,
  meshIdentity,
  NODE_NAME_CHARACTERS_MAX,
  nodeName,
  nodeServices,
  reportedNodeId,
} from './users.js';

const LONGEST = 'n'.repeat(NODE_NAME_CHARACTERS_MAX);

describe('the name of a node', () => {
  it.each(['1', 'node-1', 'GPU_7', LONGEST])('may be %s', (name) => {
    expect(nodeName.safeParse(name).success).toBe(true);
  });

  it.each(['', 'a.b', 'a:b', 'a b', 'a*', '>', 'ä', 'a/b', 'heartbeat', `${LONGEST}n`])(
    'is not %s, which is no token of a subject, or a part of no node id',
    (name) => expect(nodeName.safeParse(name).success).toBe(false),
  );

  it('says what to write instead of the name of a host', () => {
    expect(nodeName.safeParse('gpu-1.example.com').error?.issues[0]?.message).toContain('gpu-1-example-com');
  });
});

describe('the user of a service', () => {
  it('is named after its node where each node has one, and reads back as what it is', () => {
    expect(meshCaller('inference-gateway', 'node-1')).toBe('inference-gateway.node-1');
    for (const service of serviceNames) {
      const identity = meshIdentity(meshCaller(service, 'node-1'));
      const isNode = (nodeServices as readonly string[]).includes(service);
      expect(identity).toEqual({ caller: service, ...(isNode ? { node: 'node-1' } : {}) });
    }
  });

  it.each([undefined, '', 'a.b', '*', '>', `${LONGEST}n`])('is none for a gateway on the node %s', (node) => {
    expect(() => meshCaller('inference-gateway', node)).toThrow(
      expect.objectContaining({ code: 'config-invalid' }),
    );
  });

  it.each([
    ...['', 'inference-gateway', 'inference-gateway.', 'inference-gateway.a.b', 'inference-gateway.*'],
    ...[
      'inference-gateway.>',
      `inference-gateway.${LONGEST}n`,
      'signer.node-1',
      'signer.',
      'mallory',
      'operator',
    ],
  ])('is not %j', (user) => expect(meshIdentity(user)).toBeUndefined());

  it('reads in records as service and node', () => {
    expect(callerText({ caller: 'signer' })).toBe('signer');
    expect(callerText({ caller: 'inference-gateway', node: 'node-1' })).toBe('inference-gateway/node-1');
  });
});

describe('the node id that a service reports', () => {
  it('fits, however long the name of the node is, and is of no two services', () => {
    const ids = serviceNames.map((service) => reportedNodeId(service, LONGEST));
    for (const id of ids) expect(nodeId.safeParse(id).success).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('may be reported by whom it belongs to, and by nobody else', () => {
    for (const owner of serviceNames)
      for (const caller of serviceNames)
        for (const node of ['node-1', 'node-2']) {
          const identity = meshIdentity(meshCaller(caller, node)) ?? { caller };
          const own = owner === caller && (identity.node ?? 'node-1') === 'node-1';
          const id = reportedNodeId(owner, 'node-1');
          expect([owner, caller, node, mayReportNode(identity, id)]).toEqual([owner, caller, node, own]);
        }
  });

  it.each(['signer', 'signer:', 'signer:a:b', 'signer:a.b', 'signers:a', 'xsigner:a', 'a', ''])(
    'is not %j for a signer',
    (id) => expect(mayReportNode({ caller: 'signer' }, id)).toBe(false),
  );
});
