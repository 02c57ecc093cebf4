import { describe, expect, it } from '@jest/globals';
import { findChromium, obtainChromium } from './chromium.js';
import type { Run } from './debian-package.js';

/** A machine with some programs, on which apt-get has what `packages` names. */
function machine(programs: Record<string, string>, packages?: Record<string, string>) {
  const ran: string[] = [];
  const run: Run = (command, args) => {
    ran.push([command, ...args].join(' '));
    if (command === 'sh') {
      const name = args[1]?.replace('command -v ', '') ?? '';
      return name in programs ? `/usr/bin/${name}\n` : undefined;
    }
    if (command !== 'apt-get') return programs[command.replace('/usr/bin/', '')];
    if (packages === undefined) return undefined;
    if (args[0] === 'install') Object.assign(programs, packages);
    return '';
  };
  return { run, ran, apt: () => ran.filter((line) => line.startsWith('apt-get')) };
}

const chromium = { chromium: 'Chromium 150.0.0.0 built on Debian\n' };

describe('looking for Chromium', () => {
  it.each([
    [chromium, '/usr/bin/chromium'],
    [{ 'google-chrome': 'Google Chrome 150.0.0.0\n' }, '/usr/bin/google-chrome'],
    [{ 'chromium-browser': 'Please install the snap.\n', ...chromium }, '/usr/bin/chromium'],
    [{ 'chromium-browser': 'Please install the snap.\n' }, undefined],
    [{}, undefined],
  ])('in %j finds %s', (programs, name) => {
    expect(findChromium(machine(programs).run)).toBe(name);
  });
});

describe('obtaining Chromium', () => {
  it('installs nothing where it is there', () => {
    const { run, apt } = machine({ ...chromium }, {});
    expect(obtainChromium(() => undefined, { run, isRoot: true })).toBe('/usr/bin/chromium');
    expect(apt()).toEqual([]);
  });

  it('installs the package of the distribution as root, and says so', () => {
    const { run, apt } = machine({}, chromium);
    const lines: string[] = [];
    expect(obtainChromium((line) => lines.push(line), { run, isRoot: true })).toBe('/usr/bin/chromium');
    expect(apt()).toEqual(['apt-get update', 'apt-get install -y --no-install-recommends chromium']);
    expect(lines).toHaveLength(1);
  });

  it.each([
    ['for who is not root', false, chromium],
    ['where there is no apt', true, undefined],
    ['where the package brings none', true, {}],
  ])('finds none %s', (_what, isRoot, packages) => {
    const { run } = machine({}, packages);
    expect(obtainChromium(() => undefined, { run, isRoot })).toBeUndefined();
  });
});
