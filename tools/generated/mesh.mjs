import {
  durables,
  events,
  meshUsers,
  nodeServices,
  permissionTemplate,
  replayDurable,
  rpcTable,
  services,
  streamKeeping,
  streams,
} from '../../libs/contracts/dist/index.js';
import { markdownPage, table } from './markdown.mjs';

const code = (text) => `\`${text}\``;
/** Stands for the name of a node in the names of users. */
const NODE = '<node>';

const userName = (service) => (nodeServices.includes(service) ? `${service}.${NODE}` : service);

/** The users of the mesh, a service with a user for each node once. */
const users = () => ({
  ...Object.fromEntries(
    nodeServices.map((service) => [userName(service), permissionTemplate(service, NODE)]),
  ),
  ...meshUsers([]),
});

const keepings = {
  'until-read': 'until all its durables have read it',
  'an-hour': 'an hour: nobody reads it',
  letters: '30 days',
  advisories: '7 days',
};

/** docs/reference/mesh.md: who may call, publish and consume what. */
export function meshPage() {
  const calls = Object.entries(rpcTable).flatMap(([service, verbs]) =>
    Object.entries(verbs).map(([verb, callers]) => [
      code(`svc.v1.${service}.${verb}.<user>`),
      code(service),
      callers.map((caller) => code(userName(caller))).join(', '),
    ]),
  );
  const kept = Object.entries(streams).map(([name, subjects]) => [
    code(name),
    subjects.map(code).join(', '),
    keepings[streamKeeping(name)],
  ]);
  const published = Object.entries(events).map(([subject, { publisher, stream }]) => [
    code(subject),
    code(publisher),
    code(stream),
  ]);
  const consumers = durables
    .flatMap((durable) => [durable, replayDurable(durable)])
    .map(({ name, service, stream, filter }) => [name, service, stream, filter].map(code));
  const answering = Object.entries(users())
    .filter(([, { answers }]) => answers)
    .map(([name]) => code(name));
  return markdownPage(
    'libs/contracts/src/mesh',
    'Mesh',
    'Services talk over NATS. A call goes to `svc.v1.<service>.<verb>.<user>`; the server lets a user publish only its ' +
      'own name at the end, so the receiver knows the caller (docs/adr/0003). A gateway has a user for each node, ' +
      '`inference-gateway.<node>`, so that the receiver knows the node too (docs/adr/0023). Events are kept in JetStream ' +
      'streams and read by durable pull consumers with explicit acknowledgement. Bodies are JSON; ' +
      '`libs/contracts/src/rpc` and `libs/contracts/src/messages` hold their schemas, and both sides check them.',
    '## Services and default ports',
    portTable(),
    '## Calls',
    table(['subject', 'answered by', 'callers'], calls),
    '## Events',
    table(['subject', 'publisher', 'stream'], published),
    '## Streams',
    table(['stream', 'subjects', 'keeps'], kept),
    'What nobody reads makes room for what comes. A stream of unread events refuses more when it is full, and the outbox of the\n' +
      'publisher keeps them (docs/runbooks/stream-full.md).',
    '## Durable consumers',
    table(['durable', 'service', 'stream', 'filter'], consumers),
    '## Users and permissions',
    'Nothing else is allowed. Services with RPCs may also reply to the inbox of a request that they received (`allow_responses`):\n' +
      `${answering.join(', ')}. Give it to nobody else: the server then keeps the reply subject of every delivery of a stream for two\n` +
      'minutes and searches all of them at each further one.',
    'A gateway’s user ends with the name of its node, `TOUCHSTONE_NODE_ID`: 1 to 64 of A–Z a–z 0–9 _ -. All of them share events and\n' +
      'durables. `touchstone mesh users --node node-1 --node node-2` prints these lists as the users of a nats-server configuration\n' +
      '(docs/nats.md); a server that knows logins by signed credentials takes one template for all nodes of a service.',
    ...userTables(),
  );
}

/** Where each service listens, and its schema. */
function portTable() {
  return table(
    ['service', 'HTTP', 'gRPC', 'health and metrics', 'PostgreSQL schema'],
    Object.entries(services).map(([name, { http, grpc, health, schema }]) => [
      code(name),
      ...[http, grpc, health].map(String),
      code(schema),
    ]),
  );
}

/** What each user of the mesh may publish and subscribe. */
function userTables() {
  return Object.entries(users()).flatMap(([name, { publish, subscribe }]) => [
    `### ${name.includes('<') ? code(name) : name}`,
    table(
      ['may publish', 'may subscribe'],
      Array.from({ length: Math.max(publish.length, subscribe.length) }, (_, index) => [
        publish[index] === undefined ? '' : code(publish[index]),
        subscribe[index] === undefined ? '' : code(subscribe[index]),
      ]),
    ),
  ]);
}
