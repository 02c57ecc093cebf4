import { describe, expect, it } from '@jest/globals';
import { createEd25519Signer } from '@touchstone/crypto';
import { cosignatureSigner, cosignNote, formatVerifierKey, noteKey } from '@touchstone/merkle';
import { fixture, NOW_MS } from '../../test/fixture.js';
import { openWithKeys, verifyEvidence, type EvidenceBundle, type TrustFile } from '../index.js';

const witnesses = [1, 2].map((byte) => {
  const signer = createEd25519Signer(new Uint8Array(32).fill(100 + byte));
  const key = noteKey(`witness-${byte}.example`, 'cosignatureV1', signer.publicKey);
  return {
    vkey: formatVerifierKey(key),
    signer: cosignatureSigner(key, (message) => signer.sign(message), 1_770_000_000n),
  };
});

async function cosigned(count: number, k: number): Promise<{ bundle: EvidenceBundle; trust: TrustFile }> {
  const { bundle, trust } = await fixture();
  const signers = witnesses.slice(0, count).map(({ signer }) => signer);
  const logProofs = await Promise.all(
    bundle.logProofs.map(async (proof) => ({
      ...proof,
      checkpoint: signers.length > 0 ? await cosignNote(proof.checkpoint, signers) : proof.checkpoint,
    })),
  );
  return {
    bundle: { ...bundle, logProofs },
    trust: { ...trust, witnesses: { k, vkeys: witnesses.map(({ vkey }) => vkey) } },
  };
}

const stepOf = ({ bundle, trust }: { bundle: EvidenceBundle; trust: TrustFile }) => {
  const report = verifyEvidence(JSON.stringify(bundle), { trust, nowMs: NOW_MS });
  return { label: report.label, status: report.steps.find(({ name }) => name === 'log-uniqueness')?.status };
};

describe('log-uniqueness', () => {
  it('passes with enough witnesses, and their lines do not change what the anchor commits to', async () => {
    expect(stepOf(await cosigned(2, 2))).toEqual({ label: 'L2', status: 'pass' });
  });

  it('is not checked with fewer than asked for, and absent with none', async () => {
    expect(stepOf(await cosigned(1, 2))).toEqual({ label: 'L2', status: 'not-checked' });
    expect(stepOf(await cosigned(0, 1))).toEqual({ label: 'L2', status: 'absent' });
  });

  it('fails the checkpoint when a trusted witness’s line was changed', async () => {
    const { bundle, trust } = await cosigned(1, 1);
    const logProofs = bundle.logProofs.map((proof) => ({
      ...proof,
      checkpoint: proof.checkpoint.replace(/.{6}\n$/, 'AAAA==\n'),
    }));
    expect(stepOf({ bundle: { ...bundle, logProofs }, trust }).label).toBe('L0');
  });

  it('counts nobody for a log that the trust file does not hold', async () => {
    const { bundle, trust } = await cosigned(2, 2);
    expect(stepOf({ bundle, trust: { ...trust, logs: [] } })).toEqual({ label: 'L1', status: 'absent' });
  });

  it('refuses a log key that is none', () => {
    expect(openWithKeys('note', 'nonsense', [])).toMatchObject({ ok: false });
    expect(openWithKeys('note', witnesses[0]?.vkey ?? '', ['nonsense'])).toMatchObject({ ok: false });
  });
});
