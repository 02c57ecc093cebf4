import { AppError, type EventBatchFormat } from '@touchstone/contracts';

/** What a caller may have signed. */
export interface BatchCaller {
  /** Whose events they are. */
  readonly tenant: string;
  readonly formats: readonly EventBatchFormat[];
  /** Whether it may send leaves without their events, and vouch for their order. */
  readonly leaves: boolean;
}

/** Which callers may have batches of events signed, by the name that their token or their user of the mesh gives them. */
export class BatchPolicy {
  constructor(private readonly callers: ReadonlyMap<string, BatchCaller>) {}

  /** The callers that are listed. */
  get names(): readonly string[] {
    return [...this.callers.keys()];
  }

  /** @throws AppError `forbidden` for a caller that is not listed, for another format, and for leaves where events are asked for */
  allow(caller: string, format: EventBatchFormat, content: 'events' | 'leaves'): BatchCaller {
    const allowed = this.callers.get(caller);
    if (!allowed) throw new AppError('forbidden', `${caller} may have no batches of events signed.`);
    if (!allowed.formats.includes(format))
      throw new AppError(
        'forbidden',
        `${caller} may have ${allowed.formats.join(', ')} signed, not ${format}.`,
      );
    if (content === 'leaves' && !allowed.leaves)
      throw new AppError('forbidden', `${caller} has to send events, not leaves alone.`);
    return allowed;
  }
}
