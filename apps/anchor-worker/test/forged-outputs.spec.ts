import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deadLetterState, listDeadLetters, replayDeadLetter } from '@touchstone/nats';
import { waitUntil } from '@touchstone/testing';
import { recordedOutput, signedProof } from './support/leaves.js';
import { WorkerFixture } from './support/worker-fixture.js';

const OUTPUT = 'evt.v1.inference.output.recorded';
const SERVICE = { service: 'anchor-worker' };

describe('outputs that the signer did not sign (N1)', () => {
  let fixture: WorkerFixture;
  beforeAll(async () => {
    fixture = await WorkerFixture.create();
    await fixture.start();
  }, 60_000);
  afterAll(() => fixture.close());

  const leaves = async (): Promise<string[]> => {
    const rows = await fixture.rows<{ id: string }>('SELECT verification_id AS id FROM anchors.leaf');
    return rows.map(({ id }) => id);
  };

  it('become dead letters with the reason, also when replayed, and their neighbours become leaves', async () => {
    const publish = await fixture.gateway();
    const [good, forged, later] = ['good', 'forged', 'later'].map((label) => recordedOutput(label));
    const { signature } = signedProof({ ...forged!.proof, outputHash: '0'.repeat(64) });
    await publish(OUTPUT, good!);
    await publish(OUTPUT, { ...forged!, proof: { ...forged!.proof, signature } });
    await publish(OUTPUT, later!);
    await waitUntil(async () => (await leaves()).length === 2);
    expect((await leaves()).sort()).toEqual([good!.verificationId, later!.verificationId].sort());
    const operator = await fixture.nats.connect('operator');
    try {
      const [letter] = await waitUntil(async () => {
        const { letters } = await listDeadLetters(operator, SERVICE);
        return letters.length > 0 && letters;
      });
      expect(letter).toMatchObject({
        code: 'validation-failed',
        reason: expect.stringContaining('signature'),
      });
      await replayDeadLetter(operator, letter!);
      await waitUntil(async () => (await deadLetterState(operator, letter!)).state === 'buried-again');
    } finally {
      await operator.close();
    }
    expect(await leaves()).toHaveLength(2);
  });
});
