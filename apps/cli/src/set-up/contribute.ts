import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContributionAnswer } from '@touchstone/contracts/http/set-ups';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { jsonText } from '../terminal/json-text.js';
import { printableLine } from '../terminal/printable.js';
import { askProver } from '../zk/call-prover.js';
import {
  downloadFile,
  invitationToken,
  sendContribution,
  setUpUrl,
  showSetUp,
  type Sent,
} from './set-up-api.js';

/** How often a party that others overtake begins anew. */
const ATTEMPTS_MAX = 20;

/** How often the same key is sent when nobody answers, and the pause after the first time. */
const SENDS_MAX = 5;
const SEND_PAUSE_MS = 1_000;

export interface ContributeOptions {
  readonly name: string;
  readonly url?: string;
  readonly json: boolean;
  readonly state: string;
}

/** `touchstone zk contribute`: adds a party's secret to the newest key of a set-up, on this machine. */
export async function contributeCommand(target: string, options: ContributeOptions): Promise<ExitCode> {
  const token = invitationToken();
  if (token === undefined)
    throw new CommandError(exitCodes.usage, 'Give the token of your invitation in TOUCHSTONE_SET_UP_TOKEN.');
  const url = setUpUrl(target, options);
  const taken = await contribute(url, token, options.name);
  if (options.json) process.stdout.write(`${jsonText(taken)}\n`);
  else
    process.stdout.write(
      `${printableLine(`Contribution ${taken.position} of ${taken.name}: ${taken.hash}`)}\n` +
        'Publish this hash yourself: whoever trusts you looks for it in the transcript.\n' +
        'The secret was in no file and is gone with the process that made it.\n',
    );
  return exitCodes.ok;
}

async function contribute(url: string, token: string, name: string): Promise<ContributionAnswer> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const { state, parties, newestKey } = await showSetUp(url);
    if (state !== 'open') throw new CommandError(exitCodes.io, `The set-up takes nothing: it is ${state}.`);
    if (!parties.some((party) => party.name === name))
      throw new CommandError(exitCodes.usage, `The set-up has invited no ${printableLine(name)}.`);
    const before = await downloadFile(url, 'proving-key.zkey', token);
    const digest = bytesToHex(sha256(before));
    if (digest !== newestKey.sha256) continue;
    if (process.stderr.isTTY) process.stderr.write(`Contributing to the key ${digest} …\n`);
    const key = await contributionTo(before, name);
    const sent = await sendAgain(() => sendContribution(url, token, { before, key }));
    if (sent.kind === 'taken') return sent.answer;
    if (process.stderr.isTTY) process.stderr.write('Another party was faster; again.\n');
  }
  throw new CommandError(exitCodes.io, 'Others contribute faster than this machine; try again later.');
}

/** Sends the very same key until somebody says what became of it; another one would be a second contribution. */
async function sendAgain(send: () => Promise<Sent>): Promise<Exclude<Sent, { kind: 'unanswered' }>> {
  for (let attempt = 1; ; attempt += 1) {
    const sent = await send();
    if (sent.kind !== 'unanswered') return sent;
    if (attempt === SENDS_MAX)
      throw new CommandError(
        exitCodes.io,
        `Nobody says whether the contribution was taken: ${printableLine(sent.reason)}\ntouchstone zk setup show says it.`,
      );
    await sleep(SEND_PAUSE_MS * attempt);
  }
}

async function contributionTo(before: Uint8Array, name: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'touchstone-contribution-'));
  try {
    const [from, to] = [join(folder, 'before.zkey'), join(folder, 'after.zkey')];
    await writeFile(from, before);
    const words = ['set-up', 'contribute', '--from', from, '--to', to, '--name', name];
    const { exitCode, refusal } = await askProver(words);
    if (exitCode !== 0) throw new CommandError(exitCodes.io, printableLine(refusal));
    return await readFile(to);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
