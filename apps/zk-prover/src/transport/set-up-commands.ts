import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import {
  BEACON_SOURCE_CHARACTERS_MAX,
  circuitSetUp,
  type CircuitSetUp,
  contributorName,
  setUpBeacon,
} from '@touchstone/contracts/circuit';
import { canonicalJson } from '@touchstone/canonical-json';
import { readVerificationKey, vkDigest } from '@touchstone/groth16';
import { z } from 'zod';
import { type CompiledProgram, compileProgram } from '../domain/compile-program.js';
import type { Files } from '../domain/files.js';
import type { PowersMaker } from '../domain/groth16-prover.js';
import type { JobFolders } from '../domain/job-folders.js';
import { ProverError } from '../domain/prover-error.js';
import type { Ceremony } from '../domain/set-up/ceremony.js';
import { makeDevelopmentPowers, requirePublished } from '../domain/set-up/powers.js';
import type { TimeBudget } from '../domain/time-budget.js';
import {
  CIRCUIT_OPTIONS_BYTES_MAX,
  ONNX_BYTES_MAX,
  readCircuitOptions,
  VERIFICATION_KEY_BYTES_MAX,
} from './given-files.js';
import { readJson } from './read-json.js';

/** Most bytes of a transcript. */
export const TRANSCRIPT_BYTES_MAX = 262_144;

const ENTROPY_BYTES = 64;

/** Names of the files of a finished set-up in its folder. */
const finished = {
  provingKey: 'proving-key.zkey',
  verificationKey: 'verification-key.json',
  /** What a gateway serves the model by: descriptor, verification key, and who set it up. */
  circuit: 'circuit.json',
  transcript: 'set-up.json',
} as const;

/** What the commands are told; paths as the user wrote them. */
export interface CircuitArguments {
  readonly model: string;
  readonly options?: string;
  readonly powers: string;
}

/** Makes keys for circuits, and judges those that others made. Each command answers with what it says on standard output. */
export class SetUpCommands {
  constructor(
    private readonly parts: {
      readonly ceremony: Ceremony;
      readonly files: Files;
      readonly folders: JobFolders;
      readonly makers: readonly [PowersMaker, ...PowersMaker[]];
      /** Where powers of tau are kept, by name. */
      readonly powersPath: (name: string) => Promise<string>;
    },
  ) {}

  async makePowers(log2: number, budget: TimeBudget): Promise<string> {
    const to = await this.parts.powersPath(`development-${twoDigits(log2)}.ptau`);
    const { prover } = await makeDevelopmentPowers({ log2, entropy: entropy(), to }, this.parts, budget);
    return `${to}\nMade with ${prover}, for development: who makes powers of tau alone can forge.`;
  }

  async importPowers(file: string): Promise<string> {
    const path = resolve(file);
    const log2 = await requirePublished(this.parts.files, path);
    const to = await this.parts.powersPath(`powersOfTau28_hez_final_${twoDigits(log2)}.ptau`);
    await this.parts.files.copy(path, to);
    return `${to}\nIts BLAKE2b-512 is the published one, for up to 2^${log2} constraints.`;
  }

  async start(given: CircuitArguments & { readonly to: string }, budget: TimeBudget): Promise<string> {
    const circuit = await this.circuit(given);
    const to = resolve(given.to);
    await this.parts.ceremony.start(circuit, to, budget);
    return `${to}\nNow parties contribute, one after the other; as it is, anybody can forge under it.`;
  }

  async contribute(
    { from, to, name }: { readonly from: string; readonly to: string; readonly name: string },
    budget: TimeBudget,
  ): Promise<string> {
    const given = { from: resolve(from), to: resolve(to), name: checked(contributorName, name, '--name') };
    const { hash } = await this.parts.ceremony.contribute({ ...given, entropy: entropy() }, budget);
    return `${given.to}\nContribution of ${given.name}: ${hash}. Publish the hash; the secret is gone with the process.`;
  }

  async accept(
    given: CircuitArguments & { readonly before: string; readonly key: string },
    budget: TimeBudget,
  ): Promise<string> {
    const keys = { before: resolve(given.before), provingKey: resolve(given.key) };
    const { name, hash } = await this.parts.ceremony.accept(await this.circuit(given), keys, budget);
    return `Follows from ${keys.before} by the contribution of ${name}: ${hash}.`;
  }

