import { AppError } from '@touchstone/contracts';
import type { ZkProof } from '@touchstone/contracts/circuit';
import type { ProofVerifier } from '../../domain/proving/check-proof.js';
import { ThreadPool } from '../threads/thread-pool.js';

/** Proofs that may wait to be checked; one more is refused. */
export const PROOF_CHECKS_WAITING_MAX = 64;

/** Milliseconds that one check may take; that of 4,096 signals takes a tenth of it. */
export const PROOF_CHECK_TIMEOUT_MS = 5_000;

const HEAP_MEBIBYTES = 256;

/** The bundled program beside src and dist, so that one path finds it from both. */
const SCRIPT = new URL('../../../bundle/adapters/proof/proof-thread.js', import.meta.url);

/** What the thread is asked. */
export interface ProofJob {
  readonly vk: ZkProof['vk'];
  readonly publicSignals: readonly string[];
  readonly proof: unknown;
}

/** What it answers: why the proof is not valid, or nothing. */
export interface ProofAnswer {
  readonly reason?: string;
}

/** Judges proofs in a thread. */
export class ThreadProofVerifier implements ProofVerifier {
  private readonly pool = new ThreadPool<ProofJob, ProofAnswer>({
    script: SCRIPT,
    name: 'proof',
    threads: 1,
    queueMax: PROOF_CHECKS_WAITING_MAX,
    timeoutMs: PROOF_CHECK_TIMEOUT_MS,
    heapMebibytes: HEAP_MEBIBYTES,
    outOfMemory: (cause) => new AppError('internal', 'Checking the proof took too much memory.', { cause }),
    late: () =>
      new AppError('timeout', `The proof could not be checked within ${PROOF_CHECK_TIMEOUT_MS} ms.`),
  });

  async verify(
    vk: ZkProof['vk'],
    publicSignals: readonly string[],
    proof: unknown,
  ): Promise<string | undefined> {
    const { reason } = await this.pool.run({ vk, publicSignals, proof });
    return reason;
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}
