import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodePaymentRequiredHeader } from '@x402/core/http';
import type { RunningStack } from '@touchstone/embedded';
import { formatAtomic } from '../stack/price.js';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { balanceOf, chainOf } from '../stack/chain.js';
import { anchoredEvent, submitBatch, type SubmittedBatch } from '../stack/event-batches.js';
import { anchoredEvidence, anchorNetworks, provenEvidence } from '../stack/evidence.js';
import { exportTrust, trustText } from '../stack/export-trust.js';
import { createPayer, developmentPayer, type Payer } from '../stack/payer.js';
import { readSecret } from '../stack/read-secret.js';
import { checkout, demoFolder, interruption, startAll, watchParts } from '../stack/run-stack.js';
import { urlOf } from '../stack/running-stack.js';
import { printableLine } from '../terminal/printable.js';
import { dishonestAttempts } from './attempts.js';
import { classify, heldOutDigits, infer, printClassified, type Classified, type Digit } from './digits.js';
import { drawPage, verifyTokenElsewhere } from './other-programs.js';
import { printFigures } from './figures.js';
import { tamper, verifyOffline } from './offline.js';
import { payForProof, payForProvable, replayOffline, verifyProofOffline } from './proof.js';
import { StepLog } from './step-log.js';
import { payByTransfer } from './transfer.js';

const ANCHOR_TIMEOUT_MS = 60_000;

export interface DemoOptions {
  readonly count: number;
  readonly state: string;
  /** Also prove that the model gave one of the answers. */
  readonly zk: boolean;
}

/**
 * `touchstone demo`: the whole way once, from an unpaid request to offline verification with everything stopped.
 * It ends with 0 only when every claim held.
 */
export async function demoCommand(options: DemoOptions): Promise<ExitCode> {
  const log = new StepLog();
  const folder = demoFolder(options.state);
  const digits = await heldOutDigits(checkout, options.count + 2);
  let failure: CommandError | undefined;
  let networks: readonly string[] = [];
  let stack: RunningStack | undefined;
  const interrupted = interruption();
  const parts = watchParts('the demonstration');
  const stopped = interrupted.then(() => {
    throw new CommandError(exitCodes.interrupted, 'Interrupted.');
  });
  // The race below may be decided before this promise is looked at.
  stopped.catch(() => undefined);
  try {
    stack = await log.step(
      'Start PostgreSQL, NATS, a chain, a time-stamping authority and six services',
      () =>
        startAll(
          {
            stateDir: options.state,
            restart: false,
            prover: options.zk,
            onExit: parts.onExit,
          },
          interrupted,
        ),
    );
    networks = anchorNetworks(stack.description);
    const paid = paidPart(log, stack, { ...options, folder, digits });
    await Promise.race([paid, parts.ended, stopped]);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    failure = error;
  } finally {
    const running = stack;
    if (running) await log.step('Stop every service', () => running.stop());
  }
  if (failure) throw failure;
  await log.step('Verify offline', () => verifyOffline(log, checkout, folder, networks));
  await log.step('Ask another program about the time stamp', () =>
    verifyTokenElsewhere(log, checkout, folder),
  );
  await log.step('Run the model again', () => replayOffline(log, checkout, folder));
  if (options.zk)
    await log.step('Verify the proof that the model gave the answer', () =>
      verifyProofOffline(log, checkout, folder),
    );
  await log.step('Draw it', () => drawPage(log, checkout, folder));
  await log.step('Change one byte', () => tamper(log, checkout, folder));
  log.finish();
  return exitCodes.ok;
}

