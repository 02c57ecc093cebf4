import { expect } from '@jest/globals';
import type { AuditLine } from '@touchstone/contracts/http/attestation-hub';
import { Outbox } from '@touchstone/postgres';
import { FakeClock, type ServiceDataSource } from '@touchstone/testing';
import type { AuditRecord } from '../../src/domain/audit.js';
import { Zones } from '../../src/domain/zones.js';
import { WatchSilence } from '../../src/domain/watch-silence.js';
import { PostgresRolloutStore } from '../../src/persistence/postgres-rollout-store.js';
import { PostgresSilentNodeStore } from '../../src/persistence/postgres-silent-node-store.js';
import { HubFixture, OPERATOR, type Hub } from './hub-fixture.js';
import { scriptsOf } from './node-histories.js';
import { HistoriesOperator } from './operate-histories.js';
import { ReferenceHub } from './reference-hub.js';

const NODES = 50;
const ROUND_MS = 10_000;

/** Two replicas with clocks of their own, one of which is now and then started anew. */
class Replicas {
  private constructor(
    private readonly fixture: HubFixture,
    readonly clocks: readonly [FakeClock, FakeClock],
    readonly hubs: [Hub, Hub],
    private readonly dataSource: ServiceDataSource,
    readonly lines: Record<string, unknown>[] = [],
  ) {}

  static async start(fixture: HubFixture): Promise<Replicas> {
    const clocks = [new FakeClock(), new FakeClock()] as const;
    clocks[1].advance(700);
    const hubs = clocks.map((clock) => fixture.startAt(clock));
    return new Replicas(fixture, clocks, (await Promise.all(hubs)) as [Hub, Hub], await fixture.dataSource());
  }

  advance(ms: number): void {
    for (const clock of this.clocks) clock.advance(ms);
  }

  /** Looks for silent nodes as one of the replicas does. */
  async look(index: 0 | 1): Promise<void> {
    const lines = this.lines;
    const audit = { record: (record: AuditRecord) => void lines.push({ ...record }) };
    const settings = { staleAfterMs: 50_000, auditLinesMax: 1_000_000, zones: new Zones() };
    const store = new PostgresSilentNodeStore(this.dataSource, new Outbox(this.dataSource), settings);
    const watcher = { decided: () => undefined };
    await new WatchSilence(store, audit, watcher, this.clocks[index]).run();
    await new PostgresRolloutStore(this.dataSource, 1_000_000).closeExpired(this.clocks[index].nowMs());
  }

  async restart(index: 0 | 1): Promise<void> {
    this.lines.push(...this.hubs[index].audit());
    expect(await this.hubs[index].stop()).toBe(true);
    this.hubs[index] = await this.fixture.startAt(this.clocks[index]);
  }

  /** Everything that the replicas, also those of before, wrote on standard output. */
  audit(): Record<string, unknown>[] {
    return [...this.lines, ...this.hubs.flatMap((hub) => hub.audit())];
  }
}

/**
 * Sends the heartbeats of fifty nodes to two replicas and expects every answer, and all that is kept in the end, to be what the
 * reference says.
 */
