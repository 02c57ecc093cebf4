import { describe, expect, it } from '@jest/globals';
import { judgeLicences, useOf } from '../judge-licences.mjs';
import { permits } from '../licence-expression.mjs';
import { LICENCE_POLICY as ours } from '../licence-policy.mjs';

const none = { ...ours, EXCEPTIONS: [] };

/** A package that a service ships; `more` says what is else about it. */
const item = (licence, more = {}) => ({
  name: 'some-package',
  version: '1.0.0',
  folder: 'node_modules/some-package',
  licence,
  installed: undefined,
  workspaces: ['apps/signer'],
  users: ['apps/signer'],
  ...more,
});
const development = { workspaces: [], users: ['', 'apps/signer'] };
const prover = { workspaces: [ours.PROVER_WORKSPACE], users: [ours.PROVER_WORKSPACE] };

describe('the licence of a package', () => {
  it.each([...ours.PERMISSIVE])('%s may ship', (licence) => {
    expect(judgeLicences([item(licence)], none)).toEqual([]);
  });

  it.each(['(MIT OR GPL-3.0)', 'MIT OR Apache-2.0', 'Apache-2.0 AND MIT', '(GPL-3.0-only OR (MIT AND ISC))'])(
    '%s may ship, because it can be used under listed licences alone',
    (licence) => {
      expect(judgeLicences([item(licence)], none)).toEqual([]);
    },
  );

  it.each([
    'GPL-3.0',
    'GPL-2.0-or-later',
    'AGPL-3.0-only',
    'MIT AND GPL-3.0-only',
    'GPL-2.0+',
    'GPL-2.0-only WITH Classpath-exception-2.0',
  ])('%s may neither ship nor build', (licence) => {
    for (const use of [{}, development])
      expect(judgeLicences([item(licence, use)], none)).toEqual([
        expect.stringMatching(/binds the whole program/),
      ]);
  });

  it.each(['LGPL-3.0-only', 'MPL-2.0', 'CC-BY-4.0', 'MIT AND CC-BY-3.0', 'Apache-2.0 WITH LLVM-exception'])(
    '%s may not ship without an exception',
    (licence) => {
      expect(judgeLicences([item(licence)], none)).toEqual([expect.stringMatching(/on no list/)]);
    },
  );

  it('takes more of what builds and tests', () => {
    expect(judgeLicences([item('MPL-2.0', development)], none)).toEqual([]);
    expect(judgeLicences([item('LGPL-3.0-only', development)], none)).toHaveLength(1);
  });

  it.each([undefined, 'SEE LICENSE IN LICENSE.txt', 'UNLICENSED', 'Apache 2', ''])(
    'refuses what states no licence: %s',
    (licence) => {
      for (const use of [{}, development, prover])
        expect(judgeLicences([item(licence, use)], none)).toHaveLength(1);
    },
  );

  it('refuses a package that says something else than the lock file', () => {
    const installed = item('MIT', { installed: { licence: 'GPL-3.0' } });
    expect(judgeLicences([installed], none)).toEqual([expect.stringMatching(/Run npm ci/)]);
    expect(judgeLicences([item('MIT', { installed: { licence: 'MIT' } })], none)).toEqual([]);
  });
});

describe('copyleft', () => {
  it.each(['GPL-3.0', 'AGPL-3.0-only', 'LGPL-3.0-only', 'MIT', 'MPL-2.0'])(
    '%s may be used by the prover',
    (licence) => {
      expect(judgeLicences([item(licence, prover)], none)).toEqual([]);
    },
  );

  it('may not be used by anything beside the prover, not even to test', () => {
    const shared = { workspaces: [ours.PROVER_WORKSPACE, 'apps/signer'], users: prover.users };
    expect(useOf(item('GPL-3.0', { ...shared, users: [...prover.users, 'apps/signer'] }))).toBe('product');
    expect(useOf(item('GPL-3.0', { ...prover, users: [...prover.users, 'libs/testing'] }))).toBe(
      'development',
    );
  });

  it('is not lifted by an exception', () => {
    const EXCEPTIONS = [
      { package: 'some-package', licence: 'GPL-3.0', use: 'product', reason: 'we like it' },
    ];
    const findings = judgeLicences([item('GPL-3.0')], { ...none, EXCEPTIONS });
    expect(findings[0]).toMatch(/no exception lifts that/);
    expect(findings[1]).toMatch(/nothing needs it/);
  });
});

describe('an exception', () => {
  const exception = {
    package: 'some-package',
    licence: 'LGPL-3.0-only',
    use: 'product',
    reason: 'linked as a library of its own',
  };
  const policy = { ...none, EXCEPTIONS: [exception] };

  it('lets one package with one licence pass', () => {
    expect(judgeLicences([item('LGPL-3.0-only')], policy)).toEqual([]);
  });

  it.each([
    ['another package', item('LGPL-3.0-only', { name: 'other' })],
    ['another licence', item('LGPL-2.1-only')],
    ['another use', item('LGPL-3.0-only', development)],
  ])('is not for %s', (_what, other) => {
    expect(judgeLicences([other], policy)).toHaveLength(2);
  });

  it('is refused when nothing needs it any more', () => {
    expect(judgeLicences([item('MIT')], policy)).toEqual([
      expect.stringMatching(/nothing needs it any more/),
    ]);
  });

  it('can be for a package that states nothing', () => {
    const EXCEPTIONS = [{ ...exception, licence: null }];
    expect(judgeLicences([item(undefined)], { ...none, EXCEPTIONS })).toEqual([]);
  });

  it('has a reason', () => {
    for (const one of ours.EXCEPTIONS) expect(one.reason.length).toBeGreaterThan(20);
  });
});

describe('an expression', () => {
  it('asks for all of AND and for one of OR', () => {
    const isAllowed = (id) => ['MIT', 'ISC'].includes(id);
    expect(permits('MIT AND ISC', isAllowed)).toBe(true);
    expect(permits('MIT AND Zlib', isAllowed)).toBe(false);
    expect(permits('Zlib OR ISC', isAllowed)).toBe(true);
    // AND binds more closely.
    expect(permits('MIT OR Zlib AND X11', isAllowed)).toBe(true);
    expect(permits('(MIT OR Zlib) AND X11', isAllowed)).toBe(false);
    expect(permits('MIT OR', isAllowed)).toBeUndefined();
  });
});
