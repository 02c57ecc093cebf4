import { durables, events, replayDurable } from './events.js';
import { rpcTable } from './rpc-table.js';
import { serviceNames, type ServiceName } from './services.js';
import { hasNodeUsers, meshCaller, type MeshCaller, type MeshUser, type NodeService } from './users.js';

/** What one NATS user may publish and subscribe to. */
export interface NatsPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /**
   * Whether it may also reply to the inbox of a request that it received (`allow_responses`), as a service with RPCs
   * does. Nobody else may: the server then keeps the reply subject of every delivery for two minutes, those of streams
   * as well, and looks through all of them at each further one once there are 4,096.
   */
  readonly answers: boolean;
}

/** The inbox prefix of a user; nobody else may subscribe below it, so nobody else can read its replies. */
export function inboxPrefix(user: MeshUser | 'probe'): string {
  return `_INBOX_${user}`;
}

/**
 * The exact subject lists of one service, derived from the tables of RPCs, events and durables. Stream and
 * consumer administration is left out: only the provisioner does that, a service merely checks. The nodes of a service
 * call in names of their own and share its events and durables: each takes what none of the others has.
 *
 * @param node for a service whose nodes have a user each
 * @throws AppError `config-invalid` for a node whose name is none
 */
export function servicePermissions(service: ServiceName, node?: string): NatsPermissions {
  return permissionsOf(service, meshCaller(service, node));
}

/**
 * The subject lists of every node of a service at once, with something else in the place of the node's name: for servers that put
 * the name of a credential into its permissions.
 *
 * @param node what the server replaces, such as `{{name()}}`; a whole token, since servers replace no other
 */
export function permissionTemplate(service: NodeService, node: string): NatsPermissions {
  return permissionsOf(service, `${service}.${node}`);
}

function permissionsOf(service: ServiceName, user: MeshCaller): NatsPermissions {
  const calls = Object.entries(rpcTable).flatMap(([target, verbs]) =>
    Object.entries(verbs as Record<string, readonly ServiceName[]>)
      .filter(([, callers]) => callers.includes(service))
      .map(([verb]) => `svc.v1.${target}.${verb}.${user}`),
  );
  const published = Object.entries(events)
    .filter(([, event]) => event.publisher === service)
    .map(([subject]) => subject);
  const own = durables.filter((durable) => durable.service === service);
  const consumed = own
    .flatMap((durable) => [durable, replayDurable(durable)])
    .flatMap(({ stream, name }) => [
      `$JS.API.CONSUMER.INFO.${stream}.${name}`,
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`,
      `$JS.ACK.${stream}.${name}.>`,
    ]);
  return {
    publish: [
      ...calls,
      ...published,
      `dlq.${service}.>`,
      '$JS.API.INFO',
      '$JS.API.STREAM.INFO.*',
      ...consumed,
      // A dead letter that is replayed is read by the service that wrote it. Never by a direct get: its answer is the
      // message itself, and the server sends it to whatever subject the asking service names, events of others included.
      ...(own.length > 0 ? ['$JS.API.STREAM.MSG.GET.DLQ'] : []),
    ],
    subscribe: [`svc.v1.${service}.*.>`, '$SRV.>', `${inboxPrefix(user)}.>`],
    answers: Object.hasOwn(rpcTable, service),
  };
}

/** The user that creates streams and consumers before the services start. */
export const provisionerPermissions: NatsPermissions = {
  publish: ['$JS.API.>'],
  subscribe: [`${inboxPrefix('provisioner')}.>`],
  answers: false,
};

/**
 * The user of the command line: discovery, stream figures, dead letters and the request to replay one, no RPC and no
 * event. It can bring back what a service buried and nothing else. It reads dead letters and advisories, no other
 * stream, and creates no consumer, since the server would deliver to any subject that one names.
 */
export const operatorPermissions: NatsPermissions = {
  publish: [
    '$SRV.>',
    '$JS.API.INFO',
    '$JS.API.STREAM.NAMES',
    '$JS.API.STREAM.LIST',
    '$JS.API.STREAM.INFO.*',
    '$JS.API.STREAM.MSG.GET.DLQ',
    '$JS.API.STREAM.MSG.GET.ADVISORY',
    '$JS.API.CONSUMER.NAMES.*',
    '$JS.API.CONSUMER.LIST.*',
    '$JS.API.CONSUMER.INFO.*.*',
    'replay.v1.>',
  ],
  subscribe: [`${inboxPrefix('operator')}.>`],
  answers: false,
};

/**
 * All users of the mesh with their permissions.
 *
 * @param nodes the names of the nodes that gateways run on
 * @throws AppError `config-invalid` for a node whose name is none
 */
export function meshUsers(nodes: readonly string[]): Readonly<Record<string, NatsPermissions>> {
  const users = serviceNames.flatMap((service) =>
    (hasNodeUsers(service) ? nodes : [undefined]).map(
      (node) => [meshCaller(service, node), servicePermissions(service, node)] as const,
    ),
  );
  return {
    ...Object.fromEntries(users),
    provisioner: provisionerPermissions,
    operator: operatorPermissions,
  };
}
