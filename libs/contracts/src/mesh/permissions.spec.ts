import { describe, expect, it } from '@jest/globals';
import {
  durables,
  events,
  hasNodeUsers,
  inboxPrefix,
  meshCaller,
  meshUsers,
  operatorPermissions,
  permissionTemplate,
  provisionerPermissions,
  rpcListenSubject,
  rpcSubject,
  rpcTable,
  serviceNames,
  servicePermissions,
  streams,
  type RpcService,
  type RpcVerb,
  type ServiceName,
} from '../index.js';

/** NATS subject matching: `*` is one token, `>` the rest. */
function matches(pattern: string, subject: string): boolean {
  const want = pattern.split('.');
  const have = subject.split('.');
  for (const [index, token] of want.entries()) {
    if (token === '>') return have.length > index;
    if (have[index] === undefined || (token !== '*' && token !== have[index])) return false;
  }
  return want.length === have.length;
}

const NODES = ['node-1', 'node-2'];
/** A service on a node: its permissions, and who it is. */
const permissionsOf = (service: ServiceName, node = 'node-1') => servicePermissions(service, node);
const userOf = (service: ServiceName, node = 'node-1') => meshCaller(service, node);

const mayPublish = (service: ServiceName, subject: string, node?: string): boolean =>
  permissionsOf(service, node).publish.some((pattern) => matches(pattern, subject));
const maySubscribe = (service: ServiceName, subject: string, node?: string): boolean =>
  permissionsOf(service, node).subscribe.some((pattern) => matches(pattern, subject));

const verbs = Object.entries(rpcTable).flatMap(([service, table]) =>
  Object.entries(table).map(([verb, callers]) => ({
    service,
    verb,
    callers: callers as readonly ServiceName[],
  })),
);
const subjectOf = (service: string, verb: string, caller: ServiceName, node?: string): string =>
  rpcSubject(service as RpcService, verb as RpcVerb<RpcService>, userOf(caller, node));

describe.each(serviceNames)('permissions of %s', (service) => {
  it('allow exactly its calls, under its own name', () => {
    for (const { service: target, verb, callers } of verbs) {
      for (const caller of serviceNames) {
        const allowed = caller === service && callers.includes(service);
        expect([target, verb, caller, mayPublish(service, subjectOf(target, verb, caller))]).toEqual([
          target,
          verb,
          caller,
          allowed,
        ]);
      }
    }
  });

  it('allow exactly its events', () => {
    for (const [subject, { publisher }] of Object.entries(events)) {
      expect([subject, mayPublish(service, subject)]).toEqual([subject, publisher === service]);
    }
  });

  it('allow to read and acknowledge exactly its durables', () => {
    for (const { name, stream, service: owner } of durables) {
      for (const subject of [
        `$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`,
        `$JS.API.CONSUMER.INFO.${stream}.${name}`,
        `$JS.ACK.${stream}.${name}.1.2.3.4.5`,
      ]) {
        expect([subject, mayPublish(service, subject)]).toEqual([subject, owner === service]);
      }
    }
  });

  it('allow to read dead letters where it has durables, nothing else of any stream, and to replay none', () => {
    for (const { name, service: owner } of durables)
      expect(mayPublish(service, `replay.v1.${owner}.${name}.ANCHOR.1`)).toBe(false);
    const buries = durables.some(({ service: owner }) => owner === service);
    for (const stream of Object.keys(streams)) {
      const may = mayPublish(service, `$JS.API.STREAM.MSG.GET.${stream}`);
      expect([stream, may]).toEqual([stream, buries && stream === 'DLQ']);
    }
  });

  it('allow no direct get, whose answer the server sends to any subject (N1)', () => {
    expect(permissionsOf(service).publish.filter((pattern) => pattern.includes('DIRECT'))).toEqual([]);
    for (const stream of Object.keys(streams)) {
      expect(mayPublish(service, `$JS.API.DIRECT.GET.${stream}`)).toBe(false);
      expect(mayPublish(service, `$JS.API.DIRECT.GET.${stream}.dlq.${service}.x`)).toBe(false);
    }
  });

  it('grant no wildcard for calls or events, and no administration', () => {
    const { publish } = permissionsOf(service);
    const open = publish.filter((pattern) => /^(?:svc|evt)\./.test(pattern) && /[*>]/.test(pattern));
    expect(open).toEqual([]);
    expect(publish.filter((pattern) => ['>', '*', '*.>', '$JS.>', '$JS.API.>'].includes(pattern))).toEqual(
      [],
    );
    for (const action of [
      'STREAM.CREATE.X',
      'STREAM.DELETE.X',
      'STREAM.PURGE.X',
      'CONSUMER.DURABLE.CREATE.X.Y',
    ])
      expect(mayPublish(service, `$JS.API.${action}`)).toBe(false);
  });

  it('let it listen to its own calls and replies alone', () => {
    for (const other of serviceNames) {
      const own = other === service;
      expect(maySubscribe(service, `svc.v1.${other}.verb.caller`)).toBe(own);
      expect(maySubscribe(service, `svc.v1.${other}.verb.caller.node`)).toBe(own);
      expect(maySubscribe(service, `${inboxPrefix(userOf(other))}.abc.1`)).toBe(own);
      expect(mayPublish(service, `dlq.${other}.x`)).toBe(own);
    }
    expect(maySubscribe(service, 'evt.v1.inference.output.recorded')).toBe(false);
  });
});

