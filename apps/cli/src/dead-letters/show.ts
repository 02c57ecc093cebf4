import { showDeadLetter, type DeadLetterWithBody } from '@touchstone/nats';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import { asOperator } from '../stack/operator.js';
import { printable, printableLine } from '../terminal/printable.js';
import { table } from '../terminal/style.js';

/** `touchstone dlq show`. */
export async function showCommand(
  sequence: number,
  options: { readonly state: string; readonly json: boolean },
): Promise<ExitCode> {
  const letter = await asOperator(options.state, ({ nc }) => showDeadLetter(nc, sequence));
  process.stdout.write(`${options.json ? asJson(letter) : asText(letter)}\n`);
  return exitCodes.ok;
}

function bodyText(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

function asJson({ body, ...letter }: DeadLetterWithBody): string {
  const text = bodyText(body);
  const shown = text === undefined ? { bodyBase64: Buffer.from(body).toString('base64') } : { body: text };
  return JSON.stringify({ ...letter, bodyBytes: body.length, ...shown }, null, 2);
}

function asText(letter: DeadLetterWithBody): string {
  const facts: [string, string][] = [
    ['consumer', `${letter.durable} of ${letter.service}`],
    ['why', `${letter.code}: ${letter.reason}`],
    ['deliveries', String(letter.deliveries)],
    ['buried at', letter.buriedAt],
    ...(letter.replayedAt === undefined ? [] : [['replayed at', letter.replayedAt] as [string, string]]),
    ['message', `${letter.originalSubject}, ${letter.originalStream} ${letter.originalSequence}`],
    ['message id', letter.msgId ?? 'none'],
    ...Object.entries(letter.headers).map(([name, value]): [string, string] => [`header ${name}`, value]),
  ];
  const rows = facts.map(([name, value]) => [printableLine(name), printableLine(value)]);
  return `${table(rows)}\n\n${describeBody(letter)}`;
}

function describeBody({ body, bodyOmitted, replayedAt }: DeadLetterWithBody): string {
  if (replayedAt !== undefined) return 'The body went with the replay.';
  if (bodyOmitted)
    return 'The body had no room in the copy; the outbox of its publisher keeps it for a week.';
  const text = bodyText(body);
  if (text === undefined) return `${body.length} bytes, no text; --json shows them as base64.`;
  try {
    return printable(JSON.stringify(JSON.parse(text), null, 2));
  } catch {
    return printable(text);
  }
}
