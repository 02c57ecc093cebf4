import { AppError, streamKeeping, type StreamName } from '@touchstone/contracts';
import type { StreamInfo } from '@nats-io/jetstream';
import { millis } from '@nats-io/nats-core';
import { streamConfig, type ProvisionOptions } from './stream-config.js';

/**
 * How full a stream may be at a smaller size. A server that gets a smaller size drops the oldest of what it holds, read
 * or not, and services publish between the look and the change.
 */
export const SHRUNK_STREAM_SHARE = 0.5;

/**
 * Checks that no unread event and no dead letter is dropped by a smaller size or age.
 *
 * @throws AppError `conflict` that names the streams and what to do
 */
export function assertNothingDropped(
  present: ReadonlyMap<StreamName, StreamInfo>,
  options: ProvisionOptions,
): void {
  const findings = [...present].flatMap(([name, info]) => findingsOf(name, info, options));
  if (findings.length === 0) return;
  throw new AppError(
    'conflict',
    `The server would drop what nobody has read: ${findings.join('; ')}. Wait until the stream is read ` +
      '(touchstone top), or keep its size and age. Nothing was changed (docs/runbooks/stream-full.md).',
  );
}

function findingsOf(name: StreamName, { config, state }: StreamInfo, options: ProvisionOptions): string[] {
  if (streamKeeping(name) === 'an-hour' || state.messages === 0) return [];
  const { max_bytes: wantedBytes = 0, max_age: wantedAge = 0 } = streamConfig(name, options);
  const findings: string[] = [];
  if (wantedBytes < config.max_bytes && state.bytes > wantedBytes * SHRUNK_STREAM_SHARE)
    findings.push(
      `${name} holds ${state.bytes} bytes, and ${wantedBytes} leave it room for ${Math.floor(wantedBytes * SHRUNK_STREAM_SHARE)}`,
    );
  if (wantedAge < config.max_age && Date.now() - Date.parse(state.first_ts) > millis(wantedAge))
    findings.push(
      `${name} holds something since ${state.first_ts}, and its age becomes ${millis(wantedAge)} ms`,
    );
  return findings;
}
