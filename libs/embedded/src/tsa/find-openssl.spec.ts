import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findOpenssl } from './find-openssl.js';

describe('the search for openssl', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-openssl-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const found = (script: string, mode = 0o755) => {
    const path = join(folder, 'openssl');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, mode);
    return findOpenssl({ PATH: `relative:/nonexistent:${folder}` });
  };

  it('takes version 3 and later', () => {
    const path = join(folder, 'openssl');
    expect(found('echo "OpenSSL 3.0.19 27 Jan 2026 (Library: OpenSSL 3.0.19 27 Jan 2026)"')).toEqual({
      path,
      version: '3.0.19',
    });
    expect(found('echo "OpenSSL 10.1.0"')).toEqual({ path, version: '10.1.0' });
  });

  it.each([
    ['an older one', 'echo "OpenSSL 1.1.1w  11 Sep 2023"', 0o755],
    ['another maker’s', 'echo "LibreSSL 4.0.0"', 0o755],
    ['one that fails', 'exit 1', 0o755],
    ['one that may not be run', 'echo "OpenSSL 3.0.19"', 0o644],
  ])('passes over %s', (_name, script, mode) => {
    expect(found(script, mode)).toBeUndefined();
  });

  it('finds none without a PATH', () => {
    expect(findOpenssl({})).toBeUndefined();
  });
});
