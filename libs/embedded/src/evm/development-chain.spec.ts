import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalAddresses } from '@touchstone/evm-contracts';
import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../repository-root.js';
import { DEVELOPMENT_CHAIN_ID, developmentNetwork, developmentToken } from './development-chain.js';

/** Everything that starts, asks or pays the development chain. */
const users = [
  'libs/embedded/src',
  'libs/embedded/test',
  'libs/testing/src',
  'apps/cli/src',
  'apps/cli/test',
  'apps/stack-e2e/src',
  'apps/stack-e2e/test',
  'apps/payment-verifier/test',
  'apps/anchor-worker/test',
  'bench',
  'docs/curl.md',
];
/** Files that speak of Base because they show that the development chain is not Base. */
const aboutBase = [
  'libs/embedded/src/evm/development-chain.spec.ts',
  'libs/embedded/src/state/claim-chain.ts',
  'libs/embedded/src/state/claim-chain.spec.ts',
  'libs/embedded/src/state/stack-file.spec.ts',
  'libs/embedded/test/development-signature.spec.ts',
  'apps/cli/src/stack/offer.spec.ts',
];
const base = canonicalAddresses.usdc[8453];
const marks = [/\b8_?453\b/, /\b0x2105\b/i, new RegExp(base.address, 'i'), new RegExp(base.name)];

function filesBelow(path: string): string[] {
  if (/\.\w+$/.test(path)) return [path];
  return readdirSync(join(repositoryRoot, path), { withFileTypes: true }).flatMap((entry) =>
    entry.name === 'node_modules' ? [] : filesBelow(`${path}/${entry.name}`),
  );
}

describe('the development chain', () => {
  it('is Base Sepolia, with the token that x402 clients know there', () => {
    expect([DEVELOPMENT_CHAIN_ID, developmentNetwork]).toEqual([84_532, 'eip155:84532']);
    expect(developmentToken).toEqual({
      address: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
      name: 'USDC',
      version: '2',
    });
  });

  it('is named nowhere by the number, the token or the domain of Base', () => {
    const files = users.flatMap(filesBelow).filter((file) => /\.(ts|mjs|md)$/.test(file));
    expect(files.length).toBeGreaterThan(150);
    const naming = files.filter((file) => {
      const text = readFileSync(join(repositoryRoot, file), 'utf8');
      return marks.some((mark) => mark.test(text));
    });
    expect(naming.filter((file) => !aboutBase.includes(file))).toEqual([]);
  });
});
