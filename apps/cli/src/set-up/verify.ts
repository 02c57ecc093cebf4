import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { modelCircuit } from '@touchstone/contracts/circuit';
import type { SetUpAnswer, SetUpFile } from '@touchstone/contracts/http/set-ups';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { loadTrustFile } from '../load-trust-file.js';
import { readStack } from '@touchstone/embedded';
import { baseUrl } from '../stack/running-stack.js';
import { readInput } from '../terminal/files.js';
import { jsonText } from '../terminal/json-text.js';
import { table } from '../terminal/style.js';
import { askProver } from '../zk/call-prover.js';
import { judgeStatements, type Finding } from './judge-statements.js';
import { judgeBeacon } from './judge-beacon.js';
import { judgeLog } from './judge-log.js';
import { downloadFile, invitationToken, setUpUrl, showSetUp } from './set-up-api.js';

const MODEL_BYTES_MAX = 67_108_864;
const OPTIONS_BYTES_MAX = 8_388_608;

export interface VerifySetUpOptions {
  readonly powers: string;
  readonly model?: string;
  readonly options?: string;
  readonly trust?: string;
  readonly rpcUrl?: string;
  readonly evidenceUrl?: string;
  readonly expect: readonly string[];
  readonly out?: string;
  readonly url?: string;
  readonly json: boolean;
  readonly state: string;
}

/**
 * `touchstone zk setup verify`: judges a finished set-up from its files. The arithmetic needs nobody; that the beacon is the hash of the
 * announced block, and that the log had the announcement before, needs a trust file.
 */
export async function verifySetUpCommand(target: string, options: VerifySetUpOptions): Promise<ExitCode> {
  const url = setUpUrl(target, options);
  const setUp = await showSetUp(url);
  if (setUp.result === null)
    throw new CommandError(exitCodes.pending, `The set-up has no result: it is ${setUp.state}.`);
  const trust = options.trust === undefined ? undefined : await loadTrustFile(options.trust);
  const folder = options.out ?? (await mkdtemp(join(tmpdir(), 'touchstone-set-up-')));
  try {
    await mkdir(folder, { recursive: true });
    const findings = [
      await judgeKeys(url, setUp, folder, options),
      ...judgeStatements(setUp, options.expect),
      await judgeBeacon(setUp, { trust, rpcUrl: options.rpcUrl }),
      ...(await judgeLog(setUp, evidenceUrlOf(options), trust)),
    ];
    const isFine = findings.every(({ status }) => status !== 'fail');
    const { class: kind, vkDigest } = setUp.result.transcript;
    if (options.json)
      process.stdout.write(`${jsonText({ valid: isFine, class: kind, vkDigest, steps: findings })}\n`);
    else
      process.stdout.write(
        `${table(findings.map(({ name, status, detail }) => [status, name, detail]))}\n` +
          `${isFine ? `${kind}, vkDigest ${vkDigest}` : 'This set-up does not hold.'}\n`,
      );
    return isFine ? exitCodes.ok : exitCodes.invalid;
  } finally {
    if (options.out === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** Downloads the files and has the prover judge them, as `touchstone zk prover set-up verify` does. */
async function judgeKeys(
  url: string,
  setUp: SetUpAnswer,
  folder: string,
  options: VerifySetUpOptions,
): Promise<Finding> {
  const token = invitationToken() ?? (process.env['TOUCHSTONE_OPERATOR_TOKEN'] || undefined);
  const keep = async (name: SetUpFile | 'verification-key.json', bytes: Uint8Array | string) => {
    await writeFile(join(folder, name), bytes);
    return join(folder, name);
  };
  const fetched = async (name: SetUpFile) => keep(name, await downloadFile(url, name, token));
  await fetched('proving-key.zkey');
  await fetched('set-up.json');
  const circuit = await downloadFile(url, 'circuit.json');
  await keep('circuit.json', circuit);
  const read = modelCircuit.safeParse(JSON.parse(new TextDecoder().decode(circuit)));
  if (!read.success) return { name: 'keys', status: 'fail', detail: 'circuit.json is none.' };
  await keep('verification-key.json', `${JSON.stringify(read.data.vk, null, 1)}\n`);
  const model =
    options.model === undefined
      ? await fetched('model.onnx')
      : await keep('model.onnx', await readInput(options.model, MODEL_BYTES_MAX));
  const hasOptions = options.options !== undefined || setUp.files.options !== null;
  const compiledBy = !hasOptions
    ? undefined
    : options.options === undefined
      ? await fetched('options.json')
      : await keep('options.json', await readInput(options.options, OPTIONS_BYTES_MAX));
  if (read.data.setup !== setUp.result?.transcript.class)
    return { name: 'keys', status: 'fail', detail: 'circuit.json states another class than the transcript.' };
  const { exitCode, refusal } = await askProver([
    ...['set-up', 'verify', '--model', model, '--powers', resolve(options.powers), '--folder', folder],
    ...(compiledBy === undefined ? [] : ['--options', compiledBy]),
  ]);
  if (exitCode !== 0) return { name: 'keys', status: 'fail', detail: refusal };
  const detail = 'they follow from model and powers by the contributions that the transcript states';
  return { name: 'keys', status: 'pass', detail };
}

/** The proof-service that is named, or that of the running stack. */
function evidenceUrlOf({ evidenceUrl, url, state }: VerifySetUpOptions): string | undefined {
  if (evidenceUrl !== undefined) return baseUrl(evidenceUrl);
  return url === undefined ? readStack(state)?.urls['proof-service'] : undefined;
}