/** Everything that needs the running stack. */
async function paidPart(
  log: StepLog,
  running: RunningStack,
  { state: stateDir, folder, digits, zk }: DemoOptions & { folder: string; digits: readonly Digit[] },
): Promise<void> {
  const startedAtMs = Date.now();
  const stack = running.description;
  const gateway = urlOf(stack, 'inference-gateway');
  const url = `${gateway}/v1/models/digits/infer`;
  const chain = chainOf(stack);
  const payer = createPayer(stack, developmentPayer(stateDir));
  const balance = (): Promise<bigint> => balanceOf(chain, stack, payer.account.address);
  const [first] = digits;
  const price = await log.step('Ask without paying', () => askUnpaid(log, url, first as Digit));
  const classified = await log.step(`Pay and classify ${digits.length - 2} handwritten digits`, () =>
    payAndClassify(log, payer, url, digits.slice(2), price, balance),
  );
  await log.step('Try not to pay', () =>
    dishonestAttempts(
      log,
      payer,
      url,
      `${gateway}/v1/models/financial-sentiment/infer`,
      [digits[0] as Digit, digits[1] as Digit],
      balance,
    ),
  );
  await log.step('Pay by a transfer', () =>
    payByTransfer(log, stack, payer.account, { url, price, digits }, balance),
  );
  const provable = zk
    ? await log.step('Pay for an answer that can be proved', () =>
        payForProvable(log, payer, gateway, digits[0] as Digit),
      )
    : undefined;
  if (provable !== undefined)
    await log.step('Pay for the proof that the model gave it', () =>
      payForProof(log, payer, gateway, provable),
    );
  const last = classified.at(-1)?.answer.verificationId ?? '';
  const networks = anchorNetworks(stack);
  const batch = await log.step('Have a batch of device events signed', () =>
    signEvents(log, stack, stateDir),
  );
  const evidence = await log.step(`Wait until the last one is anchored on ${networks.join(' and ')}`, () =>
    anchoredEvidence(stack, last, ANCHOR_TIMEOUT_MS, networks),
  );
  await log.step('Write evidence and trust file', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'evidence.json'), evidence);
    await writeFile(
      join(folder, 'event-evidence.json'),
      await anchoredEvent(stack, batch, deviceEvents[1].id, ANCHOR_TIMEOUT_MS, networks),
    );
    if (provable !== undefined)
      await writeFile(join(folder, 'proven.json'), await provenEvidence(stack, provable, ANCHOR_TIMEOUT_MS));
    await writeFile(join(folder, 'trust.json'), trustText(await exportTrust(stack)));
    await printFigures(log, stack, chain, classified, evidence, startedAtMs);
  });
}

/** What three sensors of a cold store might have sent. */
const deviceEvents = [
  { id: 'sensor-1/0001', celsius: 3.5, at: '2026-01-31T12:00:00Z' },
  { id: 'sensor-2/0001', celsius: 3.75, at: '2026-01-31T12:00:02Z' },
  { id: 'sensor-3/0001', celsius: 9.25, at: '2026-01-31T12:00:03Z' },
] as const;

async function signEvents(
  log: StepLog,
  stack: RunningStack['description'],
  stateDir: string,
): Promise<SubmittedBatch> {
  const signer = {
    url: urlOf(stack, 'signer'),
    token: readSecret(stateDir, 'signer', 'TOUCHSTONE_BATCH_CALLERS'),
  };
  const events = deviceEvents.map((event) =>
    JSON.stringify({ ...event, salt: randomBytes(16).toString('hex') }),
  );
  const batch = await submitBatch(signer, 'event-batch-v2', events);
  log.print(printableLine(`   batch ${batch.batchId} of ${batch.leafCount} events, root ${batch.root}`));
  log.check(
    'the signer puts the events in order of their ids and answers with leaf and root',
    batch.events?.map(({ id }) => id).join() === deviceEvents.map(({ id }) => id).join(),
  );
  return batch;
}

async function askUnpaid(log: StepLog, url: string, digit: Digit): Promise<bigint> {
  const response = await infer(fetch, url, digit.body);
  const required = decodePaymentRequiredHeader(response.headers.get('payment-required') ?? '');
  const [offer] = required.accepts;
  log.print(
    printableLine(
      `   402 ${offer?.scheme} on ${offer?.network}: ${formatAtomic(offer?.amount ?? '0')} to ${offer?.payTo}`,
    ),
  );
  log.check(
    'an unpaid request is answered with 402 and machine-readable requirements',
    response.status === 402 && offer !== undefined,
  );
  return BigInt(offer?.amount ?? 0);
}

async function payAndClassify(
  log: StepLog,
  payer: Payer,
  url: string,
  digits: readonly Digit[],
  price: bigint,
  balance: () => Promise<bigint>,
): Promise<Classified[]> {
  const before = await balance();
  const classified = await classify(payer, url, digits);
  printClassified(log, classified);
  const after = await balance();
  log.print(
    `   payer ${payer.account.address}: ${formatAtomic(before)} before, ${formatAtomic(after)} after`,
  );
  log.check(
    `the payer was charged exactly ${digits.length} × ${formatAtomic(price)}`,
    before - after === BigInt(digits.length) * price,
  );
  return classified;
}
