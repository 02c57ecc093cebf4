import { describe, expect, it } from '@jest/globals';
import { topics } from './authorization-logs.js';
import { readReceipt, transfersOf } from './transfer-logs.js';

const ASSET = `0x${'83'.repeat(20)}`;
const PAYER = `0x${'11'.repeat(20)}`;
const SHOP = `0x${'22'.repeat(20)}`;
const word = (hex: string): string => `0x${hex.replace(/^0x/, '').padStart(64, '0')}`;

const log = (logIndex: number, parts: string[], data = '0x', address = ASSET) => ({
  ...{ address, topics: parts, data },
  logIndex: `0x${logIndex.toString(16)}`,
});
const transfer = (logIndex: number, from: string, to: string, amount: bigint, address = ASSET) =>
  log(logIndex, [topics.transfer, word(from), word(to)], word(amount.toString(16)), address);
const used = (logIndex: number, authorizer: string, nonce: string) =>
  log(logIndex, [topics.used, word(authorizer), `0x${nonce}`]);
const receipt = (logs: object[]) => ({
  ...{ blockNumber: '0x5', blockHash: word('5'), status: '0x1', gasUsed: '0x1', logs },
});
const found = (...logs: object[]) => transfersOf(readReceipt(receipt(logs)), ASSET);

const N1 = 'a1'.repeat(32);
const N2 = 'a2'.repeat(32);

describe('the transfers of a token in a receipt', () => {
  it('are read with their places in block and transaction', () => {
    const fake = transfer(40, PAYER, SHOP, 9n, `0x${'84'.repeat(20)}`);
    expect(found(fake, transfer(41, PAYER, SHOP, 5n))).toEqual([
      { from: PAYER, to: SHOP, amount: 5n, logIndex: 41, position: 1, nonce: null },
    ]);
  });

  it('are read in whatever spelling a node writes hex', () => {
    const address = `0x${'83'.repeat(20)}`.toUpperCase().replace('0X', '0x');
    const spelt = { ...transfer(1, PAYER, SHOP, 171n), address, data: word('AB') };
    expect(found(spelt)).toMatchObject([{ amount: 171n }]);
  });

  it('belong to the authorisation of their sender that was used last before them', () => {
    expect(
      found(
        transfer(0, PAYER, SHOP, 1n),
        used(1, PAYER, N1),
        transfer(2, PAYER, SHOP, 1n),
        used(3, PAYER, N2),
        transfer(4, PAYER, SHOP, 1n),
        transfer(5, SHOP, PAYER, 1n),
      ).map(({ logIndex, nonce }) => [logIndex, nonce]),
    ).toEqual([
      [0, null],
      [2, N1],
      [4, N2],
      [5, null],
    ]);
  });

  it('are not what merely looks like one', () => {
    expect(
      found(
        log(0, [topics.transfer, word(PAYER), word(SHOP), word('7')]),
        log(1, [topics.transfer, word(PAYER)], word('1')),
        log(2, [topics.transfer, word(PAYER), word(SHOP)], '0x01'),
        log(3, [topics.canceled, word(PAYER), word(SHOP)], word('1')),
        log(4, []),
      ),
    ).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['without logs', { ...receipt([]), logs: null }],
    ['with a log without a place', receipt([{ ...transfer(0, PAYER, SHOP, 1n), logIndex: null }])],
    [
      'with five topics',
      receipt([
        log(
          0,
          Array.from({ length: 5 }, () => word('1')),
        ),
      ]),
    ],
    ['of another kind', 'nothing'],
  ])('are not guessed from a receipt %s', (_what, result) => {
    expect(() => readReceipt(result)).toThrow('another shape');
  });
});
