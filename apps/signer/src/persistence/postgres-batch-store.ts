import { AppError, type BatchSigned, type SignedBatch } from '@touchstone/contracts';
import { lockInTransaction, toBytea, withDatabase, type Outbox } from '@touchstone/postgres';
import { QueryFailedError, type DataSource, type EntityManager } from 'typeorm';
import type { BatchStore, EventStream, EventStreamState, NewBatch } from '../domain/ports.js';
import { insertAudits } from './postgres-audit-log.js';
import { StreamLanes } from './stream-lanes.js';

/** A second batch of one id, or of one time of a stream. */
const UNIQUE_VIOLATION = '23505';

interface Row {
  readonly batch_id: string;
  readonly body: SignedBatch;
}

/** Keeps signed batches; the lock is held from reading the newest of a stream to the commit of the next. */
export class PostgresBatchStore implements BatchStore {
  private readonly lanes = new StreamLanes();

  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
  ) {}

  async withStream(
    stream: EventStream,
    batchId: string,
    decide: (state: EventStreamState) => Promise<SignedBatch | NewBatch>,
  ): Promise<SignedBatch> {
    try {
      const name = `${stream.tenant} ${stream.format}`;
      return await this.lanes.run(name, () =>
        withDatabase(() =>
          this.dataSource.transaction(async (manager) => {
            await lockInTransaction(manager, 'event-stream', name);
            const decided = await decide(await readState(manager, stream, batchId));
            if (!('audit' in decided)) return decided;
            return this.store(manager, decided);
          }),
        ),
      );
    } catch (error) {
      if (error instanceof QueryFailedError && error.driverError.code === UNIQUE_VIOLATION)
        throw new AppError('conflict', `The batch ${batchId} was signed for another stream.`, {
          cause: error,
        });
      throw error;
    }
  }

  private async store(manager: EntityManager, { batch, audit }: NewBatch): Promise<SignedBatch> {
    const signed = headOf(batch);
    await manager.query(
      `INSERT INTO signer.event_batch (batch_id, tenant, format, batch_ts, root, caller, body)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        signed.batchId,
        signed.tenant,
        signed.format,
        signed.batchTs,
        toBytea(signed.root),
        audit.caller,
        JSON.stringify(signed),
      ],
    );
    await insertAudits(manager, [audit]);
    await this.outbox.append(manager, 'evt.v1.signing.batch.signed', batch);
    return signed;
  }
}

/** One statement: the batch of that id, and the newest of the stream. */
async function readState(
  manager: EntityManager,
  { tenant, format }: EventStream,
  batchId: string,
): Promise<EventStreamState> {
  const rows = (await manager.query(
    `(SELECT batch_id, body FROM signer.event_batch WHERE batch_id = $1)
     UNION ALL
     (SELECT batch_id, body FROM signer.event_batch WHERE tenant = $2 AND format = $3
      ORDER BY batch_ts DESC LIMIT 1)`,
    [batchId, tenant, format],
  )) as Row[];
  const isSame = (row: Row): boolean => row.batch_id === batchId;
  return {
    same: rows.find(isSame)?.body,
    last: rows.find((row) => row.body.tenant === tenant && row.body.format === format && !isSame(row))?.body,
  };
}

function headOf({
  leaves: _leaves,
  events: _events,
  signedAt: _signedAt,
  ...head
}: BatchSigned): SignedBatch {
  return head;
}
