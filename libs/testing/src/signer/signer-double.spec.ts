import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError, type ServiceName } from '@touchstone/contracts';
import { RpcClient } from '@touchstone/nats';
import { testNats, type TestNats } from '../test-nats.js';
import { testUser, type MeshUserName } from '../test-users.js';
import { describeSigner } from './signer.contract.js';
import { SignerDouble, type SignerClient } from './signer-double.js';

type Connection = Awaited<ReturnType<TestNats['connect']>>;

/** Too long for a test that is answered, too short to wait for. */
const TIMEOUT_MS = 400;

const payload = () => ({
  modelVersionId: '01'.repeat(32),
  inputHash: '02'.repeat(32),
  outputHash: '03'.repeat(32),
  nonce: '04'.repeat(32),
  timestamp: Math.floor(Date.now() / 1_000),
});

let nats: TestNats;
beforeAll(() => {
  nats = testNats();
});

describeSigner('the double within the process', async () => new SignerDouble());

describe.each(['within the process', 'over the mesh'])('a double %s', (way) => {
  const connections: Connection[] = [];
  let signer: SignerDouble;
  let gateway: SignerClient;
  const connect = async (user: MeshUserName): Promise<Connection> => {
    const connection = await nats.connect(user);
    connections.push(connection);
    return connection;
  };
  const clientOf = async (caller: ServiceName): Promise<SignerClient> =>
    way === 'over the mesh'
      ? new RpcClient({ nc: await connect(caller), caller: testUser(caller), timeoutMs: TIMEOUT_MS })
      : signer.client(caller);
  beforeEach(async () => {
    signer = new SignerDouble();
    if (way === 'over the mesh') {
      const served = await connect('signer');
      signer.serve(served);
      await served.flush();
    }
    gateway = await clientOf('inference-gateway');
  });
  afterEach(async () => {
    for (const connection of connections.splice(0)) await connection.close();
  });
  const sign = () => gateway.call('signer', 'sign-output', payload());

  it.each([
    ['away', 'timeout', 0],
    ['late', 'timeout', 1],
    ['broken', 'dependency-unavailable', 0],
    ['refusing', 'signing-refused', 0],
    [new AppError('queue-full', 'Come back.'), 'queue-full', 0],
  ] as const)('fails as told (%s: %s) until it recovers', async (fault, code, signed) => {
    signer.fail(fault, 'sign-output');
    await expect(sign()).rejects.toMatchObject({ code });
    expect([signer.asked('sign-output'), signer.outputs.length]).toEqual([1, signed]);
    expect((await gateway.call('signer', 'key-set', {})).currentOutputKeyId).toBe('output-1');
    signer.fail(fault);
    await expect(gateway.call('signer', 'key-set', {})).rejects.toMatchObject({ code });
    signer.recover();
    expect(signer.verifies((await sign()).proof)).toBe(true);
  });

  it('refuses each verb with its own code', async () => {
    signer.fail('refusing');
    const worker = await clientOf('anchor-worker');
    const request = {
      origin: signer.origin,
      size: '1',
      root: '00'.repeat(32),
      consistency: { fromSize: '0', proof: [] },
    };
    await expect(worker.call('signer', 'sign-checkpoint', request)).rejects.toMatchObject({
      code: 'checkpoint-refused',
    });
  });

  it('holds questions until they may go on', async () => {
    const goOn = signer.hold('sign-output');
    const asked = sign();
    await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS / 4));
    expect([signer.asked('sign-output'), signer.outputs.length]).toEqual([1, 0]);
    goOn();
    expect((await asked).proof.keyId).toBe('output-1');
    expect((await sign()).proof.keyId).toBe('output-1');
  });

  it('holds questions while something else is done', async () => {
    const held = await signer.whileHeld('sign-output', async () => {
      const asked = sign();
      await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS / 4));
      expect(signer.outputs).toEqual([]);
      return { asked };
    });
    expect((await held.asked).proof.keyId).toBe('output-1');
  });

  it('says what an impostor would say', async () => {
    signer.forge('sign-output', ({ proof }, { nonce }) => ({ proof: { ...proof, outputHash: nonce } }));
    const { proof } = await sign();
    expect([proof.outputHash, signer.verifies(proof)]).toEqual([payload().nonce, false]);
    signer.forge('sign-output', () => ({ proof: 'none' }));
    await expect(sign()).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });

  it.each(['output', 'checkpoint', 'anchor', 'settlement'] as const)(
    'tells of another key %s, in a new version of the key set',
    async (key) => {
      const before = await gateway.call('signer', 'key-set', {});
      const { proof } = await sign();
      signer.replaceKey(key, '77'.repeat(32));
      const after = await gateway.call('signer', 'key-set', {});
      expect(after.keySet).toMatchObject({ sequence: 1, previous: expect.stringMatching(/^[0-9a-f]{64}$/) });
      const told = ({ currentOutputKeyId: output, log, addresses }: typeof after) => ({
        output,
        checkpoint: log.vkey,
        ...addresses,
      });
      const changed = Object.entries(told(after)).filter(
        ([name, value]) => told(before)[name as 'output'] !== value,
      );
      expect(changed.map(([name]) => name)).toEqual([key]);
      // What the old key signed is still verified by the list.
      expect(signer.verifies(proof)).toBe(true);
    },
  );
});

describe('over the mesh', () => {
  const connections: Connection[] = [];
  afterAll(async () => {
    for (const connection of connections) await connection.close();
  });
  describeSigner('the double', async () => {
    const connect = async (user: MeshUserName): Promise<Connection> => {
      const connection = await nats.connect(user);
      connections.push(connection);
      return connection;
    };
    const { origin, chainId, contracts } = new SignerDouble().serve(await connect('signer'));
    return {
      ...{ origin, chainId, contracts },
      client: async (caller: ServiceName) =>
        new RpcClient({ nc: await connect(caller), caller: testUser(caller) }),
    };
  });
});
