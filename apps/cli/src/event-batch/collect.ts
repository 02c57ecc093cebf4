import { BatchError, type EventBatchFormat, EventCollector, EventFileReader } from '@touchstone/event-batch';
import { piecesOf, sizeOf } from './event-pieces.js';
import type { FileEventTexts } from './file-event-texts.js';
import { Progress } from '../terminal/progress.js';

/** Reads a file of events into a collector. @throws BatchError, CommandError `io` */
export async function collectEvents(
  path: string,
  format: EventBatchFormat,
  texts: FileEventTexts,
): Promise<EventCollector> {
  const collector = new EventCollector(format, texts);
  const reader = new EventFileReader('events', (text) => collector.add(text));
  const progress = new Progress('reading', sizeOf(path));
  let read = 0;
  try {
    for await (const piece of piecesOf(path)) {
      reader.push(piece);
      read += piece.length;
      progress.update(read, collector.size);
    }
    reader.end();
  } finally {
    progress.end();
  }
  if (collector.size === 0) throw new BatchError('no-events');
  return collector;
}
