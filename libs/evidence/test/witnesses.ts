import { createEd25519Signer } from '@touchstone/crypto';
import { cosignatureSigner, cosignNote, formatVerifierKey, noteKey } from '@touchstone/merkle';
import type { EvidenceBundle } from '../src/index.js';

/** Two witnesses with real keys. */
export const witnesses = [1, 2].map((byte) => {
  const signer = createEd25519Signer(new Uint8Array(32).fill(100 + byte));
  const key = noteKey(`witness-${byte}.example`, 'cosignatureV1', signer.publicKey);
  return {
    vkey: formatVerifierKey(key),
    signer: cosignatureSigner(key, (message) => signer.sign(message), 1_770_000_000n),
  };
});

/** The bundle with the lines of the first `count` witnesses under each checkpoint. */
export async function cosigned<Bundle extends EvidenceBundle>(
  bundle: Bundle,
  count: number,
): Promise<Bundle> {
  const signers = witnesses.slice(0, count).map(({ signer }) => signer);
  if (signers.length === 0) return bundle;
  const logProofs = await Promise.all(
    bundle.logProofs.map(async (proof) => ({
      ...proof,
      checkpoint: await cosignNote(proof.checkpoint, signers),
    })),
  );
  return { ...bundle, logProofs };
}
