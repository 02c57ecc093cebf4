import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackPackagedProgram } from './debian-package.js';

const promtool = { package: 'prometheus', path: 'usr/bin/promtool' };

describe('a program of a package', () => {
  let root: string;
  let environment: Record<string, string>;
  const command = (name: string, script: string): void =>
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'touchstone-package-'));
    mkdirSync(join(root, 'bin'));
    environment = { ...process.env, PATH: `${join(root, 'bin')}:${process.env['PATH']}` };
    command('dpkg', 'mkdir -p "$3/usr/bin" && cp "$2" "$3/usr/bin/promtool"');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('is all that is left of it', async () => {
    command('apt-get', 'test "$1" = download && echo "$2" > x.deb');
    await unpackPackagedProgram(promtool, join(root, 'target'), environment);
    expect(readFileSync(join(root, 'target/promtool'), 'utf8')).toBe('prometheus\n');
    expect(readdirSync(root).sort()).toEqual(['bin', 'target']);
  });

  it('comes with lists of its own where the machine has none', async () => {
    command(
      'apt-get',
      'case "$*" in "-o "*update) touch lists/there;; "-o "*) test -e lists/there && echo own > x.deb;; *) exit 100;; esac',
    );
    await unpackPackagedProgram(promtool, join(root, 'target'), environment);
    expect(readFileSync(join(root, 'target/promtool'), 'utf8')).toBe('own\n');
  });

  it.each([
    ['exit 100', /apt-get/],
    ['exit 0', /left no package behind/],
  ])('leaves nothing when apt-get ends with %s', async (script, message) => {
    command('apt-get', script);
    await expect(unpackPackagedProgram(promtool, join(root, 'target'), environment)).rejects.toThrow(message);
    expect(existsSync(join(root, 'target'))).toBe(false);
    expect(readdirSync(root)).toEqual(['bin']);
  });
});
