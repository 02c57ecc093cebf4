import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { fixture, NOW_MS } from '../../test/fixture.js';
import { cosigned, witnesses } from '../../test/witnesses.js';
import {
  stepMeaning,
  stepsForLabel,
  subjectKinds,
  verifyEvidence,
  type OutputBundle,
  type SubjectKind,
  type TrustFile,
} from '../index.js';
import { steps, stepNames, stepsOf, type Step } from './step.js';

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), 'utf8');
const quoted = (text: string): string[] => [...text.matchAll(/`([a-z0-9-]+)`/g)].map(([, name = '']) => name);

/** Everything that is reported of one bundle under one trust file. */
interface Reported {
  readonly what: string;
  readonly kind: SubjectKind;
  readonly steps: readonly Step[];
}

const reportedOf = (bundle: unknown, trust: TrustFile | null): readonly Step[] => {
  const text = typeof bundle === 'string' ? bundle : JSON.stringify(bundle);
  return verifyEvidence(text, { ...(trust ? { trust } : {}), nowMs: NOW_MS }).steps;
};

let bundle: OutputBundle;
let trust: TrustFile;
let reports: Reported[];

beforeAll(async () => {
  const made = await fixture();
  bundle = await cosigned(made.bundle, 2);
  trust = { ...made.trust, witnesses: { k: 2, vkeys: witnesses.map(({ vkey }) => vkey) } };
  const judged = (file: string, kind: SubjectKind): Reported[] => {
    const { cases } = JSON.parse(read(`libs/evidence/vectors/${file}`)) as {
      cases: { name: string; input: { bundle: unknown; trust: TrustFile | null } }[];
    };
    return cases.map(({ name, input: { bundle, trust } }) => ({
      what: name,
      kind,
      steps: reportedOf(bundle, trust),
    }));
  };
  const without = (changes: Partial<TrustFile>): TrustFile => ({ ...trust, ...changes });
  reports = [
    ...judged('evidence.json', 'output'),
    ...judged('event-evidence.json', 'event'),
    { what: 'all', kind: 'output', steps: reportedOf(bundle, trust) },
    { what: 'no trust file', kind: 'output', steps: reportedOf(bundle, null) },
    { what: 'no key', kind: 'output', steps: reportedOf(bundle, without({ keys: [] })) },
    { what: 'no log', kind: 'output', steps: reportedOf(bundle, without({ logs: [] })) },
    { what: 'several', kind: 'output', steps: reportedOf(several(), trust) },
  ];
});

/** Two log proofs, the second of them false, with an anchor of each. */
function several(): OutputBundle {
  const [proof] = bundle.logProofs as [OutputBundle['logProofs'][number]];
  const [anchor] = bundle.anchors as [OutputBundle['anchors'][number]];
  return {
    ...bundle,
    logProofs: [proof, { ...proof, leafIndex: '0' }],
    anchors: [anchor, { ...anchor, logProof: 1 }],
  };
}

describe('the list of steps', () => {
  it('names each step once, and says of each what it shows', () => {
    expect(new Set(stepNames).size).toBe(steps.length);
    for (const kind of subjectKinds)
      expect(new Set(steps.map(({ name }) => stepMeaning(name, kind))).size).toBe(steps.length);
  });

  it('holds what a step requires before the step', () => {
    const required = steps.flatMap((step, place) =>
      (step.requires?.steps ?? []).map(({ name }) => ({ of: step.name, name, place })),
    );
    expect(required.map(({ of, name }) => `${of} requires ${name}`)).toEqual(
      expect.arrayContaining([
        'signature requires key',
        'key-state requires key',
        'log-uniqueness requires checkpoint-signature',
      ]),
    );
    const before = ({ place }: { place: number }): string[] => steps.slice(0, place).map(({ name }) => name);
    expect(required.filter((one) => !before(one).includes(one.name))).toEqual([]);
  });

  it('lets those that speak of the same things stand together, since they take turns', () => {
    for (const each of ['logProofs', 'anchors'] as const) {
      const places = steps.flatMap((step, place) => (step.each === each ? place : []));
      expect(places).toEqual(places.map((_, index) => (places[0] ?? Number.NaN) + index));
    }
  });
});