export async function checkHistories(fixture: HubFixture, rounds: number): Promise<ReferenceHub> {
  const replicas = await Replicas.start(fixture);
  const reference = new ReferenceHub();
  const scripts = scriptsOf(NODES);
  for (let round = 0; round < rounds; round += 1) {
    if (round % 37 === 36) await replicas.restart(round % 2 === 0 ? 0 : 1);
    // Once in a while the clock of one hub is ahead for some rounds, and is set back.
    if (round % 101 === 40) replicas.clocks[0].advance(25_000);
    if (round % 101 === 45) replicas.clocks[0].advance(-25_000);
    await new HistoriesOperator(replicas.hubs[0], replicas.clocks[0], reference.decisions).round(round);
    await Promise.all(
      scripts.map(async (script, index) => {
        const at = (round + index) % 3 === 0 ? 1 : 0;
        const nowMs = replicas.clocks[at].nowMs();
        const message = script(round, nowMs);
        if (message === undefined) return;
        const { status, health } = reference.take(message, nowMs);
        const answer = await replicas.hubs[at].beat(message);
        expect({ round, ...answer }).toMatchObject({ round, nodeId: message.node_id, status, health });
      }),
    );
    // The replicas look in turns, each at the time of its clock.
    const turn = round % 2 === 0 ? 0 : 1;
    await replicas.look(turn);
    reference.look(replicas.clocks[turn].nowMs());
    reference.decisions.closeExpired(replicas.clocks[turn].nowMs());
    replicas.advance(ROUND_MS);
  }
  await expectKept(replicas, reference);
  await expectAudited(replicas, reference);
  const events = (await fixture.events()) as { nodeId: string }[];
  expect(byNode(events)).toEqual(
    byNode(
      reference.changes.map((each) => ({ ...each, zone: 'default', quarantined: false, blocked: false })),
    ),
  );
  return reference;
}

async function expectKept({ hubs }: Replicas, reference: ReferenceHub): Promise<void> {
  for (const [id, { status, health, driftCount, spoofCount, said, lastChangeMs }] of reference.nodes) {
    const node = await hubs[0].node(id);
    const lastChange = new Date(lastChangeMs).toISOString();
    expect(node).toMatchObject({ nodeId: id, status, health, driftCount, spoofCount, lastChange });
    expect([node.firstSeen?.buildId, node.lastSeen?.buildId]).toEqual([said[0]?.name, said.at(-1)?.name]);
  }
  for (const hub of hubs)
    for (const [name, status] of Object.entries(gauges))
      expect(await hub.metric(name)).toBe(
        [...reference.nodes.values()].filter((node) => node.status === status).length,
      );
}

const gauges = {
  attestation_ok: 'OK',
  attestation_missing: 'MISSING',
  attestation_drift: 'DRIFT',
  attestation_spoof_suspect: 'SPOOF_SUSPECT',
  attestation_stale: 'STALE',
};

async function expectAudited(replicas: Replicas, reference: ReferenceHub): Promise<void> {
  const all: AuditLine[] = [];
  for (;;) {
    const page = await replicas.hubs[1].auditPage(`?limit=50&cursor=${all.length}`);
    all.push(...page);
    if (page.length < 50) break;
  }
  expect(all.map(({ number }) => number)).toEqual(all.map((_, index) => index + 1));
  const lines = all.filter(({ reporter }) => reporter !== 'operator');
  const told = lines.map(
    ({ event, node_id, old_build, old_cap_prefix, new_build, new_cap_prefix, ts_utc }) => ({
      ...{
        event,
        node: node_id,
        at: ts_utc,
        new: new_build === null ? null : `${new_build} ${new_cap_prefix}`,
      },
      old: old_build === null ? null : `${old_build} ${old_cap_prefix}`,
      nodeId: node_id ?? '',
    }),
  );
  expect(byNode(told)).toEqual(byNode(reference.audit.map((each) => ({ ...each, nodeId: each.node }))));
  const brief = ({ event, node_id, ts_utc }: Record<string, unknown>) => `${event} ${node_id} ${ts_utc}`;
  const logged = replicas.audit().filter(({ reporter }) => reporter !== 'operator');
  expect(logged.map(brief).sort()).toEqual(lines.map(brief).sort());
  expect((await replicas.hubs[0].get('/v1/audit', OPERATOR)).status).toBe(200);
}

/** What happened to each node in its order; the order among nodes is free. */
function byNode<T extends { nodeId: string }>(all: readonly T[]): Record<string, T[]> {
  return Object.fromEntries(
    [...new Set(all.map(({ nodeId }) => nodeId))]
      .sort()
      .map((id) => [id, all.filter(({ nodeId }) => nodeId === id)]),
  );
}
