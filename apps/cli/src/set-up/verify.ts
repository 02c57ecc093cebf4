import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseStrictJson } from '@touchstone/canonical-json';
import { modelCircuit, type ModelCircuit } from '@touchstone/contracts/circuit';
import type { SetUpAnswer, SetUpFile } from '@touchstone/contracts/http/set-ups';
import { sha256TextHex } from '@touchstone/crypto';
import { circuitDigest } from '@touchstone/evidence';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { loadTrustFile } from '../load-trust-file.js';
import { readStack } from '@touchstone/embedded';
import { baseUrl } from '../stack/running-stack.js';
import { readInput } from '../terminal/files.js';
import { jsonText } from '../terminal/json-text.js';
import { table } from '../terminal/style.js';
import { askProver } from '../zk/call-prover.js';
import { sha256Hex } from '../zk/sha256-hex.js';
import { judgeStatements, transcriptText, type Finding } from './judge-statements.js';
import { judgeBeacon } from './judge-beacon.js';
import { judgeLog } from './judge-log.js';
import { downloadFile, invitationToken, setUpUrl, showSetUp } from './set-up-api.js';

const MODEL_BYTES_MAX = 67_108_864;
const OPTIONS_BYTES_MAX = 8_388_608;
const CIRCUIT_BYTES_MAX = 4_194_304;

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
      await judgeKeys(url, setUp, setUp.result, folder, options),
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
  result: NonNullable<SetUpAnswer['result']>,
  folder: string,
  options: VerifySetUpOptions,
): Promise<Finding> {
  const failed = (detail: string): Finding => ({ name: 'keys', status: 'fail', detail });
  const token = invitationToken() ?? (process.env['TOUCHSTONE_OPERATOR_TOKEN'] || undefined);
  const keep = async (name: SetUpFile | 'verification-key.json', bytes: Uint8Array | string) => {
    await writeFile(join(folder, name), bytes);
    return join(folder, name);
  };
  const fetched = async (name: SetUpFile) => keep(name, await downloadFile(url, name, token));
  await fetched('proving-key.zkey');
  // What is judged below is the transcript of the answer: the file has to be that one.
  const transcript = await downloadFile(url, 'set-up.json');
  await keep('set-up.json', transcript);
  if (sha256Hex(transcript) !== sha256TextHex(transcriptText(result.transcript)))
    return failed('set-up.json is another transcript than the one that is shown.');
  const bytes = await downloadFile(url, 'circuit.json');
  await keep('circuit.json', bytes);
  const circuit = circuitOf(bytes);
  if (circuit === undefined) return failed('circuit.json is none.');
  if (circuitDigest(circuit) !== result.transcript.vkDigest || circuit.setup !== result.transcript.class)
    return failed('circuit.json is of another key or class than the transcript.');
  await keep('verification-key.json', `${JSON.stringify(circuit.vk, null, 1)}\n`);
  const modelBytes =
    options.model === undefined
      ? await downloadFile(url, 'model.onnx', token)
      : await readInput(options.model, MODEL_BYTES_MAX);
  const model = await keep('model.onnx', modelBytes);
  if (sha256Hex(modelBytes) !== setUp.model.modelHash)
    return failed(
      `The model file has the SHA-256 ${sha256Hex(modelBytes)}, the set-up is of ${setUp.model.modelHash}.`,
    );
  const hasOptions = options.options !== undefined || setUp.files.options !== null;
  const compiledBy = !hasOptions
    ? undefined
    : options.options === undefined
      ? await fetched('options.json')
      : await keep('options.json', await readInput(options.options, OPTIONS_BYTES_MAX));
  const { exitCode, refusal } = await askProver([
    ...['set-up', 'verify', '--model', model, '--powers', resolve(options.powers), '--folder', folder],
    ...(compiledBy === undefined ? [] : ['--options', compiledBy]),
  ]);
  if (exitCode !== 0) return failed(refusal);
  const detail = 'they follow from model and powers by the contributions that the transcript states';
  return { name: 'keys', status: 'pass', detail };
}

function circuitOf(bytes: Uint8Array): ModelCircuit | undefined {
  const parsed = parseStrictJson(bytes, { maxBytes: CIRCUIT_BYTES_MAX });
  return parsed.ok ? modelCircuit.safeParse(parsed.value).data : undefined;
}

/** The proof-service that is named, or that of the running stack. */
function evidenceUrlOf({ evidenceUrl, url, state }: VerifySetUpOptions): string | undefined {
  if (evidenceUrl !== undefined) return baseUrl(evidenceUrl);
  return url === undefined ? readStack(state)?.urls['proof-service'] : undefined;
}
