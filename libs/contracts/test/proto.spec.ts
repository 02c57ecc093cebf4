import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));
const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');
const run = (cwd: string, ...args: string[]) =>
  spawnSync(process.execPath, [buf, ...args], { cwd, encoding: 'utf8' });

const protos = readdirSync(join(folder, 'proto'), { recursive: true, withFileTypes: true }).filter(
  (entry) => entry.isFile() && entry.name.endsWith('.proto'),
);

describe('protos', () => {
  it('pass the lint rules', () => {
    expect(run(folder, 'lint')).toMatchObject({ status: 0, stdout: '' });
  });

  it('break a rule where a call has no comment, so the rules are in force', () => {
    const copy = mkdtempSync(join(tmpdir(), 'touchstone-proto-'));
    try {
      const rules = readFileSync(join(folder, 'buf.yaml'), 'utf8').replace('path: proto', 'path: .');
      writeFileSync(join(copy, 'buf.yaml'), rules);
      const text = 'syntax = "proto3";\npackage touchstone.x.v1;\nservice X {}\n';
      writeFileSync(join(copy, 'x.proto'), text);
      expect(run(copy, 'lint').stdout).toContain('Service "X" should have a non-empty comment');
    } finally {
      rmSync(copy, { recursive: true });
    }
  });

  it.each(protos.map((entry) => [entry.name, join(entry.parentPath, entry.name)]))(
    '%s declares the package of its folder',
    (_name, path) => {
      const expected = path
        .slice(join(folder, 'proto').length + 1)
        .split('/')
        .slice(0, -1)
        .join('.');
      expect(/^package ([a-z0-9.]+);$/m.exec(readFileSync(path, 'utf8'))?.[1]).toBe(expected);
    },
  );
});
