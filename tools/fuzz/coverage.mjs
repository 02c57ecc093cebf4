import { Session } from 'node:inspector';

/** V8's own block coverage of some files, without an instrumented build. */
export class BlockCoverage {
  #session = new Session();
  #covers;
  #blocks = new Set();

  /** @param {readonly string[]} covers parts of the paths of the files that count */
  constructor(covers) {
    this.#covers = covers;
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Distinct blocks that ran so far. */
  get blocks() {
    return this.#blocks.size;
  }

  /**
   * What ran since the last call: one feature for each block and magnitude of its count, so that an input which runs
   * a loop far more often counts as new; and how many blocks ran for the first time.
   */
  take() {
    const features = [];
    const before = this.#blocks.size;
    for (const { url, functions } of this.#post('Profiler.takePreciseCoverage').result) {
      if (!this.#covers.some((part) => url.includes(part))) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count === 0) continue;
          const block = `${url}:${startOffset}-${endOffset}`;
          this.#blocks.add(block);
          features.push(`${block}:${Math.floor(Math.log2(count))}`);
        }
      }
    }
    return { features, newBlocks: this.#blocks.size - before };
  }

  stop() {
    this.#session.disconnect();
  }

  /** The inspector answers a session of its own thread before `post` returns. */
  #post(method, parameters) {
    let answer;
    this.#session.post(method, parameters, (error, result) => {
      if (error) throw new Error(`${method}: ${error.message}`);
      answer = result;
    });
    return answer;
  }
}
