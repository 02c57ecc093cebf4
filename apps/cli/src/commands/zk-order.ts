import { writeFile } from 'node:fs/promises';
import { uuidV7, type PaymentReference } from '@touchstone/contracts';
import type { ProofAnswer } from '@touchstone/contracts/http/inference-gateway';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { createPayer, developmentPayer } from '../stack/payer.js';
import { formatAtomic, parsePrice } from '../stack/price.js';
import { orderProof, proofOfferOf } from '../stack/proofs.js';
import { provenEvidence } from '../stack/evidence.js';
import { describeProblem, requireStack, urlOf } from '../stack/running-stack.js';
import { requireFolder } from '../terminal/files.js';
import { jsonText } from '../terminal/json-text.js';
import { printableLine } from '../terminal/printable.js';
import { table } from '../terminal/style.js';

const PAYMENT_REQUIRED = 402;
const EVIDENCE_TIMEOUT_MS = 60_000;

export interface ZkQuoteOptions {
  readonly json: boolean;
  readonly state: string;
}

export interface ZkOrderOptions extends ZkQuoteOptions {
  readonly pay: boolean;
  readonly max?: string;
  readonly evidence?: string;
}

/** `touchstone zk quote`: what a proof of an answer costs and takes. */
export async function zkQuoteCommand(verificationId: string, options: ZkQuoteOptions): Promise<ExitCode> {
  const gateway = urlOf(requireStack(options.state), 'inference-gateway');
  const offer = await proofOfferOf(gateway, requireId(verificationId));
  if (options.json) process.stdout.write(`${jsonText(offer)}\n`);
  else
    process.stdout.write(
      `${table([
        ['proof', offer.status],
        ...(offer.reason === null ? [] : [['reason', printableLine(offer.reason)]]),
        ...(offer.quote === null
          ? []
          : [
              ['price', offer.quote.price ? formatAtomic(offer.quote.price.amount) : 'nothing'],
              ['time', `about ${(offer.quote.expectedMs / 1_000).toFixed(1)} s`],
            ]),
        ['evidence', offer.links.evidence],
      ])}\n`,
    );
  return offer.status === 'not-offered' ? exitCodes.invalid : exitCodes.ok;
}

/** `touchstone zk order`: has an answer of the running stack proved, and pays for it. */
export async function zkOrderCommand(verificationId: string, options: ZkOrderOptions): Promise<ExitCode> {
  if (options.max !== undefined && !options.pay)
    throw new CommandError(exitCodes.usage, '--max bounds what --pay pays; give both.');
  const stack = requireStack(options.state);
  const gateway = urlOf(stack, 'inference-gateway');
  const id = requireId(verificationId);
  const { quote } = await proofOfferOf(gateway, id);
  if (quote && process.stderr.isTTY)
    process.stderr.write(`Proving; it takes about ${(quote.expectedMs / 1_000).toFixed(1)} s …\n`);
  const limit = options.max === undefined ? BigInt(quote?.price?.amount ?? 0) : parsePrice(options.max);
  const send = options.pay ? createPayer(stack, developmentPayer(options.state), limit).fetch : fetch;
  if (options.evidence !== undefined) await requireFolder(options.evidence);
  const { answer, response, isReplayed } = await orderProof(send, gateway, id);
  if (answer === undefined) {
    const hint =
      response.status === PAYMENT_REQUIRED && !options.pay
        ? '\nAdd --pay to pay with the development payer.'
        : '';
    throw new CommandError(exitCodes.io, `${await describeProblem(response.url, response)}${hint}`);
  }
  process.stdout.write(options.json ? `${jsonText(answer)}\n` : `${describe(answer, isReplayed)}\n`);
  if (options.evidence !== undefined) {
    await writeFile(options.evidence, await provenEvidence(stack, id, EVIDENCE_TIMEOUT_MS));
    process.stderr.write(`Wrote ${options.evidence}.\n`);
  }
  return exitCodes.ok;
}

function requireId(text: string): string {
  if (uuidV7.safeParse(text).success) return text;
  throw new CommandError(
    exitCodes.usage,
    `${printableLine(text)} is no verification id (a UUID of version 7).`,
  );
}

function describe({ circuit, cid, prover, payment, links }: ProofAnswer, isReplayed: boolean): string {
  return table([
    ['proof', isReplayed ? 'was made before' : `made in ${prover.milliseconds} ms by ${prover.name}`],
    ...(prover.fellBack === undefined ? [] : [['instead of', printableLine(prover.fellBack)]]),
    ['circuit', circuit.vkDigest],
    ['set-up', circuit.setup],
    ...(cid === undefined ? [] : [['CID', cid]]),
    ['paid', isReplayed ? 'nothing now' : paidText(payment)],
    ['evidence', links.evidence],
  ]);
}

const paidText = (payment: PaymentReference | null): string =>
  payment ? `${payment.amount} atomic units by ${payment.payer}` : 'nothing';
