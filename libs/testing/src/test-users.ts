import type { MeshCaller, MeshUser, NodeService } from '@touchstone/contracts';

/** The nodes that have a NATS user in tests, the usual one first. */
export const TEST_NODES = ['node-1', 'node-2'] as const;

/** A user of the mesh; a service whose nodes have a user each stands for its usual node. */
export type MeshUserName = MeshUser | NodeService;

/** The user that a spec means. */
export function testUser(user: MeshCaller | NodeService): MeshCaller;
export function testUser(user: MeshUserName): MeshUser;
export function testUser(user: MeshUserName): MeshUser {
  return user === 'inference-gateway' ? `${user}.${TEST_NODES[0]}` : user;
}