  async finish(
    given: CircuitArguments & {
      readonly from: string;
      readonly out: string;
      readonly beacon?: string;
      readonly iterations: number;
      readonly beaconSource?: string;
    },
    budget: TimeBudget,
  ): Promise<string> {
    const out = (name: keyof typeof finished): string => join(resolve(given.out), finished[name]);
    const beacon = beaconOf(given);
    const { key, transcript, circuit } = await this.parts.ceremony.finish(
      await this.circuit(given),
      { from: resolve(given.from), to: out('provingKey'), ...(beacon === undefined ? {} : { beacon }) },
      budget,
    );
    if (beacon === undefined) await this.parts.files.copy(resolve(given.from), out('provingKey'));
    await this.parts.files.replace(out('verificationKey'), `${JSON.stringify(key, null, 1)}\n`);
    await this.parts.files.replace(out('circuit'), `${JSON.stringify(circuit, null, 1)}\n`);
    await this.parts.files.replace(out('transcript'), `${JSON.stringify(transcript, null, 2)}\n`);
    return summary(transcript);
  }

  /** @throws ProverError `set-up-invalid` with the members that differ */
  async verify(given: CircuitArguments & { readonly folder: string }, budget: TimeBudget): Promise<string> {
    const { files, ceremony } = this.parts;
    const path = (name: keyof typeof finished): string => join(resolve(given.folder), finished[name]);
    const stated = readJson(circuitSetUp, await files.read(path('transcript'), TRANSCRIPT_BYTES_MAX), {
      ...{ what: 'The transcript', bytesMax: TRANSCRIPT_BYTES_MAX },
    });
    const circuit = await this.circuit(given);
    const { key, transcript } = await ceremony.describe(
      circuit,
      { provingKey: path('provingKey'), beaconSource: stated.beaconSource },
      budget,
    );
    const differing = (Object.keys(transcript) as (keyof CircuitSetUp)[]).filter(
      (member) => canonicalJson(transcript[member] as never) !== canonicalJson(stated[member] as never),
    );
    const written = await files.read(path('verificationKey'), VERIFICATION_KEY_BYTES_MAX);
    const reading = readVerificationKey(
      readJson(z.unknown(), written, { what: 'The key', bytesMax: VERIFICATION_KEY_BYTES_MAX }),
    );
    if (!reading.ok || vkDigest(reading.value, circuit.program.descriptorHash) !== transcript.vkDigest)
      throw new ProverError('set-up-invalid', `The verification key is not that of the proving key.`);
    if (differing.length > 0 || readVerificationKey(key).ok === false)
      throw new ProverError('set-up-invalid', `The transcript is wrong about ${differing.join(', ')}.`);
    return summary(transcript);
  }

  async exportSolidity(
    { key, to }: { readonly key: string; readonly to: string },
    budget: TimeBudget,
  ): Promise<string> {
    const files = { provingKey: resolve(key), to: resolve(to) };
    await this.parts.ceremony.exportSolidity(files, budget);
    return `${files.to}\nIts text is that of snarkjs, under GPL-3.0.`;
  }

  private async circuit({ model, options, powers }: CircuitArguments): Promise<{
    readonly program: CompiledProgram;
    readonly powers: string;
  }> {
    const { files } = this.parts;
    const onnx = await files.read(resolve(model), ONNX_BYTES_MAX);
    const read =
      options === undefined
        ? undefined
        : readCircuitOptions(await files.read(resolve(options), CIRCUIT_OPTIONS_BYTES_MAX));
    return { program: compileProgram(onnx, read), powers: resolve(powers) };
  }
}

function beaconOf({
  beacon,
  iterations,
  beaconSource,
}: {
  readonly beacon?: string;
  readonly iterations: number;
  readonly beaconSource?: string;
}): { value: string; iterationsLog2: number; source: string } | undefined {
  if (beacon === undefined) return undefined;
  const source = z.string().min(1).max(BEACON_SOURCE_CHARACTERS_MAX);
  return {
    ...checked(setUpBeacon, { value: beacon, iterationsLog2: iterations }, '--beacon'),
    source: checked(source, beaconSource, '--beacon-source'),
  };
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, option: string): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ProverError('request-invalid', `${option}: ${result.error.issues[0]?.message ?? 'wrong'}`);
}

function summary({ class: kind, contributions, vkDigest: digest, powers }: CircuitSetUp): string {
  const lines = contributions.map(({ kind: by, name, hash }) => `${by} ${name} ${hash}`);
  return [`${kind}, powers: ${powers.source}`, ...lines, `vkDigest ${digest}`].join('\n');
}

const entropy = (): string => randomBytes(ENTROPY_BYTES).toString('hex');
const twoDigits = (value: number): string => String(value).padStart(2, '0');
