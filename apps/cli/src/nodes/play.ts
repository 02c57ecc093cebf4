import { randomBytes } from 'node:crypto';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { readInput } from '../terminal/files.js';
import { printableLine } from '../terminal/printable.js';
import { green, red } from '../terminal/style.js';
import {
  hubUrl,
  readAudit,
  readFigures,
  removeNode,
  sendHeartbeat,
  showNode,
  type HubOptions,
} from './hub.js';
import {
  approveBuild,
  endRollout,
  operatorToken,
  quarantineNode,
  releaseNode,
  startRollout,
} from './operate.js';
import { perform, type Played, type PlayedHub } from './perform.js';

/** Largest file of tokens that is read. */
export const TOKENS_FILE_BYTES_MAX = 1_048_576;

/** A play that is killed leaves its rollout to its time. */
const PLAYED_ROLLOUT_SECONDS = 60;

/** Builds in a row of the shortest flip-flop that is no drift. */
const THRESHOLD_MIN = 3;

interface PlayOptions extends HubOptions {
  readonly json: boolean;
  readonly prefix?: string;
  readonly tokens?: string;
  readonly threshold: number;
}

/** `touchstone nodes play`. */
export async function playCommand(options: PlayOptions): Promise<ExitCode> {
  if (options.threshold < THRESHOLD_MIN)
    throw new CommandError(
      exitCodes.usage,
      `With a threshold below ${THRESHOLD_MIN} every drift is a flip-flop; there is nothing to play.`,
    );
  const url = hubUrl(options);
  const prefix = options.prefix ?? `play-${randomBytes(4).toString('hex')}`;
  const tokens = options.tokens === undefined ? {} : await readTokens(options.tokens);
  const played = await perform(hubAt(url, tokens, operatorToken(options)), prefix, options.threshold);
  const ok = played.checks.every((each) => each.ok);
  process.stdout.write(
    options.json ? `${JSON.stringify({ ok, ...played }, null, 2)}\n` : describePlay(played),
  );
  return ok ? exitCodes.ok : exitCodes.invalid;
}

function hubAt(
  url: string,
  tokens: Readonly<Record<string, string>>,
  operator: string | undefined,
): PlayedHub {
  return {
    send: (message) => sendHeartbeat(url, message, tokens[message.node_id]),
    show: (id) => showNode(url, id),
    figures: () => readFigures(url),
    ...(operator !== undefined && {
      operator: {
        audit: (id) => readAudit(url, id, operator),
        remove: (id) => removeNode(url, id, operator),
        approveCurrent: async (id) =>
          void (await approveBuild({ url, token: operator }, id, { current: true })),
        quarantine: async (id) => void (await quarantineNode({ url, token: operator }, id, 'a play')),
        release: async (id) => void (await releaseNode({ url, token: operator }, id)),
        startRollout: async (name, node, build) =>
          void (await startRollout({ url, token: operator }, name, {
            ...build,
            ...{ nodes: [node], seconds: PLAYED_ROLLOUT_SECONDS },
          })),
        endRollout: async (name) => void (await endRollout({ url, token: operator }, name, 'completed')),
      },
    }),
  };
}

async function readTokens(path: string): Promise<Readonly<Record<string, string>>> {
  const text = new TextDecoder().decode(await readInput(path, TOKENS_FILE_BYTES_MAX));
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Readonly<Record<string, string>>;
  } catch {
    // Said below, without what the file holds.
  }
  throw new CommandError(exitCodes.usage, `${path} is no JSON object of node ids and tokens.`);
}

/** A play as text, one line for each thing that was compared. */
export function describePlay({ checks, remaining }: Played): string {
  const lines = checks.map(({ what, expected, actual, ok }) => {
    const told = ok ? actual : `expected ${expected}, the hub says ${actual}`;
    return `${ok ? green('ok     ') : red('differs')} ${printableLine(`${what}: ${told}`)}\n`;
  });
  if (remaining.length > 0)
    lines.push(
      `\nThe hub keeps ${remaining.join(', ')}; with the operator's token this command removes them.\n`,
    );
  return lines.join('');
}
