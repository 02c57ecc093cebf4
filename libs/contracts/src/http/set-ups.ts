import { z } from 'zod';
import { circuitOptions } from '../circuit/options.js';
import {
  circuitSetUp,
  contributorName,
  SET_UP_PARTIES_MAX,
  setUpBeacon,
  setUpPowers,
} from '../circuit/set-up.js';
import { caip2, decimal, hex32, timestampMs, uuidV7 } from '../schemas/primitives.js';
import { visibleText } from '../visible-text.js';

/** Most bytes of a proving key that is set up over the API; larger ones are set up with files. */
export const SET_UP_KEY_BYTES_MAX = 33_554_432;

/** Most set-ups on one page. */
export const SET_UPS_PAGE_MAX = 100;
const SET_UPS_PAGE_DEFAULT = 20;

/** A beacon is hashed so often when nothing else is said, as a logarithm. */
const BEACON_ITERATIONS_LOG2 = 10;

const hash512 = z.string().regex(/^[0-9a-f]{128}$/, 'expected 128 lower-case hex characters');
const blocks = z.number().int().min(1).max(100_000_000);

/** What the operator says about a set-up that is announced. */
export const setUpManifest = z.strictObject({
  name: visibleText(128).describe('Name of the model version that the keys are for, as in its model.json.'),
  version: visibleText(64),
  developer: visibleText(128),
  powers: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,122}\.ptau$/, 'expected the name of a .ptau file')
    .describe('File of powers of tau in the folder TOUCHSTONE_POWERS_DIR of the gateway.'),
  parties: z
    .array(contributorName)
    .min(1)
    .max(SET_UP_PARTIES_MAX)
    .refine((names) => new Set(names).size === names.length, 'expected each name once')
    .describe('Who is invited; each may contribute once, in any order.'),
  beacon: z.strictObject({
    network: caip2.describe('A network that checkpoints are anchored on.'),
    inBlocks: blocks.describe('The block so many after the newest one; its hash closes the set-up.'),
    iterationsLog2: setUpBeacon.shape.iterationsLog2.default(BEACON_ITERATIONS_LOG2),
  }),
  public: z
    .boolean()
    .default(false)
    .describe(
      'Whether everybody may read model, options and keys, which hold the weights; otherwise the parties and the operator.',
    ),
});
export type SetUpManifest = z.output<typeof setUpManifest>;
/** As the operator sends it. */
export type SentSetUpManifest = z.input<typeof setUpManifest>;

/** The parts of the form of `POST /v1/set-ups`, as the document tells them. */
export const setUpForm = z.strictObject({
  model: z.string().meta({ format: 'binary' }).describe('The ONNX file.'),
  options: circuitOptions.optional().describe('What it is compiled by.'),
  manifest: setUpManifest,
});

export const setUpStates = ['open', 'finished', 'called-off', 'failed'] as const;
export type SetUpState = (typeof setUpStates)[number];

/** A set-up of keys: who contributed, what was announced, and what came of it. */
export const setUpAnswer = z
  .strictObject({
    id: uuidV7,
    state: z.enum(setUpStates),
    model: z.strictObject({
      developer: z.string(),
      name: z.string(),
      version: z.string(),
      modelHash: hex32,
      modelVersionId: hex32,
    }),
    descriptorHash: hex32,
    constraintsSha256: hex32,
    powers: setUpPowers.extend({ name: z.string() }),
    public: z.boolean(),
    parties: z
      .array(
        z.strictObject({
          name: contributorName,
          contribution: z
            .strictObject({
              position: z.number().int().min(1).max(SET_UP_PARTIES_MAX),
              hash: hash512.describe('What the party publishes by itself, so that others find it here.'),
              provingKeySha256: hex32,
              at: timestampMs,
            })
            .nullable(),
        }),
      )
      .max(SET_UP_PARTIES_MAX),
    newestKey: z
      .strictObject({ sha256: hex32, bytes: z.number().int().min(1).max(SET_UP_KEY_BYTES_MAX) })
      .describe('What the next party contributes to; once finished, the proving key.'),
    beacon: z.strictObject({
      network: caip2,
      block: decimal,
      iterationsLog2: setUpBeacon.shape.iterationsLog2,
    }),
    announcement: z
      .string()
      .describe('Exact text of the entry of the log that was written before anybody contributed.'),
    announcementSha256: hex32,
    result: z
      .strictObject({
        transcript: circuitSetUp,
        entry: z.string().describe('Exact text of the entry of the log.'),
        finishedAt: timestampMs,
      })
      .nullable(),
    failure: z.string().nullable(),
    files: z.strictObject({
      model: z.string(),
      options: z.string().nullable(),
      provingKey: z.string(),
      circuit: z.string().nullable(),
      transcript: z.string().nullable(),
    }),
  })
  .meta({ id: 'SetUp' });
export type SetUpAnswer = z.infer<typeof setUpAnswer>;

/** A set-up with the invitations of its parties, which are told once. */
export const announcedSetUp = z.strictObject({
  setUp: setUpAnswer,
  invitations: z
    .array(z.strictObject({ name: contributorName, token: z.string().min(32).max(128) }))
    .max(SET_UP_PARTIES_MAX)
    .describe('Who has a token contributes in that name; only its hash is kept.'),
});
export type AnnouncedSetUp = z.infer<typeof announcedSetUp>;

/** The query of `GET /v1/set-ups`. */
export const setUpsQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(SET_UPS_PAGE_MAX).default(SET_UPS_PAGE_DEFAULT),
  cursor: uuidV7.optional(),
  state: z.enum(setUpStates).optional(),
});
export type SetUpsQuery = z.output<typeof setUpsQuery>;

/** One page of set-ups, the newest first. */
export const setUpPage = z.strictObject({
  setUps: z.array(setUpAnswer).max(SET_UPS_PAGE_MAX),
  nextCursor: uuidV7.nullable(),
});
export type SetUpPage = z.infer<typeof setUpPage>;

/** A contribution that was taken. */
export const contributionAnswer = z
  .strictObject({
    position: z.number().int().min(1).max(SET_UP_PARTIES_MAX),
    name: contributorName,
    hash: hash512,
    provingKeySha256: hex32,
  })
  .meta({ id: 'SetUpContribution' });
export type ContributionAnswer = z.infer<typeof contributionAnswer>;

/** The files of a set-up. Model, options and keys hold the weights of the model. */
export const setUpFiles = [
  'model.onnx',
  'options.json',
  'proving-key.zkey',
  'circuit.json',
  'set-up.json',
] as const;
export type SetUpFile = (typeof setUpFiles)[number];
