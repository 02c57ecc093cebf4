import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  anchorKinds,
  durables,
  events,
  eventSchemas,
  replayDurable,
  rpcSchemas,
  rpcTable,
  serviceNames,
  streams,
} from '../index.js';

const SUBJECT = /^evt\.v1(?:\.[a-z0-9]+(?:-[a-z0-9]+)*){3}$/;
const covers = (filter: string, subject: string): boolean =>
  filter === subject || (filter.endsWith('.>') && subject.startsWith(filter.slice(0, -1)));

describe.each(Object.entries(events))('event %s', (subject, { publisher, stream }) => {
  it('is evt.v1.<domain>.<entity>.<past tense>', () => expect(subject).toMatch(SUBJECT));

  it('has a publisher that exists', () => expect(serviceNames).toContain(publisher));

  it('is kept by its stream and by no other', () => {
    const keeping = Object.entries(streams).filter(([, subjects]) =>
      subjects.some((kept) => covers(kept, subject)),
    );
    expect(keeping.map(([name]) => name)).toEqual([stream]);
  });

  it('has a schema that refuses unknown members', () => {
    const schema: z.ZodType = eventSchemas[subject as keyof typeof eventSchemas];
    const kinds = schema instanceof z.ZodDiscriminatedUnion ? anchorKinds : [undefined];
    for (const kind of kinds) {
      const { error } = schema.safeParse({ ...(kind === undefined ? {} : { kind }), surplus: 1 });
      expect(error?.issues.some(({ code }) => code === 'unrecognized_keys')).toBe(true);
    }
  });
});

describe('schemas', () => {
  it('belong to events and calls that exist, and every one of them has its own', () => {
    expect(Object.keys(eventSchemas).sort()).toEqual(Object.keys(events).sort());
    const verbsOf = (table: object) =>
      Object.entries(table).map(([service, verbs]) => [service, Object.keys(verbs as object).sort()]);
    expect(verbsOf(rpcSchemas).sort()).toEqual(verbsOf(rpcTable).sort());
  });

  it.each(
    Object.entries(rpcSchemas).flatMap(([service, verbs]) =>
      Object.entries(verbs).map(
        ([verb, { request }]) => [`${service}.${verb}`, request as z.ZodType] as const,
      ),
    ),
  )('the request of %s refuses unknown members', (_name, request) => {
    // Each form of a request that has several.
    const forms = request instanceof z.ZodUnion ? (request.options as z.ZodType[]) : [request];
    for (const form of forms) {
      const { error } = form.safeParse({ surplus: 1 });
      expect(error?.issues.some(({ code }) => code === 'unrecognized_keys')).toBe(true);
    }
  });
});

describe.each(durables.map((durable) => [durable.name, durable] as const))('durable %s', (name, durable) => {
  it('is named <service>-<purpose> in at most 32 characters', () => {
    expect(name.length).toBeLessThanOrEqual(32);
    expect(name).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)+$/);
    expect(name.startsWith(`${durable.service}-`)).toBe(true);
    expect(serviceNames).toContain(durable.service);
  });

  it('has one beside it for replays, whose name a server takes too', () => {
    const beside = replayDurable(durable);
    expect(beside.name.length).toBeLessThanOrEqual(32);
    expect(beside.service).toBe(durable.service);
    expect(streams[beside.stream].some((kept) => covers(kept, beside.filter))).toBe(true);
  });

  it('reads subjects that its stream keeps, and at least one event', () => {
    expect(streams[durable.stream].some((kept) => covers(kept, durable.filter))).toBe(true);
    expect(Object.keys(events).some((subject) => covers(durable.filter, subject))).toBe(true);
  });
});

describe('durables', () => {
  it('have names of their own', () => {
    expect(new Set(durables.map(({ name }) => name)).size).toBe(durables.length);
  });
});