describe('two gateways', () => {
  const [one, other] = NODES.map((node) => servicePermissions('inference-gateway', node));
  const withoutName = ({ publish }: { readonly publish: readonly string[] }, node: string) =>
    publish.map((subject) => subject.replace(`.${node}`, '.*'));

  it('call in their own names, and read their own replies alone', () => {
    for (const { service, verb, callers } of verbs.filter(({ callers: all }) =>
      all.includes('inference-gateway'),
    ))
      for (const node of NODES)
        for (const named of NODES) {
          expect(callers).toContain('inference-gateway');
          const subject = subjectOf(service, verb, 'inference-gateway', named);
          expect([subject, mayPublish('inference-gateway', subject, node)]).toEqual([
            subject,
            node === named,
          ]);
          const inbox = `${inboxPrefix(userOf('inference-gateway', named))}.abc.1`;
          expect(maySubscribe('inference-gateway', inbox, node)).toBe(node === named);
        }
    expect(mayPublish('inference-gateway', 'svc.v1.signer.sign-output.inference-gateway')).toBe(false);
    expect(maySubscribe('inference-gateway', '_INBOX_inference-gateway.abc')).toBe(false);
  });

  it('share everything else: events, durables, dead letters', () => {
    expect(withoutName(one as never, 'node-1')).toEqual(withoutName(other as never, 'node-2'));
  });

  it('have the permissions of the template with their names in it', () => {
    const { publish, subscribe, answers } = permissionTemplate('inference-gateway', '{{name()}}');
    const filled = (subjects: readonly string[]) =>
      subjects.map((subject) => subject.replace('{{name()}}', 'node-2'));
    expect({ publish: filled(publish), subscribe: filled(subscribe), answers }).toEqual(other);
    const named = [...publish, ...subscribe].filter((subject) => subject.includes('{{'));
    expect(named.length).toBeGreaterThan(2);
    for (const subject of named) expect(subject.split('.')).toContain('{{name()}}');
  });

  it.each(['*', '>', 'a.b', ''])('are not called %j, which would be more than one', (node) => {
    expect(() => servicePermissions('inference-gateway', node)).toThrow(/name of its node/);
    expect(() => meshUsers([node])).toThrow(/name of its node/);
  });
});

describe('the policy of the signer', () => {
  it('keeps the gateway from checkpoints and transactions', () => {
    for (const verb of ['sign-checkpoint', 'sign-transaction'] as const) {
      for (const caller of serviceNames) {
        expect(mayPublish('inference-gateway', rpcSubject('signer', verb, userOf(caller)))).toBe(false);
      }
    }
    expect(mayPublish('inference-gateway', subjectOf('signer', 'sign-output', 'inference-gateway'))).toBe(
      true,
    );
  });

  it('lets nobody but the gateway ask for output signatures', () => {
    const allowed = serviceNames.filter((name) => mayPublish(name, subjectOf('signer', 'sign-output', name)));
    expect(allowed).toEqual(['inference-gateway']);
  });
});

describe('the other users', () => {
  it.each([
    ['operator', operatorPermissions],
    ['provisioner', provisionerPermissions],
  ])('%s calls no service and publishes no event', (_name, { publish, subscribe }) => {
    const may = (subject: string) => publish.some((pattern) => matches(pattern, subject));
    for (const { service, verb } of verbs) {
      for (const caller of serviceNames) expect(may(subjectOf(service, verb, caller))).toBe(false);
    }
    for (const subject of Object.keys(events)) expect(may(subject)).toBe(false);
    for (const { name, service } of durables) expect(may(`dlq.${service}.${name}.ANCHOR.1`)).toBe(false);
    expect(subscribe).toHaveLength(1);
  });

  it.each([
    '$JS.API.CONSUMER.CREATE.REPLAY',
    '$JS.API.CONSUMER.CREATE.REPLAY.name',
    '$JS.API.CONSUMER.CREATE.REPLAY.name.replay.v1.x',
    '$JS.API.CONSUMER.DURABLE.CREATE.REPLAY.name',
    '$JS.API.CONSUMER.DELETE.REPLAY.name',
    '$JS.API.CONSUMER.MSG.NEXT.REPLAY.name',
    '$JS.API.DIRECT.GET.DLQ',
    '$JS.API.STREAM.MSG.GET.INFERENCE',
    '$JS.API.STREAM.MSG.GET.PAYMENT',
    '$JS.API.STREAM.MSG.DELETE.DLQ',
    '$JS.API.STREAM.PURGE.DLQ',
    '$JS.API.STREAM.UPDATE.DLQ',
    '$JS.API.STREAM.DELETE.DLQ',
  ])('of the operator do not contain %s (N2)', (subject) => {
    expect(operatorPermissions.publish.some((pattern) => matches(pattern, subject))).toBe(false);
  });

  it('let those reply that answer an RPC, and nobody else', () => {
    const answering = Object.entries(meshUsers(NODES)).filter(([, { answers }]) => answers);
    expect(answering.map(([user]) => user).sort()).toEqual(Object.keys(rpcTable).sort());
  });

  it('are all listed once', () => {
    const services = serviceNames.filter((name) => !hasNodeUsers(name));
    const gateways = ['inference-gateway.node-1', 'inference-gateway.node-2'];
    expect(Object.keys(meshUsers(NODES)).sort()).toEqual(
      [...services, ...gateways, 'operator', 'provisioner'].sort(),
    );
  });
});

describe('subjects of calls', () => {
  it.each(verbs)(
    '$service.$verb has plain tokens, and its listener hears every caller',
    ({ service, verb, callers }) => {
      const listened = rpcListenSubject(service as RpcService, verb as RpcVerb<RpcService>);
      expect(new Set(callers).size).toBe(callers.length);
      expect(callers).not.toContain(service);
      for (const caller of callers) {
        const subject = subjectOf(service, verb, caller);
        expect(subject).toMatch(/^svc\.v1(?:\.[a-z0-9]+(?:-[a-z0-9]+)*){3,4}$/);
        expect(matches(listened, subject)).toBe(true);
      }
    },
  );
});
