import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashDeployedCode } from './build-info.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the hash of the deployed code', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'build-'));
    mkdirSync(join(folder, 'domain'));
    writeFileSync(join(folder, 'main.js'), 'main');
    writeFileSync(join(folder, 'domain', 'rule.js'), 'rule');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is the hash of the sorted lines that sha256sum prints', async () => {
    const lines = `${sha256('rule')}  domain/rule.js\n${sha256('main')}  main.js\n`;
    expect(await hashDeployedCode(folder)).toBe(sha256(lines));
  });

  it('changes with content and with names, and not with maps and type declarations', async () => {
    const before = await hashDeployedCode(folder);
    writeFileSync(join(folder, 'main.js.map'), '{}');
    writeFileSync(join(folder, 'main.d.ts'), 'export {}');
    expect(await hashDeployedCode(folder)).toBe(before);
    writeFileSync(join(folder, 'main.js'), 'other');
    const changed = await hashDeployedCode(folder);
    expect(changed).not.toBe(before);
    writeFileSync(join(folder, 'more.js'), '');
    expect(await hashDeployedCode(folder)).not.toBe(changed);
  });
});
