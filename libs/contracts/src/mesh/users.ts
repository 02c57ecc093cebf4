import { z } from 'zod';
import { AppError } from '../errors.js';
import { serviceNames, type ServiceName } from './services.js';

/** Services whose nodes have a NATS user each, because receivers have to tell one node from another. */
export const nodeServices = ['inference-gateway'] as const satisfies readonly ServiceName[];
export type NodeService = (typeof nodeServices)[number];

/** A user of the mesh that may call: a service, or a node of one as `<service>.<node>`. */
export type MeshCaller = Exclude<ServiceName, NodeService> | `${NodeService}.${string}`;

/** All users of the mesh; the two others call no service. */
export type MeshUser = MeshCaller | 'provisioner' | 'operator';

/** Who calls, as the receiver may believe it. */
export interface MeshIdentity {
  readonly caller: ServiceName;
  /** Absent for services of which a receiver knows one user alone. */
  readonly node?: string;
}

/** Characters of the name of a node: with the name of its service it has room in every node id. */
export const NODE_NAME_CHARACTERS_MAX = 64;

/**
 * The name of the node that a service runs on. It is one token of subjects, so that it has no dot, and one part of a node id
 * (`signer:node-1`), so that it has no colon.
 */
export const nodeName = z
  .string()
  .regex(new RegExp(`^[A-Za-z0-9_-]{1,${NODE_NAME_CHARACTERS_MAX}}$`), {
    message:
      `Expected 1 to ${NODE_NAME_CHARACTERS_MAX} of A–Z a–z 0–9 _ -; the name is one token of NATS subjects, ` +
      'so write a host as gpu-1-example-com.',
  })
  .refine((name) => name !== 'heartbeat', { message: 'is the path that takes heartbeats.' });

const isNodeService = (service: string): service is NodeService =>
  (nodeServices as readonly string[]).includes(service);

/** Whether each node of `service` has a user of its own. */
export function hasNodeUsers(service: ServiceName): boolean {
  return isNodeService(service);
}

/**
 * The NATS user of a service: its name, and that of the node where each node has a user.
 *
 * @param node what a service without such users is given here says nothing
 * @throws AppError `config-invalid` for a node whose name is none
 */
export function meshCaller(service: ServiceName, node: string | undefined): MeshCaller {
  if (!isNodeService(service)) return service as MeshCaller;
  const name = nodeName.safeParse(node);
  if (!name.success)
    throw new AppError('config-invalid', `${service} has no user without the name of its node.`);
  return `${service}.${name.data}`;
}

/**
 * Reads the end of a subject back into who it names.
 *
 * @returns undefined where no user of the mesh has that name
 */
export function meshIdentity(user: string): MeshIdentity | undefined {
  const [name = '', ...rest] = user.split('.');
  const caller = serviceNames.find((service) => service === name);
  if (caller === undefined) return undefined;
  if (!isNodeService(caller)) return rest.length === 0 ? { caller } : undefined;
  const [node, ...more] = rest;
  if (node === undefined || more.length > 0 || !nodeName.safeParse(node).success) return undefined;
  return { caller, node };
}

/** Who called, in one text for records: `signer`, `inference-gateway/node-1`. */
export function callerText({ caller, node }: MeshIdentity): string {
  return node === undefined ? caller : `${caller}/${node}`;
}

/**
 * The id under which a service reports itself to the attestation hub: the name of the node for the one service that nodes are
 * about, `<service>:<node>` for what runs beside it.
 */
export function reportedNodeId(service: ServiceName, node: string): string {
  return isNodeService(service) ? node : `${service}:${node}`;
}

/**
 * Whether the mesh vouches for what `identity` says about `nodeId`: a node speaks for itself, and a service whose nodes
 * share a user speaks for the nodes of its own name.
 */
export function mayReportNode({ caller, node }: MeshIdentity, nodeId: string): boolean {
  if (isNodeService(caller)) return nodeId === node;
  const prefix = reportedNodeId(caller, '');
  return nodeId.startsWith(prefix) && nodeName.safeParse(nodeId.slice(prefix.length)).success;
}
