import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { anchorRegistry, eip3009, multicall3 } from '@touchstone/evm-contracts';
import { testUsdc } from '@touchstone/evm-contracts/test-token';
import { toEventSelector, toFunctionSelector, type AbiFunction } from 'viem';

const build = fileURLToPath(new URL('../build.mjs', import.meta.url));

describe('committed artefacts', () => {
  it('are exactly what the sources compile to', () => {
    const run = spawnSync(process.execPath, [build, '--check'], { encoding: 'utf8' });
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: '' });
  });

  it.each([anchorRegistry, multicall3, testUsdc])(
    '$contractName fits into the 24,576 bytes of EIP-170',
    (artifact) => {
      expect(artifact.deployedBytecode).toMatch(/^0x(?:[0-9a-f]{2})+$/);
      expect((artifact.deployedBytecode.length - 2) / 2).toBeLessThanOrEqual(24_576);
    },
  );

  it('the token needs no constructor: its creation code ends in the run-time code', () => {
    expect(testUsdc.bytecode.endsWith(testUsdc.deployedBytecode.slice(2))).toBe(true);
  });

  it('the calls that settle are those of the published token, and the development token answers them', () => {
    const selectorsOf = (abi: readonly { type: string }[]) =>
      abi.flatMap((entry) => (entry.type === 'function' ? [toFunctionSelector(entry as AbiFunction)] : []));
    expect(selectorsOf(eip3009.abi)).toEqual(['0xe3ee160e', '0xcf092995']);
    expect(selectorsOf(testUsdc.abi)).toEqual(expect.arrayContaining(selectorsOf(eip3009.abi)));
  });

  // Selectors as published on etherscan for FiatToken v2.2; a typo in a type would change them.
  it.each([
    [
      'transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)',
      '0xe3ee160e',
    ],
    ['transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)', '0xcf092995'],
    ['authorizationState(address,bytes32)', '0xe94a0102'],
    ['permit(address,address,uint256,uint256,uint8,bytes32,bytes32)', '0xd505accf'],
  ])('the token answers %s', (signature, selector) => {
    const selectors = testUsdc.abi.flatMap((entry) =>
      entry.type === 'function' ? [toFunctionSelector(entry)] : [],
    );
    expect(toFunctionSelector(signature)).toBe(selector);
    expect(selectors).toContain(selector);
  });

  it('the token announces a used authorisation by the event that recovery looks for', () => {
    const events = testUsdc.abi.flatMap((entry) => (entry.type === 'event' ? [toEventSelector(entry)] : []));
    expect(events).toContain(toEventSelector('AuthorizationUsed(address,bytes32)'));
    expect(events).toContain(toEventSelector('Transfer(address,address,uint256)'));
  });
});
