import { withDatabase, type Outbox } from '@touchstone/postgres';
import type { AnchorKind } from '@touchstone/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import type { AnchorableCheckpoint } from '../domain/anchor/anchorable.js';
import type { AnchorHistory } from '../domain/anchor/policy.js';
import type { Standing, TargetStore } from '../domain/anchor/target-store.js';
import { dropFailed, storeFailure, type FailedAnchor } from './failed-anchors.js';
import { anchorableOn } from './network-anchors.js';
import { historyOf, standingOf } from './network-history.js';

/** What the anchors of a network have in common in PostgreSQL, of whatever kind they are. */
export abstract class PostgresTargetStore implements TargetStore {
  protected abstract readonly kind: AnchorKind;

  constructor(
    protected readonly dataSource: DataSource,
    protected readonly outbox: Outbox,
    protected readonly network: string,
  ) {}

  anchorable(): Promise<AnchorableCheckpoint | undefined> {
    return anchorableOn(this.dataSource, this.network);
  }

  history(costUnknownMax: bigint): Promise<AnchorHistory> {
    return historyOf(this.dataSource, this.network, costUnknownMax);
  }

  standing(checkpointSize: bigint): Promise<Standing> {
    return standingOf(this.dataSource, this.network, checkpointSize);
  }

  dropFailed(): Promise<void> {
    return withDatabase(() => dropFailed(this.dataSource.manager, this.network));
  }

  protected transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return withDatabase(() => this.dataSource.transaction(work));
  }

  /** Stores a failure with the event about it. */
  protected fail(
    { checkpointSize, reason }: Pick<FailedAnchor, 'checkpointSize' | 'reason'>,
    store: (manager: EntityManager) => Promise<boolean>,
  ): Promise<boolean> {
    const { kind, network, outbox } = this;
    return this.transaction((manager) =>
      storeFailure(manager, outbox, { kind, network, checkpointSize, reason }, () => store(manager)),
    );
  }
}
