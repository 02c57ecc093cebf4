import { listDeadLetters, readQueues, type Mesh } from '@touchstone/nats';
import { connectOperator } from '../stack/operator.js';
import type { QueueSnapshot } from './snapshot.js';

/** Dead letters that are counted one by one, because notes of replays lie between them. */
export const DEAD_LETTERS_COUNTED_MAX = 100;

/** Reads queues as the operator over one connection, which is opened when NATS is there. */
export class QueueReader {
  private mesh: Mesh | undefined;

  constructor(private readonly stateDir: string) {}

  async read(): Promise<QueueSnapshot> {
    try {
      const { nc } = (this.mesh ??= await connectOperator(this.stateDir));
      const [queues, { letters, next }] = await Promise.all([
        readQueues(nc),
        listDeadLetters(nc, { limit: DEAD_LETTERS_COUNTED_MAX }),
      ]);
      return { known: true, queues, deadLetters: { count: letters.length, atLeast: next !== undefined } };
    } catch (error) {
      return { known: false, detail: error instanceof Error ? error.message : String(error) };
    }
  }

  async close(): Promise<void> {
    await this.mesh?.close();
  }
}
