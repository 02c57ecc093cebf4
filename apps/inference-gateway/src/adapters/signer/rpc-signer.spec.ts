import { describe, expect, it } from '@jest/globals';
import { AppError, SIGN_OUTPUTS_MAX, type OutputPayload, type OutputProof } from '@touchstone/contracts';
import type { RpcClient } from '@touchstone/nats';
import { RpcSigner } from './rpc-signer.js';

const payload = (place: number): OutputPayload => ({
  modelVersionId: '01'.repeat(32),
  inputHash: '02'.repeat(32),
  outputHash: '03'.repeat(32),
  nonce: place.toString(16).padStart(64, '0'),
  timestamp: 1_763_632_800,
});
const proofOf = (one: OutputPayload): OutputProof => ({ ...one, domain: 'd', keyId: 'k', signature: 'ab' });

/** A client that hands the payloads of each request to `answer`. */
function signerOver(answer: (payloads: readonly OutputPayload[]) => readonly OutputProof[]) {
  const requests: number[] = [];
  const call = async (_service: string, _verb: string, { payloads }: { payloads: OutputPayload[] }) => {
    requests.push(payloads.length);
    return { proofs: answer(payloads) };
  };
  return { signer: new RpcSigner({ call } as unknown as Pick<RpcClient, 'call'>), requests };
}

describe('RpcSigner', () => {
  it('has outputs that come together signed by one request and gives each its own proof', async () => {
    const { signer, requests } = signerOver((payloads) => payloads.map(proofOf));
    const wanted = Array.from({ length: 20 }, (_, place) => payload(place));
    const proofs = await Promise.all(wanted.map((one) => signer.signOutput(one)));
    expect(proofs).toEqual(wanted.map(proofOf));
    expect(requests).toEqual([20]);
  });

  it('asks for no more outputs at once than the signer takes', async () => {
    const { signer, requests } = signerOver((payloads) => payloads.map(proofOf));
    const wanted = Array.from({ length: SIGN_OUTPUTS_MAX + 1 }, (_, place) => payload(place));
    await Promise.all(wanted.map((one) => signer.signOutput(one)));
    expect(requests).toEqual([SIGN_OUTPUTS_MAX, 1]);
  });

  it.each<[string, (payloads: readonly OutputPayload[]) => readonly OutputProof[]]>([
    ['too few proofs', (payloads) => payloads.slice(1).map(proofOf)],
    [
      'nothing in time',
      () => {
        throw new AppError('timeout', 'late');
      },
    ],
  ])('says that the signer cannot be used when it gives %s', async (_what, answer) => {
    const { signer } = signerOver(answer);
    const both = await Promise.allSettled([signer.signOutput(payload(1)), signer.signOutput(payload(2))]);
    for (const one of both)
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'dependency-unavailable' } });
  });
});