describe('a report', () => {
  it('has each step of the list that concerns its subject, in its order, and no other', () => {
    for (const { what, kind, steps: reported } of reports) {
      const names = reported.map(({ name }) => name);
      const isRefused = reported[0]?.status === 'fail';
      const wanted = isRefused ? ['gate'] : stepsOf(kind).map(({ name }) => name);
      expect({ what, names: [...new Set(names)] }).toEqual({ what, names: wanted });
    }
  });

  it('says all of one log proof before the next, and numbers what it says of several', () => {
    const numbered = reportedOf(several(), trust).filter(({ index }) => index !== undefined);
    expect(numbered.map(({ name, index }) => `${name}[${index}]`)).toEqual([
      'log-inclusion[0]',
      'checkpoint-signature[0]',
      'log-inclusion[1]',
      'checkpoint-signature[1]',
      'anchor[0]',
      'anchor[1]',
    ]);
    expect(numbered.every((step) => Object.keys(step).slice(0, 3).join() === 'name,status,index')).toBe(true);
  });

  it('never lets a step pass or fail whose requirement has not passed', () => {
    let unmet = 0;
    for (const { what, steps: reported } of reports) {
      const hasPassed = (wanted: string): boolean =>
        reported.some(({ name, status }) => name === wanted && status === 'pass');
      for (const { name, status } of reported) {
        const { requires } = steps.find((step) => step.name === name) ?? {};
        if (!requires || requires.steps.every((required) => hasPassed(required.name))) continue;
        unmet += 1;
        expect({ what, name, status }).toEqual({
          what,
          name,
          status: expect.stringMatching(/^(?:absent|not-checked)$/),
        });
      }
    }
    expect(unmet).toBeGreaterThan(10);
  });

  it.each<[string, Partial<TrustFile> | null, Step]>([
    [
      'signature without a trusted key',
      { keys: [] },
      {
        name: 'signature',
        status: 'not-checked',
        restsOn: 'a key in the trust file',
        detail: 'there is no trusted key to check it with',
      },
    ],
    [
      'key-state without a trust file',
      null,
      {
        name: 'key-state',
        status: 'not-checked',
        restsOn: 'a key in the trust file',
        detail: 'there is no trusted key to check',
      },
    ],
    [
      'log-uniqueness where no checkpoint is signed by a trusted log',
      { logs: [] },
      {
        name: 'log-uniqueness',
        status: 'absent',
        expected: '2 witnesses',
        actual: '0',
        restsOn: 'trust file: 2 of 2 witnesses',
      },
    ],
    [
      'log-uniqueness where nobody asks',
      { logs: [], witnesses: { k: 0, vkeys: [] } },
      {
        name: 'log-uniqueness',
        status: 'not-checked',
        restsOn: 'trust file: 0 of 0 witnesses',
        detail: 'the trust file asks for no witness',
      },
    ],
  ])('says in place of the step: %s', (_what, changes, expected) => {
    const reported = reportedOf(bundle, changes && { ...trust, ...changes });
    expect(reported.find(({ name }) => name === expected.name)).toEqual(expected);
  });

  it('calls only side steps optional', () => {
    const optional = reports.flatMap(({ steps: reported }) => reported.filter((step) => step.optional));
    const side = steps.filter((step) => step.class === 'side').map(({ name }) => name);
    expect(optional.length).toBeGreaterThan(0);
    expect(optional.filter(({ name }) => !side.includes(name))).toEqual([]);
  });
});

describe('the pages that name the steps', () => {
  const protocol = read('docs/reference/protocol.md');
  const [, table = ''] = /\| step \| passes when \|\n\|---\|---\|\n((?:\|.*\n)+)/.exec(protocol) ?? [];
  const rows = table.split('\n').filter((row) => row !== '');
  const first = rows.map((row) => row.split(' | ')[0] ?? '');

  it('protocol: the table holds them in order, and says of which there are several', () => {
    expect(first.flatMap(quoted)).toEqual(stepNames);
    const of = { logProofs: 'of each log proof', anchors: 'of each anchor' };
    for (const { name, each } of steps) {
      const cell = first.find((text) => quoted(text).includes(name)) ?? '';
      expect({ name, of: /of each .*$/.exec(cell)?.[0] }).toEqual({ name, of: each && of[each] });
    }
  });

  it('protocol: core steps are all but those of class side', () => {
    const [, text = ''] = /\*Core\* steps are all but ([\s\S]+?), and\s/.exec(protocol) ?? [];
    const side = steps.filter((step) => step.class === 'side').map(({ name }) => name);
    expect(quoted(text).sort()).toEqual([...side].sort());
  });

  it('protocol: the labels need the steps that say so', () => {
    const [, l1 = ''] = /^\| L1 \| (.*) \|$/m.exec(protocol) ?? [];
    const [, l2 = ''] = /^\| L2 \| L1, (.*) \|$/m.exec(protocol) ?? [];
    const [output = '', event = ''] = l1.split('; of an event');
    const more = quoted(l2.replace('one anchor', '`anchor`'));
    for (const [kind, text] of [
      ['output', output],
      ['event', event],
    ] as const) {
      expect(quoted(text)).toEqual(stepsForLabel('L1', kind));
      expect([...new Set([...quoted(text), ...more])].sort()).toEqual([...stepsForLabel('L2', kind)].sort());
    }
  });

  it('protocol: the sentence on events names the steps that are of outputs alone', () => {
    const [, sentence = ''] = /^Of an event the steps (.*) are not reported\.$/m.exec(protocol) ?? [];
    const reported = stepsOf('event').map(({ name }) => name);
    expect(quoted(sentence)).toEqual(stepNames.filter((name) => !reported.includes(name)));
  });

  it('self-check-failed: the table names no step that is not in the list', () => {
    const runbook = read('docs/runbooks/self-check-failed.md');
    const cells = [...runbook.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) =>
      cell.replace(/: [^`]*/g, ''),
    );
    const explained = cells.flatMap(quoted);
    expect(explained.length).toBeGreaterThan(8);
    expect(explained.filter((name) => !(stepNames as readonly string[]).includes(name))).toEqual([]);
  });

  it('the independent verifier takes the same steps', () => {
    const script = read('tools/verify_independent.py');
    const taken = [...script.matchAll(/self\.steps?(?:\(\(?| = \{)"([a-z-]+)"/g)].map(
      ([, name = '']) => name,
    );
    expect([...new Set(taken)].sort()).toEqual([...stepNames].sort());
  });
});
