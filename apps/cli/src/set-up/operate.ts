import type { SentSetUpManifest, SetUpAnswer } from '@touchstone/contracts/http/set-ups';
import { setUpManifest } from '@touchstone/contracts/http/set-ups';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { readInput } from '../terminal/files.js';
import { jsonText } from '../terminal/json-text.js';
import { printableLine } from '../terminal/printable.js';
import { table } from '../terminal/style.js';
import {
  announceSetUp,
  callOffSetUp,
  listSetUps,
  operatorTokenOf,
  setUpsUrl,
  setUpUrl,
  showSetUp,
  type SetUpOptions,
} from './set-up-api.js';

/** Largest model that is read; the gateway takes no larger one. */
const MODEL_BYTES_MAX = 33_554_432;
/** Largest file of options that is read. */
const OPTIONS_BYTES_MAX = 8_388_608;

interface JsonOptions extends SetUpOptions {
  readonly json: boolean;
}

export interface AnnounceOptions extends JsonOptions {
  readonly model: string;
  readonly options?: string;
  readonly name: string;
  readonly modelVersion: string;
  readonly developer: string;
  readonly powers: string;
  readonly party: readonly string[];
  readonly network: string;
  readonly inBlocks: number;
  readonly iterations?: number;
  readonly public: boolean;
}

/** `touchstone zk setup announce`. */
export async function announceCommand(options: AnnounceOptions): Promise<ExitCode> {
  const manifest = {
    ...{ name: options.name, version: options.modelVersion, developer: options.developer },
    ...{ powers: options.powers, parties: [...options.party], public: options.public },
    beacon: {
      ...{ network: options.network, inBlocks: options.inBlocks },
      ...(options.iterations === undefined ? {} : { iterationsLog2: options.iterations }),
    },
  } satisfies SentSetUpManifest;
  const checked = setUpManifest.safeParse(manifest);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new CommandError(exitCodes.usage, `${issue?.path.join('.')}: ${issue?.message}`);
  }
  const url = setUpsUrl(options);
  const files = {
    model: await readInput(options.model, MODEL_BYTES_MAX),
    options: options.options === undefined ? undefined : await readInput(options.options, OPTIONS_BYTES_MAX),
  };
  const announced = await announceSetUp(url, operatorTokenOf(options), manifest, files);
  const { setUp, invitations } = announced;
  if (options.json) process.stdout.write(`${jsonText(announced)}\n`);
  else {
    process.stdout.write(`${describe(setUp)}\n\n`);
    process.stdout.write(`${table(invitations.map(({ name, token }) => [name, token]))}\n`);
    process.stderr.write(
      `\nThese tokens are told once. Each party contributes on its own machine:\n` +
        `  TOUCHSTONE_SET_UP_TOKEN=… touchstone zk contribute ${url}/${setUp.id} --name NAME\n`,
    );
  }
  return exitCodes.ok;
}

/** `touchstone zk setup list`. */
export async function listCommand(options: JsonOptions): Promise<ExitCode> {
  const setUps = await listSetUps(setUpsUrl(options));
  if (options.json) process.stdout.write(`${jsonText({ setUps })}\n`);
  else if (setUps.length === 0) process.stderr.write('There are no set-ups.\n');
  else
    process.stdout.write(
      `${table(
        setUps.map(({ id, state, model, parties }) => [
          ...[id, state, `${model.name} ${model.version}`],
          `${parties.filter(({ contribution }) => contribution !== null).length} of ${parties.length} contributed`,
        ]),
      )}\n`,
    );
  return exitCodes.ok;
}

/** `touchstone zk setup show`. */
export async function showCommand(target: string, options: JsonOptions): Promise<ExitCode> {
  const setUp = await showSetUp(setUpUrl(target, options));
  process.stdout.write(options.json ? `${jsonText(setUp)}\n` : `${describe(setUp)}\n`);
  return exitCodes.ok;
}

/** `touchstone zk setup call-off`. */
export async function callOffCommand(target: string, options: JsonOptions): Promise<ExitCode> {
  const setUp = await callOffSetUp(setUpUrl(target, options), operatorTokenOf(options));
  process.stdout.write(
    options.json
      ? `${jsonText(setUp)}\n`
      : `${printableLine(setUp.id)} is called off; its announcement stays in the log.\n`,
  );
  return exitCodes.ok;
}

function describe(setUp: SetUpAnswer): string {
  const { model, beacon, powers, result } = setUp;
  return table([
    ['set-up', setUp.id],
    ['state', setUp.failure === null ? setUp.state : `${setUp.state}: ${setUp.failure}`],
    ['model', `${model.name} ${model.version}, ${model.modelVersionId}`],
    ['powers', `${powers.name} (${powers.source})`],
    ['beacon', `hash of block ${beacon.block} of ${beacon.network}`],
    ['announced by', setUp.announcementSha256],
    ...setUp.parties.map(({ name, contribution }) => [
      name,
      contribution === null ? 'has not contributed' : `${contribution.position}. ${contribution.hash}`,
    ]),
    ...(result === null
      ? []
      : [
          ['class', result.transcript.class],
          ['vkDigest', result.transcript.vkDigest],
        ]),
  ]);
}
