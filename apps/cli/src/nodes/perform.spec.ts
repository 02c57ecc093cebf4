import { describe, expect, it } from '@jest/globals';
import type { AuditEvent, Heartbeat, JudgedStatus } from '@touchstone/contracts';
import { perform, type PlayedHub } from './perform.js';
import { describePlay } from './play.js';

/** A hub with the rules as far as scenes go, which take no time. */
class FakeHub implements PlayedHub {
  readonly kept = new Map<string, Heartbeat[]>();
  readonly events = new Map<string, AuditEvent[]>();
  readonly operator: NonNullable<PlayedHub['operator']> = {
    audit: async (id) => (this.events.get(id) ?? []).map((event) => ({ event })),
    remove: async (id) => void this.kept.delete(id),
    approveCurrent: async (id) => void this.approved.add(id),
    quarantine: async (id) => void this.quarantined.add(id),
    release: async (id) => void this.quarantined.delete(id),
    startRollout: async (name) => void this.approved.add(name),
    endRollout: async (name) => void this.ended.push(name),
  };
  readonly approved = new Set<string>();
  readonly quarantined = new Set<string>();
  readonly ended: string[] = [];

  constructor(private readonly threshold = 3) {}

  async send(message: Heartbeat) {
    const { node_id, attestation } = message;
    this.kept.set(node_id, [...(this.kept.get(node_id) ?? []), message]);
    const events = this.events.get(node_id) ?? [];
    this.events.set(node_id, events);
    const builds = this.builds(node_id);
    const isTurn = builds.at(-1) !== builds.at(-2);
    if (attestation && builds.length === 1) events.push('ATTESTATION_FIRST_SEEN');
    else if (this.status(node_id) === 'SPOOF_SUSPECT') events.push('ATTESTATION_SPOOF_SUSPECT');
    else if (isTurn && builds.at(-1) !== builds[0]) events.push('ATTESTATION_DRIFT');
    const { status, health } = await this.show(node_id);
    return { nodeId: node_id, status, health, lastSeen: '', clockSkewMs: null, nonce: null };
  }

  async show(id: string) {
    const count = (event: AuditEvent) => (this.events.get(id) ?? []).filter((each) => each === event).length;
    const status = this.status(id);
    const reported = this.kept.get(id)?.at(-1)?.health ?? 'GREEN';
    const tooGood = reported === 'GREEN' && status !== 'OK' && status !== 'MISSING';
    const counts = { driftCount: count('ATTESTATION_DRIFT'), spoofCount: count('ATTESTATION_SPOOF_SUSPECT') };
    const quarantine = this.quarantined.has(id) ? { reason: '', since: '' } : null;
    return { status, health: tooGood ? 'YELLOW' : reported, ...counts, quarantine };
  }

  async figures(): Promise<ReadonlyMap<string, number>> {
    const of = (status: string) => [...this.kept.keys()].filter((id) => this.status(id) === status).length;
    return new Map([
      ...['ok', 'missing', 'drift', 'spoof_suspect'].map(
        (name) => [`attestation_${name}`, of(name.toUpperCase())] as const,
      ),
      ...(['attestation_drift_1m', 'attestation_spoof_1m'] as const).map((name) => [name, 2] as const),
    ]);
  }

  private builds(id: string): string[] {
    return (this.kept.get(id) ?? []).flatMap(({ attestation: said }) => (said ? [said.capability_hash] : []));
  }

  private status(id: string): JudgedStatus {
    const beats = this.kept.get(id) ?? [];
    if (!beats.at(-1)?.attestation) return 'MISSING';
    if (this.approved.has(id)) return 'OK';
    const builds = this.builds(id);
    const inRow = builds.filter((build, index) => build !== builds[index - 1]).length;
    const systems = new Set(beats.map(({ attestation: said }) => said?.runtime['os']));
    if (inRow >= this.threshold || systems.size > 1) return 'SPOOF_SUSPECT';
    return new Set(builds).size > 1 ? 'DRIFT' : 'OK';
  }
}

