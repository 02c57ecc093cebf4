import { AppError, SIGN_OUTPUTS_MAX, type OutputPayload, type OutputProof } from '@touchstone/contracts';
import { logsDetails, traceIdsOf, type MeshLogger, type RpcClient } from '@touchstone/nats';
import { injectTrace, runWithLinkedTraces, withSpan } from '@touchstone/platform/observability';
import { Batcher } from '@touchstone/work';
import type { Signer } from '../../domain/inference/signer.js';
import type { SignerKeys } from '../../domain/model/commitment.js';

/** Milliseconds that the first output of a request to the signer waits for others. */
export const SIGN_GATHER_MS = 1;
/** Requests for signatures that are under way at the same time; more outputs then go into each. */
export const SIGN_REQUESTS_MAX = 2;

interface Unsigned {
  readonly payload: OutputPayload;
  /** Of the request that asked: many are signed together, and the request to the signer links to each. */
  readonly traceHeaders: Readonly<Record<string, string>>;
}

/**
 * The signer behind its RPCs. Outputs of callers that come together are signed by one request: the way over the bus
 * and the flush of the signer's audit cost as much for one output as for many.
 */
export class RpcSigner implements Signer {
  private readonly outputs: Batcher<Unsigned, OutputProof>;

  constructor(
    private readonly rpc: Pick<RpcClient, 'call'>,
    private readonly logger: MeshLogger,
  ) {
    this.outputs = new Batcher({
      write: (outputs) => this.signTogether(outputs),
      delayMs: SIGN_GATHER_MS,
      itemsMax: SIGN_OUTPUTS_MAX,
      writersMax: SIGN_REQUESTS_MAX,
    });
  }

  signOutput(payload: OutputPayload): Promise<OutputProof> {
    return withSpan('sign output', {}, () => this.outputs.add({ payload, traceHeaders: injectTrace() }));
  }

  async keys(): Promise<SignerKeys> {
    try {
      const { keySet, currentOutputKeyId } = await this.rpc.call('signer', 'key-set', {});
      return { keySet, currentOutputKeyId };
    } catch (error) {
      throw unavailable(error);
    }
  }

  private signTogether(outputs: readonly Unsigned[]): Promise<readonly OutputProof[]> {
    const carriers = outputs.map(({ traceHeaders }) => traceHeaders);
    const work = async (): Promise<readonly OutputProof[]> => {
      const proofs = await this.signAll(outputs.map(({ payload }) => payload));
      if (logsDetails(this.logger))
        this.logger.debug?.(
          { outputs: outputs.length, traceIds: traceIdsOf(carriers) },
          'outputs were signed',
        );
      return proofs;
    };
    return runWithLinkedTraces(carriers, 'sign outputs', work, 'internal');
  }

  private async signAll(payloads: readonly OutputPayload[]): Promise<readonly OutputProof[]> {
    try {
      const { proofs } = await this.rpc.call('signer', 'sign-outputs', { payloads: [...payloads] });
      if (proofs.length !== payloads.length)
        throw new AppError(
          'dependency-unavailable',
          `The signer answered ${proofs.length} proofs for ${payloads.length} outputs.`,
        );
      return proofs;
    } catch (error) {
      throw unavailable(error);
    }
  }
}

/** The caller of the gateway sees a part that does not answer, not the gateway's own deadline, nor its wrong clock. */
function unavailable(error: unknown): unknown {
  if (error instanceof AppError && error.code === 'signing-refused')
    return new AppError('dependency-unavailable', 'The signer refuses to sign outputs now.', {
      cause: error,
    });
  if (!(error instanceof AppError) || error.code !== 'timeout') return error;
  return new AppError('dependency-unavailable', 'The signer does not answer in time.', { cause: error });
}
