export {
  Batcher,
  BATCHER_DELAY_DEFAULT_MS,
  BATCHER_ITEMS_DEFAULT_MAX,
  BATCHER_QUEUE_DEFAULT_MAX,
  BATCHER_WRITERS_DEFAULT_MAX,
  type BatcherOptions,
} from './batcher.js';
export { Loop, LOOP_BACKOFF_FIRST_MS, LOOP_BACKOFF_MAX_MS, type LoopOptions } from './loop.js';
export { singleFlight } from './single-flight.js';
