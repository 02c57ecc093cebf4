import type { ChainNodePersonality } from './personality.js';

interface StorageProof {
  readonly key: string;
  readonly value: string;
  readonly proof: readonly string[];
}

interface AccountProof {
  readonly accountProof: readonly string[];
  readonly storageProof: readonly StorageProof[];
}

const EMPTY_NODE = '0x';

function spellProof(personality: ChainNodePersonality, result: AccountProof): AccountProof {
  const stray = Array.from({ length: personality.strayEmptyProofNodes ?? 0 }, () => EMPTY_NODE);
  // The stray nodes of the report stood between the others and behind them.
  const withStray = (nodes: readonly string[]): string[] => [
    ...nodes.slice(0, 1),
    ...stray.slice(1),
    ...nodes.slice(1),
    ...stray.slice(0, 1),
  ];
  return {
    ...result,
    accountProof: withStray(result.accountProof),
    storageProof: result.storageProof.map(({ key, value, proof }) => ({
      key: personality.shortProofKeys ? `0x${BigInt(key).toString(16)}` : key,
      value: personality.paddedProofValues ? `0x${BigInt(value).toString(16).padStart(64, '0')}` : value,
      proof: withStray(proof),
    })),
  };
}

function spellBlock(personality: ChainNodePersonality, block: Record<string, unknown>): unknown {
  const { baseFeePerGas: fee, ...rest } = block;
  const wanted = personality.baseFeePerGas;
  const baseFeePerGas = typeof wanted === 'bigint' ? `0x${wanted.toString(16)}` : fee;
  return {
    ...rest,
    ...(wanted === 'absent' || baseFeePerGas === undefined ? {} : { baseFeePerGas }),
    ...personality.blockMembers,
  };
}

function upperCase(value: unknown): unknown {
  if (typeof value === 'string')
    return /^0x[0-9a-f]+$/.test(value) ? `0x${value.slice(2).toUpperCase()}` : value;
  if (Array.isArray(value)) return value.map(upperCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, upperCase(member)]));
}

function spellMembers(personality: ChainNodePersonality, method: string, result: unknown): unknown {
  const { priorityFeePerGas } = personality;
  if (method === 'eth_maxPriorityFeePerGas' && priorityFeePerGas !== undefined)
    return `0x${priorityFeePerGas.toString(16)}`;
  if (typeof result !== 'object' || result === null) return result;
  if (method === 'eth_getProof') return spellProof(personality, result as AccountProof);
  if (/^eth_getBlockBy(?:Number|Hash)$/.test(method))
    return spellBlock(personality, result as Record<string, unknown>);
  return result;
}

/** Writes a result as a node of this personality writes it. */
export function spellResult(personality: ChainNodePersonality, method: string, result: unknown): unknown {
  const spelt = spellMembers(personality, method, result);
  return personality.upperCaseHex ? upperCase(spelt) : spelt;
}
