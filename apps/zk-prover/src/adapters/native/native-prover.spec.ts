import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TimeBudget } from '../../domain/time-budget.js';
import { installNative } from './install-native.js';
import { findNativeProver, NATIVE_PROGRAM, nativeRoot } from './native-prover.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchstone-native-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(path: string, script: string, mode = 0o755): Promise<string> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, path), mode);
  return join(folder, path);
}

describe('the native prover', () => {
  it('is looked for on PATH, then where it is installed', async () => {
    const environment = { PATH: `relative:${folder}/path`, XDG_DATA_HOME: folder };
    expect(findNativeProver(environment)).toBeUndefined();
    await program(`path/${NATIVE_PROGRAM}`, 'exit 0', 0o644);
    expect(findNativeProver(environment)).toBeUndefined();
    await program(`touchstone/bin/${NATIVE_PROGRAM}`, 'echo "OK!"');
    expect(findNativeProver(environment)?.name).toBe('native');
    expect(findNativeProver({ PATH: '', HOME: folder })).toBeUndefined();
  });

  it('lies below XDG_DATA_HOME, else below the home', () => {
    expect(nativeRoot({ XDG_DATA_HOME: '/data', HOME: '/home/me' })).toBe('/data/touchstone');
    expect(nativeRoot({ XDG_DATA_HOME: 'data', HOME: '/home/me' })).toBe('/home/me/.local/share/touchstone');
    expect(nativeRoot({ HOME: '' })).toBeUndefined();
  });

  it.each([
    ['exit 139', 'prover-failed'],
    ['kill -SEGV $$', 'prover-failed'],
    ['while :; do :; done', 'deadline'],
  ])('that does %j fails with %s', async (script, code) => {
    await program(NATIVE_PROGRAM, script);
    const files = { provingKey: '/k', witness: '/w', proof: '/p', publicSignals: '/s' };
    const proving = findNativeProver({ PATH: folder })?.prove(files, new TimeBudget(500));
    await expect(proving).rejects.toMatchObject({ code });
  });

  it.each([
    ['echo "[INFO]  snarkJS: OK!"; exit 0', true],
    ['echo "[ERROR] snarkJS: Invalid proof"; exit 1', false],
    ['echo "[ERROR] snarkJS: Proof commitments are not valid."; exit 1', false],
    ['echo "[ERROR] snarkJS: Public inputs are not valid."; exit 1', false],
  ])('that says %j judges %p', async (script, verdict) => {
    await program(NATIVE_PROGRAM, script);
    const files = { key: '/k', publicSignals: '/s', proof: '/p' };
    expect(await findNativeProver({ PATH: folder })?.verify(files, new TimeBudget(10_000))).toBe(verdict);
  });

  it.each([
    'exit 0',
    'echo "OK!"; exit 1',
    'echo "Invalid proof"; exit 0',
    'echo "Error: cannot read"; exit 1',
  ])('that does %j has given no verdict', async (script) => {
    await program(NATIVE_PROGRAM, script);
    const files = { key: '/k', publicSignals: '/s', proof: '/p' };
    const verdict = findNativeProver({ PATH: folder })?.verify(files, new TimeBudget(10_000));
    await expect(verdict).rejects.toMatchObject({ code: 'prover-failed' });
  });
});

describe('the installation of the native prover', () => {
  const signal = new AbortController().signal;

  it('says what to do without cargo', async () => {
    const installed = installNative({ root: folder, cargo: join(folder, 'cargo') }, signal);
    await expect(installed).rejects.toMatchObject({ code: 'prover-failed' });
    await expect(installed).rejects.toThrow('prove with snarkjs, which needs nothing');
  });

  it('builds the pinned version with its lock file, for the processor alone', async () => {
    const said = join(folder, 'said');
    const cargo = await program('cargo', `echo "$@" > ${said}`);
    await installNative({ root: '/root-of-it', cargo }, signal);
    expect(await readFile(said, 'utf8')).toBe(
      'install snarkrs --version 0.1.0 --locked --no-default-features --features cpu --root /root-of-it\n',
    );
  });

  it('fails when the build fails', async () => {
    const cargo = await program('cargo', 'exit 101');
    await expect(installNative({ root: folder, cargo }, signal)).rejects.toThrow('cargo ended with 101');
  });
});
