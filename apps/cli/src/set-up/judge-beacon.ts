import type { SetUpAnswer } from '@touchstone/contracts/http/set-ups';
import type { TrustFile } from '@touchstone/evidence';
import { createPublicClient, http } from 'viem';
import { CommandError, exitCodes } from '../exit-codes.js';
import type { Finding } from './judge-statements.js';

const name = 'beacon';
const RPC_TIMEOUT_MS = 15_000;

/** Who says what the hash of the announced block is. */
export interface BlockSources {
  readonly trust: TrustFile | undefined;
  readonly rpcUrl: string | undefined;
}

/** Whether the value of the beacon is the hash of the announced block. */
export async function judgeBeacon(
  { beacon, result }: SetUpAnswer,
  { trust, rpcUrl }: BlockSources,
): Promise<Finding> {
  const last = result?.transcript.contributions.at(-1);
  if (last?.kind !== 'beacon') return { name, status: 'fail', detail: 'There is none.' };
  const known = trust?.chains
    .find(({ network }) => network === beacon.network)
    ?.blocks?.find(({ number }) => number === beacon.block)?.hash;
  const block = `block ${beacon.block} of ${beacon.network}`;
  const hash = known ?? (rpcUrl === undefined ? undefined : await askNode(rpcUrl, BigInt(beacon.block)));
  const by = known === undefined ? rpcUrl : 'the trust file';
  if (hash === undefined)
    return { name, status: 'not-checked', detail: `Give --rpc-url, or a trust file that lists ${block}.` };
  return hash === last.value
    ? { name, status: 'pass', detail: `the hash of ${block}, says ${by}` }
    : {
        name,
        status: 'fail',
        detail: `${block} has the hash ${hash}, says ${by}; the beacon is ${last.value}`,
      };
}

async function askNode(url: string, blockNumber: bigint): Promise<string> {
  const client = createPublicClient({ transport: http(url, { timeout: RPC_TIMEOUT_MS }) });
  try {
    return (await client.getBlock({ blockNumber })).hash.slice(2);
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new CommandError(exitCodes.io, `The chain node gave no block ${blockNumber}: ${reason}`);
  }
}
