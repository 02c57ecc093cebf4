import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { deployDevelopmentChain } from '@touchstone/embedded';
import { SignerDouble } from '@touchstone/testing';
import { ANCHOR_DRAIN_MS } from '../src/domain/anchor/evm/create-evm-target.js';
import { AnchorFixture, type TestChain } from './support/anchor-fixture.js';
import { expectSoundLog } from './support/log-invariants.js';

const NEXT = { anchor: '6d'.repeat(32) };

describe('an anchor key that is replaced while an anchor waits', () => {
  let chain: TestChain;
  let fixture: AnchorFixture;
  let next: SignerDouble;
  beforeAll(async () => {
    chain = await AnchorFixture.startChain();
    const payer = new SignerDouble({ seeds: NEXT }).address('anchor');
    await deployDevelopmentChain(chain.anvil.rpcUrl, {
      anchorSubmitter: payer,
      settlementSubmitter: payer,
      payer,
    });
  }, 60_000);
  afterAll(() => chain.anvil.stop());
  beforeEach(async () => {
    fixture = await AnchorFixture.create(chain);
    next = fixture.signerWith(NEXT);
  });
  afterEach(() => fixture.close());

  it('has its last transaction sent, mined and proved under the account that signed it', async () => {
    const replica = await fixture.replica();
    const before = fixture.signer;
    await fixture.publish(replica, 'a');
    await replica.anchoring?.run();
    fixture.signer = next;
    const restarted = await fixture.replica();
    await fixture.runUntil(restarted, 'final');
    const [final] = await fixture.finals();
    expect(before.transactions).toHaveLength(1);
    expect(next.transactions).toEqual([]);
    fixture.signer = before;
    const { checkpoints } = await expectSoundLog(fixture.log);
    expect(await fixture.verify(final!, checkpoints[0]!.note)).toMatchObject({ ok: true });
    fixture.signer = next;
    await fixture.publish(restarted, 'b');
    await fixture.runUntil(restarted, 'final', 'final');
    expect(next.transactions.map(({ nonce }) => nonce)).toEqual([0]);
  });

  it('does not hold up anchoring for ever when the chain never takes that transaction', async () => {
    const replica = await fixture.replica();
    await fixture.call('evm_setAutomine', [false]);
    await fixture.publish(replica, 'a');
    await fixture.runUntil(replica, 'sent');
    await fixture.call('anvil_dropAllTransactions');
    await fixture.call('anvil_setBalance', [fixture.signer.address('anchor'), '0x0']);
    fixture.signer = next;
    const restarted = await fixture.replica();
    const run = () => restarted.anchoring?.run().catch(() => undefined);
    await run();
    expect(await fixture.states()).toEqual(['sent']);
    await fixture.log.rows(
      `UPDATE anchors.lane_transaction SET signed_at = signed_at - make_interval(secs => $1)`,
      [ANCHOR_DRAIN_MS / 1_000],
    );
    await fixture.call('evm_setAutomine', [true]);
    await run();
    expect(await fixture.states()).toEqual(['failed']);
    expect(restarted.events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['abandoned', 'failed']));
    await fixture.log.rows(`UPDATE anchors.chain_anchor SET created_at = created_at - interval '1 hour'`);
    await fixture.runUntil(restarted, 'failed', 'final');
    expect((await fixture.finals()).map(({ checkpointSize }) => checkpointSize)).toEqual(['1']);
  });
});
