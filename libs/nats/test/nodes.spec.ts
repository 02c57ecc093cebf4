import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { RpcRequest, RpcResponse } from '@touchstone/contracts';
import { waitUntil } from '@touchstone/testing';
import { NatsMicroServer, RpcClient, RpcHandler, type RpcContext } from '../src/index.js';
import { codeOf, MeshHarness } from './mesh-harness.js';

const SUBJECT = 'svc.v1.attestation-hub.heartbeat.inference-gateway';
const heartbeat = { node_id: 'node-1', health: 'GREEN', ts_utc: '2026-01-02T03:04:05Z' } as const;
const seen: RpcContext[] = [];

@Controller()
class HubController {
  @RpcHandler('attestation-hub', 'heartbeat')
  async heartbeat(
    { node_id: nodeId, health, ts_utc: lastSeen }: RpcRequest<'attestation-hub', 'heartbeat'>,
    context: RpcContext,
  ): Promise<RpcResponse<'attestation-hub', 'heartbeat'>> {
    seen.push(context);
    return { nodeId, status: 'OK', health, lastSeen, nonce: null };
  }
}

@Module({ controllers: [HubController] })
class HubModule {}

describe('two gateways, each with a user of its own', () => {
  let harness: MeshHarness;
  let hub: INestMicroservice;
  beforeEach(async () => {
    seen.length = 0;
    harness = new MeshHarness();
    const { nc } = await harness.connect('attestation-hub');
    const strategy = new NatsMicroServer({
      nc,
      service: 'attestation-hub',
      version: '0.1.0',
      logger: harness.logger,
    });
    hub = await NestFactory.createMicroservice(HubModule, { strategy, logger: false });
    await hub.listen();
  });
  afterEach(async () => {
    await hub.close();
    await harness.close();
  });

  it('are told apart by who receives their calls', async () => {
    for (const node of ['node-1', 'node-2']) {
      const caller = `inference-gateway.${node}` as const;
      const { nc } = await harness.connect(caller);
      await new RpcClient({ nc, caller }).call('attestation-hub', 'heartbeat', heartbeat);
    }
    expect(seen).toEqual([
      expect.objectContaining({ caller: 'inference-gateway', node: 'node-1', subject: `${SUBJECT}.node-1` }),
      expect.objectContaining({ caller: 'inference-gateway', node: 'node-2', subject: `${SUBJECT}.node-2` }),
    ]);
  });

  it('do not speak for each other: the server refuses the subject', async () => {
    const { nc } = await harness.connect('inference-gateway.node-2');
    const forged = new RpcClient({ nc, caller: 'inference-gateway.node-1' });
    expect(await codeOf(forged.call('attestation-hub', 'heartbeat', heartbeat))).toBe('forbidden');
    expect(seen).toEqual([]);
  });

  it('read no replies of each other', async () => {
    const { nc } = await harness.connect('inference-gateway.node-2');
    for (const inbox of ['_INBOX_inference-gateway.node-1.>', '_INBOX_inference-gateway.>']) {
      const refused = new Promise<Error | null>((resolve) => {
        nc.subscribe(inbox, { callback: (error) => resolve(error) });
      });
      await expect(refused).resolves.toMatchObject({ name: 'PermissionViolationError' });
    }
  });

  it('have no answer sent into the inbox of the other', async () => {
    const { nc } = await harness.connect('inference-gateway.node-2');
    nc.publish(`${SUBJECT}.node-2`, JSON.stringify(heartbeat), {
      reply: '_INBOX_inference-gateway.node-1.abc',
    });
    await waitUntil(() => harness.logger.lines.some(({ message }) => message.includes('cannot be believed')));
    expect(seen).toEqual([]);
  });

  it('share a durable: what one has taken, the other does not get', async () => {
    await harness.provision();
    const first = await harness.connect('inference-gateway.node-1');
    const second = await harness.connect('inference-gateway.node-2');
    const publisher = await harness.connect('payment-verifier');
    const pull = (nc: typeof first.nc) =>
      nc.request(
        '$JS.API.CONSUMER.MSG.NEXT.PAYMENT.inference-gateway-payment',
        JSON.stringify({ batch: 1, no_wait: true }),
        { timeout: 2_000, noMux: true },
      );
    await publisher.nc.request('evt.v1.payment.transfer.settled', '{}', { timeout: 2_000 });
    const taken = await pull(first.nc);
    expect(taken.subject).toBe('evt.v1.payment.transfer.settled');
    expect(taken.string()).toBe('{}');
    expect((await pull(second.nc)).headers?.code).toBe(404);
    // The work of the two is one: what a node was given may be acknowledged by another one.
    second.nc.publish(taken.reply ?? '');
    await second.nc.flush();
    expect((await pull(first.nc)).headers?.code).toBe(404);
  });
});
