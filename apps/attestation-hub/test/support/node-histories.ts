import type { Heartbeat } from '@touchstone/contracts';
import { heartbeatAt } from './hub-fixture.js';

/** What one node says in a round, `undefined` for nothing. */
export type Script = (round: number, nowMs: number) => Heartbeat | undefined;

type Change = Omit<Partial<Heartbeat>, 'attestation'> & {
  readonly build?: string;
  readonly caps?: string;
  readonly os?: string;
};

function says(
  node_id: string,
  nowMs: number,
  { build = 'build-1', caps = 'a1', os = 'linux', ...rest }: Change,
) {
  return heartbeatAt(nowMs, {
    ...{ node_id, ...rest },
    attestation: {
      schema: 'attestation_v1',
      build_id: build,
      capability_hash: caps.repeat(32),
      runtime: { os, python: '3.11.7' },
    },
  });
}

const healths = ['GREEN', 'GREEN', 'GREEN', 'YELLOW', 'RED', 'DEAD'] as const;

/**
 * What happens to nodes, one kind after the other. A round is 10 s; the numbers of rounds keep each within the changes of status that a
 * hub takes of one node.
 */
const kinds: readonly ((id: string, salt: number) => Script)[] = [
  // One that stays as it is, with every health.
  (id, salt) => (round, nowMs) =>
    says(id, nowMs, { health: healths[(round + salt) % healths.length] ?? 'GREEN' }),
  // A deploy of a build every half an hour; the third goes back to the first build.
  (id, salt) => (round, nowMs) => {
    const deploy = Math.floor((round + salt) / 180);
    return says(id, nowMs, { build: deploy === 3 ? 'build-0' : `build-${deploy}` });
  },
  // A deploy that is taken back after a minute, in which other capabilities were there.
  (id, salt) => (round, nowMs) => says(id, nowMs, (round + salt) % 400 < 6 ? { caps: 'b2' } : {}),
  // A rolling update of two machines with one name: both answer for some rounds.
  (id, salt) => (round, nowMs) => {
    const at = (round + salt) % 500;
    const isNew = at > 30 || (at > 20 && at % 2 === 0);
    return says(id, nowMs, { build: `build-${Math.floor((round + salt) / 500) + (isNew ? 1 : 0)}` });
  },
  // Two machines that share a name for good, from some time on.
  (id, salt) => (round, nowMs) =>
    says(id, nowMs, round > 15 + salt && round % 2 === 0 ? { build: 'clone', os: 'windows' } : {}),
  // The same build on two systems, now and then.
  (id, salt) => (round, nowMs) => says(id, nowMs, (round + salt) % 450 === 13 ? { os: 'windows' } : {}),
  // A client that does not attest for some rounds, and one that is silent for some.
  (id, salt) => (round, nowMs) => {
    const { attestation, ...bare } = says(id, nowMs, {});
    return (round + salt) % 220 < 9 ? bare : { ...bare, ...(attestation && { attestation }) };
  },
  (id, salt) => (round, nowMs) =>
    (round + salt + 46) % 90 < 14
      ? undefined
      : says(id, nowMs, { caps: (round + salt) % 270 < 90 ? 'c3' : 'a1' }),
  // One whose clock jumps by a day to and fro.
  (id, salt) => (round, nowMs) => {
    const stated = new Date(nowMs + ((round + salt) % 3) * 86_400_000).toISOString();
    return says(id, nowMs, { ts_utc: stated, build: round < 25 + salt ? 'build-1' : 'build-2' });
  },
  // Two machines of one build that share a name from some time on, each of which says when it started; a restart before that.
  (id, salt) => (round, nowMs) => {
    const isTwo = (round + salt) % 300 > 20 && (round + salt) % 300 < 26;
    return says(id, nowMs, {
      boot_id: isTwo && round % 2 === 0 ? 'clone' : `boot-${Math.floor(round / 10)}`,
    });
  },
];

/** Nodes of every kind, each kind several times with a salt of its own. */
export function scriptsOf(count: number): Script[] {
  return Array.from({ length: count }, (_, index) => {
    const kind = kinds[index % kinds.length] as (typeof kinds)[number];
    return kind(`node-${String(index).padStart(2, '0')}`, Math.floor(index / kinds.length));
  });
}
