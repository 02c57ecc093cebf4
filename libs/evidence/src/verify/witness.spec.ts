import { describe, expect, it } from '@jest/globals';
import { createEd25519Signer } from '@touchstone/crypto';
import { formatVerifierKey, noteKey } from '@touchstone/merkle';
import { fixture, NOW_MS } from '../../test/fixture.js';
import { cosigned, witnesses } from '../../test/witnesses.js';
import {
  CONTAINS_FALSE_PART,
  openWithKeys,
  verifyEvidence,
  type OutputBundle,
  type TrustFile,
} from '../index.js';

async function cosignedBy(count: number, k: number): Promise<{ bundle: OutputBundle; trust: TrustFile }> {
  const { bundle, trust } = await fixture();
  return {
    bundle: await cosigned(bundle, count),
    trust: { ...trust, witnesses: { k, vkeys: witnesses.map(({ vkey }) => vkey) } },
  };
}

const stepOf = ({ bundle, trust }: { bundle: OutputBundle; trust: TrustFile }) => {
  const report = verifyEvidence(JSON.stringify(bundle), { trust, nowMs: NOW_MS });
  return { label: report.label, status: report.steps.find(({ name }) => name === 'log-uniqueness')?.status };
};

describe('log-uniqueness', () => {
  it('passes with enough witnesses, and their lines do not change what the anchor commits to', async () => {
    expect(stepOf(await cosignedBy(2, 2))).toEqual({ label: 'L2', status: 'pass' });
  });

  it('is not checked with fewer than asked for, and absent with none', async () => {
    expect(stepOf(await cosignedBy(1, 2))).toEqual({ label: 'L1', status: 'not-checked' });
    expect(stepOf(await cosignedBy(0, 1))).toEqual({ label: 'L1', status: 'absent' });
  });

  it('counts a trusted witness’s line for nothing when it was changed, and remarks it', async () => {
    const { bundle, trust } = await cosignedBy(1, 1);
    const logProofs = bundle.logProofs.map((proof) => ({
      ...proof,
      checkpoint: proof.checkpoint.replace(/.{6}\n$/, 'AAAA==\n'),
    }));
    const changed = { bundle: { ...bundle, logProofs }, trust };
    expect(stepOf(changed)).toEqual({ label: 'L1', status: 'absent' });
    const report = verifyEvidence(JSON.stringify(changed.bundle), { trust, nowMs: NOW_MS });
    expect(report.remarks).toEqual(['log-uniqueness-not-shown', CONTAINS_FALSE_PART]);
  });

  it('counts nobody for a log that the trust file does not hold', async () => {
    const { bundle, trust } = await cosignedBy(2, 2);
    expect(stepOf({ bundle, trust: { ...trust, logs: [] } })).toEqual({ label: 'L1', status: 'absent' });
  });

  it('counts nobody under a checkpoint that the log did not sign, whatever is signed beside it', async () => {
    const { bundle, trust } = await cosignedBy(2, 2);
    const [cosignedTwice] = bundle.logProofs as [OutputBundle['logProofs'][number]];
    const [cosignedOnce] = (await cosignedBy(1, 2)).bundle.logProofs;
    const unsigned = {
      ...cosignedTwice,
      checkpoint: cosignedTwice.checkpoint.replace(/\n— log.*(?=\n)/, ''),
    };
    const logProofs = [cosignedOnce, unsigned] as OutputBundle['logProofs'];
    const report = verifyEvidence(JSON.stringify({ ...bundle, logProofs }), { trust, nowMs: NOW_MS });
    const shown = report.steps.filter(({ name }) => /^(?:checkpoint-signature|log-uniqueness)$/.test(name));
    expect(shown).toMatchObject([
      { status: 'pass' },
      { status: 'fail', optional: true },
      { status: 'not-checked', expected: '2 witnesses', actual: '1' },
    ]);
  });

  it('knows a log by any of its keys, whichever comes first', async () => {
    const { bundle, trust } = await fixture();
    const [log] = trust.logs as [TrustFile['logs'][number]];
    const replaced = noteKey(
      log.origin,
      'ed25519',
      createEd25519Signer(new Uint8Array(32).fill(8)).publicKey,
    );
    const earlier = { origin: log.origin, vkey: formatVerifierKey(replaced) };
    for (const logs of [
      [log, earlier],
      [earlier, log],
    ]) {
      const report = verifyEvidence(JSON.stringify(bundle), { trust: { ...trust, logs }, nowMs: NOW_MS });
      expect(report).toMatchObject({ result: 'VALID', label: 'L2' });
    }
    const report = verifyEvidence(JSON.stringify(bundle), {
      trust: { ...trust, logs: [earlier] },
      nowMs: NOW_MS,
    });
    expect(report).toMatchObject({ result: 'VALID', label: 'L1', remarks: [CONTAINS_FALSE_PART] });
  });

  it('believes no signature of a log whose key cannot be read', async () => {
    const { bundle, trust } = await fixture();
    const [log] = trust.logs as [TrustFile['logs'][number]];
    for (const vkey of ['nonsense', witnesses[0]?.vkey ?? '']) {
      const unread = { ...trust, logs: [{ ...log, vkey }] };
      const report = verifyEvidence(JSON.stringify(bundle), { trust: unread, nowMs: NOW_MS });
      const step = report.steps.find(({ name }) => name === 'checkpoint-signature');
      expect(step).toMatchObject({ status: 'fail', optional: true });
      expect(report.label).toBe('L1');
    }
  });

  it('refuses a log key that is none', () => {
    expect(openWithKeys('note', 'nonsense', [])).toMatchObject({ ok: false });
    expect(openWithKeys('note', witnesses[0]?.vkey ?? '', ['nonsense'])).toMatchObject({ ok: false });
  });
});
