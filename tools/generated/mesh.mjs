import {
  durables,
  events,
  meshUsers,
  replayDurable,
  rpcTable,
  services,
  streamKeeping,
  streams,
} from '../../libs/contracts/dist/index.js';
import { markdownPage, table } from './markdown.mjs';

const code = (text) => `\`${text}\``;

const keepings = {
  'until-read': 'until all its durables have read it',
  'an-hour': 'an hour: nobody reads it',
  letters: '30 days',
  advisories: '7 days',
};

/** docs/reference/mesh.md: who may call, publish and consume what. */
export function meshPage() {
  const ports = Object.entries(services).map(([name, { http, grpc, health, schema }]) => [
    code(name),
    String(http),
    String(grpc),
    String(health),
    code(schema),
  ]);
  const calls = Object.entries(rpcTable).flatMap(([service, verbs]) =>
    Object.entries(verbs).map(([verb, callers]) => [
      code(`svc.v1.${service}.${verb}.<caller>`),
      code(service),
      callers.map(code).join(', '),
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
  const answering = Object.entries(meshUsers())
    .filter(([, { answers }]) => answers)
    .map(([name]) => code(name));
  return markdownPage(
    'libs/contracts/src/mesh',
    'Mesh',
    'Services talk over NATS. A call goes to `svc.v1.<service>.<verb>.<caller>`; the server lets a user publish only its ' +
      'own name as the last token, so the receiver knows the caller (docs/adr/0003). Events are kept in JetStream ' +
      'streams and read by durable pull consumers with explicit acknowledgement. Bodies are JSON; ' +
      '`libs/contracts/src/rpc` and `libs/contracts/src/messages` hold their schemas, and both sides check them.',
    '## Services and default ports',
    table(['service', 'HTTP', 'gRPC', 'health and metrics', 'PostgreSQL schema'], ports),
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
    ...userTables(),
  );
}

/** What each user of the mesh may publish and subscribe. */
function userTables() {
  return Object.entries(meshUsers()).flatMap(([name, { publish, subscribe }]) => [
    `### ${name}`,
    table(
      ['may publish', 'may subscribe'],
      Array.from({ length: Math.max(publish.length, subscribe.length) }, (_, index) => [
        publish[index] === undefined ? '' : code(publish[index]),
        subscribe[index] === undefined ? '' : code(subscribe[index]),
      ]),
    ),
  ]);
}
