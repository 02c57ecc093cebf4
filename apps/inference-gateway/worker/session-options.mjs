/**
 * How sessions run; `npm run bench -- --only sessions` measures each choice beside its other (docs/performance.md, "Sessions").
 * One thread for each run: the pool's workers are the parallelism, and thread pools that share two cores make the slowest run ninety
 * times slower. The arena for memory, its plan and all optimisations are the runtime's own defaults.
 */
export const sessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' };
