import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findOpenssl } from '@touchstone/embedded';
import { runTouchstone } from './run-touchstone.js';
import type { StepLog } from './step-log.js';

/** Has the time stamp verified by a program that knows nothing of Touchstone. */
export async function verifyTokenElsewhere(log: StepLog, checkout: string, folder: string): Promise<void> {
  const openssl = findOpenssl();
  if (openssl === undefined)
    return log.print('   openssl 3 is not on PATH: there is no time stamp to verify.');
  const out = join(folder, 'token');
  await rm(out, { recursive: true, force: true });
  const evidence = join(folder, 'evidence.json');
  const trust = ['--trust', join(folder, 'trust.json')];
  log.print(`   $ npx touchstone export ${evidence} --as token ${trust.join(' ')} --out ${out}`);
  const exported = await runTouchstone(checkout, [
    'export',
    evidence,
    '--as',
    'token',
    ...trust,
    '--out',
    out,
    '--json',
  ]);
  const { command } = JSON.parse(exported.output) as { command: string[] };
  log.print(`   $ ${command.join(' ')}`);
  const accepted = await new Promise<boolean>((resolve) => {
    execFile(openssl.path, command.slice(1), { cwd: out }, (error) => resolve(error === null));
  });
  log.check(`openssl ${openssl.version} accepts the time stamp`, accepted);
}

/** Writes the page that draws the way to the anchors. */
export async function drawPage(log: StepLog, checkout: string, folder: string): Promise<void> {
  const page = join(folder, 'evidence.html');
  const evidence = join(folder, 'evidence.json');
  const options = ['--trust', join(folder, 'trust.json'), '--html', page];
  log.print(`   $ npx touchstone inspect ${evidence} ${options.join(' ')}`);
  const { exitCode } = await runTouchstone(checkout, ['inspect', evidence, ...options]);
  log.check(`one page draws the proof: ${page}`, exitCode === 0);
}
