import { BASIS_POINTS } from '@touchstone/contracts/http/market';

/** How often a model version was asked on one day, in UTC. */
export interface DayUsage {
  readonly modelId: string;
  readonly modelVersionId: string;
  readonly day: string;
  readonly revenueShareBps: number;
  readonly calls: number;
  readonly errors: number;
  readonly chargedAtomic: bigint;
}

/** How often a model version was asked at all. */
export interface ModelStatistics {
  readonly calls: number;
  readonly errors: number;
  readonly averageInferenceMs: number | null;
  readonly sinceMs: number;
}

/** Which days of which model of a developer. */
export interface UsageQuery {
  readonly developer: string;
  readonly from: string;
  readonly to: string;
  readonly modelId?: string | undefined;
  readonly limit: number;
}

/** Reads what is counted about answers. Counts are exact: they change in the transactions that make answers durable. */
export interface UsageReader {
  statistics(modelVersionId: string): Promise<ModelStatistics | undefined>;
  /** Calls of each version by modelVersionId; a version without any is left out. */
  calls(): Promise<ReadonlyMap<string, number>>;
  /** Days on which there was something, in order of days and models. */
  ofDeveloper(query: UsageQuery): Promise<readonly DayUsage[]>;
}

/** What is charged, with its parts; the developer's is rounded down, the rest is the platform's. */
export interface Shares {
  readonly chargedAtomic: bigint;
  readonly developerShareAtomic: bigint;
  readonly platformShareAtomic: bigint;
}

/** Splits what was charged by basis points. */
export function sharesOf(chargedAtomic: bigint, revenueShareBps: number): Shares {
  const developerShareAtomic = (chargedAtomic * BigInt(revenueShareBps)) / BigInt(BASIS_POINTS);
  return { chargedAtomic, developerShareAtomic, platformShareAtomic: chargedAtomic - developerShareAtomic };
}
