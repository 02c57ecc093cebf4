import {
  AppError,
  type MeshCaller,
  type NodeService,
  type RpcRequest,
  type RpcResponse,
} from '@touchstone/contracts';
import { testUser } from '@touchstone/testing';
import { Controller, Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { NatsMicroServer, RpcClient, RpcHandler, type MeshTracing, type RpcContext } from '../src/index.js';
import { gate, MeshHarness, RecordingMetrics } from './mesh-harness.js';

type Checkpoint = RpcRequest<'signer', 'sign-checkpoint'>;

/** What the handler was asked, and what the slow ones among its answers wait for. */
export const calls = {
  seen: [] as { request: Checkpoint; context: RpcContext }[],
  slow: gate(),
};

@Controller()
class SignerController {
  @RpcHandler('signer', 'sign-checkpoint')
  async signCheckpoint(
    request: Checkpoint,
    context: RpcContext,
  ): Promise<RpcResponse<'signer', 'sign-checkpoint'>> {
    calls.seen.push({ request, context });
    if (request.origin === 'refuse') {
      throw new AppError('checkpoint-refused', 'The tree shrank.', {
        details: [{ pointer: '/size', detail: 'less' }],
      });
    }
    if (request.origin === 'crash') throw new Error('secret of the house');
    if (request.origin === 'bad-answer') return { note: 'x'.repeat(20_000) };
    if (request.origin === 'slow') await calls.slow.opened;
    return { note: `${request.origin} signed` };
  }
}

/** A module with a signer whose answer depends on the origin that it is asked about. */
@Module({ controllers: [SignerController] })
export class SignerModule {}

/** A request that the signer of these tests understands. */
export const checkpoint = (origin: string): Checkpoint => ({
  origin,
  size: '1',
  root: '00'.repeat(32),
  consistency: { fromSize: '0', proof: [] },
});

/** A mesh with a signer, if it is served, and clients. */
export class RpcWorld {
  readonly harness = new MeshHarness();
  readonly metrics = new RecordingMetrics();
  app: INestMicroservice | undefined;

  constructor() {
    calls.seen = [];
    calls.slow = gate();
  }

  async serve(
    options: {
      concurrencyMax?: number;
      concurrencyMaxOf?: Readonly<Record<string, number>>;
      tracing?: MeshTracing;
      drainMs?: number;
    } = {},
  ): Promise<void> {
    const { nc } = await this.harness.connect('signer');
    const strategy = new NatsMicroServer({
      nc,
      service: 'signer',
      version: '0.1.0',
      logger: this.harness.logger,
      metrics: this.metrics,
      ...options,
    });
    this.app = await NestFactory.createMicroservice(SignerModule, { strategy, logger: false });
    await this.app.listen();
  }

  async client(user: MeshCaller | NodeService, tracing?: MeshTracing): Promise<RpcClient> {
    const { nc } = await this.harness.connect(user);
    return new RpcClient({
      nc,
      caller: testUser(user),
      metrics: this.metrics,
      ...(tracing ? { tracing } : {}),
    });
  }

  async close(): Promise<void> {
    calls.slow.open();
    await this.app?.close();
    await this.harness.close();
  }
}
