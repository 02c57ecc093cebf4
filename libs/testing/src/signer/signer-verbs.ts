import {
  AppError,
  type BatchSigned,
  type OutputPayload,
  type OutputProof,
  type RpcRequest,
  type SignedBatch,
} from '@touchstone/contracts';
import { bytesToHex, CLOCK_SKEW_MAX_MS, formatSignature, hexToBytes } from '@touchstone/crypto';
import { noteHash, rootOfLeaves, signBatch } from '@touchstone/event-batch';
import { DEFAULT_SIGNING_DOMAIN, outputDigest } from '@touchstone/evidence';
import { anchorRegistry, eip3009 } from '@touchstone/evm-contracts';
import { emptyRoot, formatCheckpointText, signNote, verifyConsistency } from '@touchstone/merkle';
import { uuidV7 } from '@touchstone/postgres';
import { keccak256, toFunctionSelector, type AbiFunction, type Hex } from 'viem';
import type { SignerKeys, TransactionKey } from './signer-keys.js';

/** A checkpoint that was signed. */
export interface SignedHead {
  readonly size: bigint;
  /** 32 bytes. */
  readonly root: Uint8Array;
  readonly note: string;
}

/** A transaction that was signed. */
export interface SignedTransaction {
  readonly key: TransactionKey;
  /** The account that pays, in lower case. */
  readonly from: string;
  readonly hash: Hex;
  readonly raw: Hex;
  readonly chainId: number;
  readonly nonce: number;
  readonly to: string;
  readonly data: string;
  readonly gas: bigint;
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** What the keys for transactions may sign. */
export interface TransactionRules {
  readonly chainId: number;
  /** The only contract that each may call. */
  readonly contracts: Readonly<Record<TransactionKey, string>>;
}

/** As the signer refuses outputs that are older than its clock. */
const OUTPUT_AGE_MS = 300_000;
/** What the signer allows unless it is configured otherwise. */
const GAS = 500_000n;
const FEE_PER_GAS_WEI = 100_000_000_000n;

const callers: Readonly<Record<TransactionKey, string>> = {
  anchor: 'anchor-worker',
  settlement: 'payment-verifier',
};
const functions: Readonly<Record<TransactionKey, readonly string[]>> = {
  anchor: selectorsOf(anchorRegistry.abi, 'anchor'),
  settlement: selectorsOf(eip3009.abi, 'transferWithAuthorization'),
};

/** @throws AppError `signing-refused` for a time that is not about now */
export function signOutput(
  keys: SignerKeys,
  payload: OutputPayload,
  format: 'der' | 'compact',
  nowMs: number,
): OutputProof {
  const { modelVersionId, inputHash, outputHash, nonce, timestamp } = payload;
  const aheadMs = timestamp * 1_000 - nowMs;
  if (aheadMs > CLOCK_SKEW_MAX_MS || aheadMs < -OUTPUT_AGE_MS)
    throw new AppError('signing-refused', `The output is ${aheadMs} ms ahead of the signer's clock.`);
  const domain = DEFAULT_SIGNING_DOMAIN;
  const signature = formatSignature(keys.signDigest(outputDigest(payload, domain)), format);
  const keyId = keys.outputKeyId;
  return { modelVersionId, inputHash, outputHash, nonce, timestamp, domain, keyId, signature };
}

/** @throws AppError `checkpoint-refused` for what does not extend the last one */
export async function signCheckpoint(
  keys: SignerKeys,
  { origin, size: decimal, root: hex, consistency }: RpcRequest<'signer', 'sign-checkpoint'>,
  last: SignedHead | undefined,
): Promise<SignedHead> {
  const [size, root] = [BigInt(decimal), bytes32(hex)];
  const { size: size1, root: root1 } = last ?? { size: 0n, root: emptyRoot() };
  if (last !== undefined && size === size1 && hex === bytesToHex(root1)) return last;
  if (size <= size1) throw refused(`size ${size} does not follow the signed size ${size1}`);
  if (BigInt(consistency.fromSize) !== size1)
    throw refused(
      `the consistency proof starts at size ${consistency.fromSize}, the last signed size is ${size1}`,
    );
  const proof = consistency.proof.map(bytes32);
  const isProved =
    size1 === 0n
      ? proof.length === 0
      : verifyConsistency({ size1, size2: size, root1, root2: root, proof }).ok;
  if (!isProved) throw refused(`the consistency proof from size ${size1} is invalid`);
  const text = formatCheckpointText({ origin, size, root, extensions: [] });
  return { size, root, note: await signNote(text, [keys.noteSigner]) };
}

/** @throws AppError `signing-refused` for what the key may not sign */
export async function signTransaction(
  keys: SignerKeys,
  { key, transaction }: RpcRequest<'signer', 'sign-transaction'>,
  { chainId, contracts }: TransactionRules,
  caller: string,
): Promise<SignedTransaction> {
  const { to, data, nonce } = transaction;
  const gas = BigInt(transaction.gas);
  const maxFeePerGas = BigInt(transaction.maxFeePerGas);
  const maxPriorityFeePerGas = BigInt(transaction.maxPriorityFeePerGas);
  const rules = {
    caller: caller === callers[key],
    chain: transaction.chainId === chainId,
    contract: to === contracts[key],
    value: transaction.value === '0',
    function: functions[key].includes(data.slice(0, 10)),
    gas: gas <= GAS,
    fee: maxFeePerGas <= FEE_PER_GAS_WEI,
  };
  const broken = Object.entries(rules).find(([, isKept]) => !isKept);
  if (broken) throw new AppError('signing-refused', `The transaction is not signed: its ${broken[0]}.`);
  const account = keys.account(key);
  const fields = { chainId, nonce, gas, maxFeePerGas, maxPriorityFeePerGas };
  const raw = await account.signTransaction({
    type: 'eip1559',
    ...fields,
    to: to as Hex,
    data: data as Hex,
    value: 0n,
  });
  return { key, from: account.address.toLowerCase(), hash: keccak256(raw), raw, ...fields, to, data };
}

/** Signs leaves that stand in order of their ids; what the events are is for the signer to check. */
export async function signLeaves(
  keys: SignerKeys,
  request: RpcRequest<'signer', 'sign-batch'>,
  stream: { readonly tenant: string; readonly last: SignedBatch | undefined },
  nowMs: number,
): Promise<BatchSigned> {
  const { format, leaves } = request;
  if (!leaves) throw new AppError('forbidden', 'A double signs leaves alone.');
  const { kid, name, signer } = keys.eventBatch;
  const { tenant, last } = stream;
  const batchId = request.batchId ?? uuidV7();
  const root = rootOfLeaves(format, leaves.map(bytes32));
  const tickMs = format === 'event-batch-v1' ? 1_000 : 1;
  const lastMs = last === undefined ? 0 : Date.parse(last.batchTs);
  const { batch_ts: batchTs, signature } = await signBatch(
    { format, leafCount: leaves.length, root },
    {
      signer: { key: { ...batchKey, kid, name, publicKey: signer.publicKey }, sign: signer.sign },
      atMs: Math.max(nowMs, lastMs + tickMs),
      batchId,
      tenant,
      ...(last && format === 'event-batch-v2' ? { previous: noteHash(last.signature) } : {}),
    },
  );
  return {
    ...{ batchId, evidenceId: uuidV7(), tenant, format, batchTs, kid, leafCount: leaves.length },
    ...{ root: bytesToHex(root), signature },
    ...{ leaves, events: null, signedAt: new Date(nowMs).toISOString() },
  };
}

const batchKey = {
  alg: 'Ed25519',
  use: 'event-batch',
  status: 'active',
  notBefore: 0,
  notAfter: Number.MAX_SAFE_INTEGER,
} as const;

function refused(detail: string): AppError {
  return new AppError('checkpoint-refused', `The checkpoint is not signed: ${detail}.`);
}

function bytes32(hex: string): Uint8Array {
  const bytes = hexToBytes(hex, 32);
  if (bytes === undefined) throw new AppError('validation-failed', `${hex} is not 32 bytes.`);
  return bytes;
}

/** Selectors of every overload of a function. */
function selectorsOf(
  abi: readonly { readonly type: string; readonly name?: string }[],
  name: string,
): string[] {
  return abi
    .filter((item): item is AbiFunction => item.type === 'function' && item.name === name)
    .map((item) => toFunctionSelector(item));
}
