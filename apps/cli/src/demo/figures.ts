import type { Hex, PublicClient } from 'viem';
import { modelAnchors } from '@touchstone/contracts/http/anchor-worker';
import { verificationAnswer } from '@touchstone/contracts/http/inference-gateway';
import type { StackDescription } from '@touchstone/embedded';
import { fetchJson, urlOf } from '../stack/running-stack.js';
import type { Classified } from './digits.js';
import type { StepLog } from './step-log.js';

/** Prints the size of the evidence and the gas that one inference cost, read from the chain's receipts. */
export async function printFigures(
  log: StepLog,
  stack: StackDescription,
  chain: PublicClient,
  classified: readonly Classified[],
  evidence: string,
  startedAtMs: number,
): Promise<void> {
  const modelVersionId = classified[0]?.answer.model.modelVersionId ?? '';
  const anchors = await fetchJson(
    `${urlOf(stack, 'anchor-worker')}/models/${modelVersionId}/anchors`,
    modelAnchors,
  );
  // Earlier runs on the same data anchored too; a block's time is in whole seconds.
  const ours = anchors.items.filter(
    ({ txid, anchoredAt }) => txid !== undefined && anchoredAt >= Math.floor(startedAtMs / 1_000),
  );
  const anchorGas = await gasOf(
    chain,
    ours.flatMap(({ txid }) => (txid ? [txid] : [])),
  );
  const settlements = await settlementTransactions(stack, classified);
  const settlementGas = await gasOf(chain, settlements);
  const count = BigInt(Math.max(1, classified.length));
  log.print(`   evidence            ${Buffer.byteLength(evidence)} bytes`);
  log.print(
    `   anchoring           ${anchorGas / count} gas per inference (${ours.length} batches of this model)`,
  );
  log.print(
    `   settling            ${settlements.length === 0 ? 0n : settlementGas / BigInt(settlements.length)} gas per payment`,
  );
}

async function settlementTransactions(
  stack: StackDescription,
  classified: readonly Classified[],
): Promise<string[]> {
  const base = `${urlOf(stack, 'inference-gateway')}/v1/verifications`;
  const records = await Promise.all(
    classified.map(({ answer }) => fetchJson(`${base}/${answer.verificationId}`, verificationAnswer)),
  );
  return records.flatMap(({ payment }) => (payment?.transaction ? [payment.transaction] : []));
}

async function gasOf(chain: PublicClient, transactions: readonly string[]): Promise<bigint> {
  const hashes = [...new Set(transactions.map((id) => (id.startsWith('0x') ? id : `0x${id}`) as Hex))];
  const receipts = await Promise.all(hashes.map((hash) => chain.getTransactionReceipt({ hash })));
  return receipts.reduce((sum, { gasUsed }) => sum + gasUsed, 0n);
}
