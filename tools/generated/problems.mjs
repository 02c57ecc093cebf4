import { errorRegistry } from '../../libs/contracts/dist/index.js';
import { markdownPage, table } from './markdown.mjs';

/** docs/reference/problems.md: every error code with its status and what to do. */
export function problemsPage() {
  const rows = Object.entries(errorRegistry)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([code, { status, retryable, title, action }]) => [
      `\`${code}\``,
      String(status),
      retryable ? 'yes' : 'no',
      title,
      action,
    ]);
  return markdownPage(
    'libs/contracts/src/error-registry.ts',
    'Problems',
    'Every error of every service has one of these codes: in `application/problem+json` (RFC 9457) over HTTP, in the ' +
      'header `Nats-Service-Error-Code` and the same body over NATS, in `ErrorInfo.reason` over gRPC. A code keeps its ' +
      'meaning for ever; `detail` says what happened this time, `traceId` finds it in the logs. "Retry" tells whether ' +
      'the same call may succeed later. Some answers carry another status of the same meaning (400 for 422).',
    table(['code', 'status', 'retry', 'meaning', 'what to do'], rows),
  );
}
