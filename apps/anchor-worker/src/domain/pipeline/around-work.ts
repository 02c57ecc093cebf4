/** Runs one piece of work of a stage; whoever watches the pipeline puts a span around it. */
export type AroundWork = <T>(name: string, work: () => Promise<T>) => Promise<T>;
