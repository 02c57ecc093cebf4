import { describe, expect, it } from '@jest/globals';
import { judgeLock, judgeManifest } from '../versions.mjs';

describe('a package.json', () => {
  it.each(['1.2.3', '18.4.0-beta.17', '1.0.0+build.1'])('may say %s', (version) => {
    expect(judgeManifest('package.json', { dependencies: { some: version } })).toEqual([]);
  });

  it.each([
    '^1.2.3',
    '~1.2.3',
    '>=1.0.0',
    '1.2',
    '1.x',
    '*',
    '',
    'latest',
    'file:../some',
    'github:some/one',
    '$some',
  ])('may not say “%s”', (version) => {
    for (const section of ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'])
      expect(judgeManifest('package.json', { [section]: { some: version } })).toHaveLength(1);
  });

  it('has exact overrides, or those of its own dependencies, however deep', () => {
    expect(judgeManifest('package.json', { overrides: { one: '$one', other: { deep: '1.0.0' } } })).toEqual(
      [],
    );
    expect(judgeManifest('package.json', { overrides: { other: { deep: '^1.0.0' } } })).toEqual([
      'package.json: overrides of other: deep is “^1.0.0”, which is no exact version.',
    ]);
  });

  it('may say of Node what it likes', () => {
    expect(judgeManifest('package.json', { engines: { node: '>=20.19' } })).toEqual([]);
  });
});

describe('the lock file', () => {
  const judge = (entry) => judgeLock({ packages: { 'node_modules/some': entry } });

  it('names no registry', () => {
    expect(judge({ integrity: 'sha512-…', resolved: 'https://registry.example/some.tgz' })).toHaveLength(1);
    expect(judge({ integrity: 'sha512-…' })).toEqual([]);
    expect(judge({ link: true, resolved: 'libs/some' })).toEqual([]);
  });

  it('has a hash of every package but of those that lie in the archive of another', () => {
    expect(judge({})).toEqual([expect.stringMatching(/no integrity/)]);
    expect(judge({ inBundle: true })).toEqual([]);
  });
});