const differences = ({ checks }: Awaited<ReturnType<typeof perform>>) =>
  checks.filter(({ ok }) => !ok).map(({ what }) => what);

describe('a play (R-NODE-8)', () => {
  it.each([3, 4, 5, 8])(
    'is content with a hub that keeps the rules, at a threshold of %i',
    async (threshold) => {
      const hub = new FakeHub(threshold);
      const played = await perform(hub, 'play', threshold);
      expect(differences(played)).toEqual([]);
      expect(played.checks.filter(({ what }) => what.endsWith('in the audit'))).toHaveLength(5);
      expect(played.remaining).toEqual([]);
      expect(hub.kept.size).toBe(0);
    },
  );

  it('sees another threshold, a health that is not lowered, and figures that are not there', async () => {
    expect(differences(await perform(new FakeHub(4), 'play', 3))).toContain('flip-flop, heartbeat 3');
    const healthy = new FakeHub();
    healthy.show = async (id) => ({ ...(await FakeHub.prototype.show.call(healthy, id)), health: 'GREEN' });
    expect(differences(await perform(healthy, 'play', 3))).toEqual(
      expect.arrayContaining(['drift, heartbeat 2', 'drift, heartbeat 4', 'runtime, as it is kept']),
    );
    const blind = new FakeHub();
    blind.figures = async () => new Map([['attestation_ok', 0]]);
    const { checks } = await perform(blind, 'play', 3);
    expect(checks.filter(({ ok }) => !ok).map(({ actual }) => actual)).toEqual([
      '0',
      ...Array(5).fill('not there'),
    ]);
  });

  it('sees decisions that change nothing, and takes back what it did all the same', async () => {
    const deaf = new FakeHub();
    deaf.operator.approveCurrent = async () => undefined;
    deaf.operator.startRollout = async () => undefined;
    deaf.operator.quarantine = async () => undefined;
    expect(differences(await perform(deaf, 'play', 3))).toEqual(
      expect.arrayContaining(['approve, build B', 'rollout, build A', 'rollout, build B', 'quarantine']),
    );
    const failing = new FakeHub();
    const { show } = failing;
    failing.show = async (id) => {
      if (id.endsWith('quarantine')) throw new Error('away');
      return show.call(failing, id);
    };
    await expect(perform(failing, 'play', 3)).rejects.toThrow('away');
    expect([failing.ended, failing.quarantined.size, failing.kept.size]).toEqual([['play-rollout'], 0, 0]);
  });

  it('needs no operator, and says which nodes are left', async () => {
    const hub = new FakeHub();
    const { send, show, figures } = hub;
    const ordinary: PlayedHub = { send: send.bind(hub), show: show.bind(hub), figures: figures.bind(hub) };
    const played = await perform(ordinary, 'mine', 3);
    expect(differences(played)).toEqual([]);
    expect(played.remaining).toContain('mine-missing');
    expect(describePlay(played)).toMatch(/^ok .*first-seen, heartbeat 1: OK GREEN\n/);
    expect(describePlay(played)).toContain('The hub keeps mine-first-seen, mine-drift');
  });

  it('removes what it can where the hub fails on the way, and tells of that failure', async () => {
    const hub = new FakeHub();
    const removed: string[] = [];
    hub.operator.remove = async (id) => {
      removed.push(id);
      if (id.endsWith('drift')) throw new Error('will not');
    };
    hub.figures = () => Promise.reject(new Error('away'));
    await expect(perform(hub, 'play', 3)).rejects.toThrow('away');
    expect(removed).toHaveLength(5);
    hub.figures = async () => new Map();
    expect((await perform(hub, 'again', 3)).remaining).toEqual(['again-drift']);
  });

  it('shows what differs with what was expected', () => {
    const check = { what: 'x\u001b[2J', expected: 'OK', actual: 'DRIFT', ok: false };
    expect(describePlay({ checks: [check], remaining: [] })).toBe(
      String.raw`differs x\u001b[2J: expected OK, the hub says DRIFT` + '\n',
    );
  });
});
