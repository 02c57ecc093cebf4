import { describe, expect, it } from '@jest/globals';
import { ACCEPTED_ADVISORIES, judgeAdvisories, unanswered } from '../judge-advisories.mjs';

const TODAY = '2030-06-15';
const ID = 'GHSA-aaaa-bbbb-cccc';
const about = (severity, name = 'some-package') => ({
  ...{ source: 1, name, dependency: name, title: 'Does harm', severity, range: '<2.0.0' },
  url: `https://github.com/advisories/${ID}`,
});
const report = (...advisories) => ({
  auditReportVersion: 2,
  vulnerabilities: {
    'some-package': { name: 'some-package', via: advisories },
    // It uses the one above, and stands there by its name alone.
    'a-user-of-it': { name: 'a-user-of-it', via: ['some-package'] },
  },
});
const entry = { advisory: ID, package: 'some-package', reason: 'an example', expires: TODAY };

describe('an advisory', () => {
  it.each(['high', 'critical'])('of severity %s is refused once', (severity) => {
    const advisory = about(severity);
    expect(judgeAdvisories(report(advisory, advisory), TODAY, []).refused).toEqual([
      `some-package <2.0.0: ${severity}, Does harm (${ID})`,
    ]);
  });

  it.each(['info', 'low', 'moderate'])('of severity %s is noted', (severity) => {
    const { refused, noted } = judgeAdvisories(report(about(severity)), TODAY, []);
    expect([refused.length, noted.length]).toEqual([0, 1]);
  });

  it('is accepted until the end of a day', () => {
    expect(judgeAdvisories(report(about('high')), TODAY, [entry]).refused).toEqual([]);
    expect(judgeAdvisories(report(about('high')), '2030-06-16', [entry]).refused).toEqual([
      expect.stringMatching(/judge it anew/),
    ]);
    expect(
      judgeAdvisories(report(about('high')), TODAY, [{ ...entry, expires: undefined }]).refused,
    ).toHaveLength(1);
  });

  it('is accepted for one package', () => {
    expect(judgeAdvisories(report(about('high', 'other')), TODAY, [entry]).refused).toHaveLength(2);
  });

  it('that is not found any more is no longer accepted', () => {
    expect(judgeAdvisories(report(), TODAY, [entry]).refused).toEqual([expect.stringMatching(/remove it/)]);
  });

  it('that we accept has a reason and a day', () => {
    for (const { reason, expires } of ACCEPTED_ADVISORIES) {
      expect(reason.length).toBeGreaterThan(20);
      expect(expires).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    }
  });
});

describe('no answer', () => {
  it.each([
    [
      { message: 'request to https://host.example/bulk failed, reason: getaddrinfo ENOTFOUND host.example' },
      'ENOTFOUND',
    ],
    [{ message: 'network timeout at: https://host.example/bulk' }, 'network timeout'],
    [{ statusCode: 405, message: 'Method Not Allowed', error: { summary: '', detail: '' } }, 'HTTP 405'],
    [{ statusCode: 503, error: {} }, 'HTTP 503'],
  ])('is told from a report', (answer, why) => expect(unanswered(answer)).toBe(why));

  it.each([
    { error: { code: 'ENOLOCK', summary: 'there is no lock file' } },
    { statusCode: 401, message: 'Unauthorized', error: {} },
    { message: 'request to https://host.example/bulk failed, reason: self-signed certificate', error: {} },
    { message: 'Invalid response body', error: { summary: '', detail: '' } },
  ])('is not what fails otherwise', (answer) => {
    expect(unanswered(answer)).toBeUndefined();
    expect(() => judgeAdvisories(answer, TODAY, [])).toThrow(/no report/);
  });

  it('is not a report', () => expect(unanswered(report(about('high')))).toBeUndefined());
});
