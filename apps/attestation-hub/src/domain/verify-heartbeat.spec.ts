import { describe, expect, it } from '@jest/globals';
import { TestKey, SigningNode } from '../../test/support/signing-node.js';
import { READY_KEYS_MAX, VerifyHeartbeat } from './verify-heartbeat.js';

const NONCE = `1.${'a'.repeat(32)}`;
const node = new SigningNode('node-1');
const beat = node.signed(0, {}, NONCE);

describe('VerifyHeartbeat', () => {
  it('asks once for a key, and again after READY_KEYS_MAX others', async () => {
    const asked: string[] = [];
    const verify = new VerifyHeartbeat({
      owner: async (keyId) => {
        asked.push(keyId);
        return { nodeId: node.id, publicKey: node.key.publicKey };
      },
    });
    const of = (keyId: string) =>
      verify.run({ ...beat, node_id: 'other', signature: { ...beat.signature!, key_id: keyId } });
    const others = Array.from({ length: READY_KEYS_MAX }, (_, index) => index.toString(16).padStart(64, '0'));
    expect(await verify.run(beat)).toEqual({ keyId: node.key.keyId, nonce: NONCE, fault: null });
    for (const keyId of others.slice(1)) await of(keyId);
    await verify.run(beat);
    expect(asked).toHaveLength(READY_KEYS_MAX);
    for (const keyId of others) await of(keyId);
    await verify.run(beat);
    expect(asked.filter((keyId) => keyId === node.key.keyId)).toHaveLength(2);
  });

  it('keeps no key that nobody registered, so that strangers push out none', async () => {
    let asked = 0;
    const verify = new VerifyHeartbeat({ owner: async () => void (asked += 1) });
    for (let time = 0; time < 2; time += 1)
      expect(await verify.run(beat)).toMatchObject({ fault: 'key-unknown' });
    expect(asked).toBe(2);
  });

  it('takes the signature of one key for none of another', async () => {
    const owner = async () => ({ nodeId: node.id, publicKey: new TestKey('another').publicKey });
    expect(await new VerifyHeartbeat({ owner }).run(beat)).toMatchObject({ fault: 'signature-invalid' });
  });

  it('has nothing to say of a heartbeat that nobody signed', async () => {
    const { signature: _signature, ...unsigned } = beat;
    expect(await new VerifyHeartbeat({ owner: async () => undefined }).run(unsigned)).toBeNull();
  });
});
