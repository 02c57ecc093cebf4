const authorized = [
  { name: 'from', type: 'address' },
  { name: 'to', type: 'address' },
  { name: 'value', type: 'uint256' },
  { name: 'validAfter', type: 'uint256' },
  { name: 'validBefore', type: 'uint256' },
  { name: 'nonce', type: 'bytes32' },
] as const;

const transfer = {
  type: 'function',
  name: 'transferWithAuthorization',
  stateMutability: 'nonpayable',
  outputs: [],
} as const;

/**
 * What a token that can be paid with x402 answers to whoever settles: the transfer of EIP-3009, and its form for a signature of any
 * length (FiatToken 2.2), which contract wallets need.
 */
export const eip3009 = {
  abi: [
    {
      ...transfer,
      inputs: [
        ...authorized,
        { name: 'v', type: 'uint8' },
        { name: 'r', type: 'bytes32' },
        { name: 's', type: 'bytes32' },
      ],
    },
    { ...transfer, inputs: [...authorized, { name: 'signature', type: 'bytes' }] },
  ],
} as const;
