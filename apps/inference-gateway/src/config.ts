import { caip2, evmAddress, hex32, visibleText } from '@touchstone/contracts';
import {
  bodyKeys,
  booleanKey,
  corsKeys,
  databaseKeys,
  grpcTlsKeys,
  integerKey,
  natsKeys,
  nodeKeys,
  rateKeys,
  secret,
  serviceKeys,
} from '@touchstone/platform/config';
import { BASIS_POINTS, REVENUE_SHARE_DEFAULT_BPS } from '@touchstone/contracts/http/market';
import { z } from 'zod';
import { MODEL_CACHE_BYTES_DEFAULT } from './domain/model/model-files.js';
import { ADDED_MODEL_BYTES_MAX } from './domain/model/added-model.js';
import { SUBMISSIONS_PER_DAY_DEFAULT_MAX } from './domain/market/submission.js';
import {
  PROOF_AGREEMENT_MIN_DEFAULT_PERCENT,
  PROOF_QUEUE_MAX,
  PROOF_TIMEOUT_DEFAULT_MS,
} from './domain/proving/prover.js';
import {
  JOB_RETENTION_DEFAULT_DAYS,
  JOBS_AT_ONCE_DEFAULT_MAX,
  JOBS_WAITING_DEFAULT_MAX,
} from './domain/job/job.js';
import { transferModes } from './domain/payment/transfers.js';
import { SET_UP_TIMEOUT_DEFAULT_MS } from './domain/set-up/set-up.js';
import { INFERENCE_QUEUE_MAX, INFERENCE_TIMEOUT_DEFAULT_MS } from './domain/inference/model-runner.js';

const baseUrl = z.string().regex(/^https?:\/\/[^/?#\s]+(?:\/[^?#\s]*[^/?#\s])?$/, {
  message: 'Expected http(s)://host without a trailing slash.',
});

/** Fewest characters of the secret that webhooks are signed by. */
const WEBHOOK_SECRET_CHARACTERS = 32;

function jobKeys() {
  return {
    TOUCHSTONE_JOB_QUEUE_MAX: integerKey(1, 100_000)
      .default(JOBS_WAITING_DEFAULT_MAX)
      .describe(
        'Requests that may wait to be answered later, of all gateways together; one more is refused.',
      ),
    TOUCHSTONE_JOB_CONCURRENCY: integerKey(1, 256)
      .default(JOBS_AT_ONCE_DEFAULT_MAX)
      .describe('Jobs that this gateway works on at the same time.'),
    TOUCHSTONE_JOB_RETENTION_DAYS: integerKey(1, 365)
      .default(JOB_RETENTION_DEFAULT_DAYS)
      .describe('Days that an ended job can be read.'),
    TOUCHSTONE_WEBHOOK_SECRET: secret(z.string().min(WEBHOOK_SECRET_CHARACTERS).optional()).describe(
      `At least ${WEBHOOK_SECRET_CHARACTERS} characters, the same for all gateways, of which the secret of each job is made that its webhook is signed by; without it none are sent.`,
    ),
    TOUCHSTONE_WEBHOOK_ALLOW_INSECURE: booleanKey()
      .default(false)
      .describe('For development alone: webhooks to http and to addresses that are not public.'),
  };
}

/** Most characters of the terms that developers sign. */
export const SUBMISSION_TERMS_CHARACTERS_MAX = 20_000;

/** Largest disk that is taken for files of models. */
const MODEL_CACHE_BYTES_MAX = 1_099_511_627_776;

function fileKeys() {
  return {
    TOUCHSTONE_MODEL_MAX_BYTES: integerKey(1, ADDED_MODEL_BYTES_MAX)
      .default(ADDED_MODEL_BYTES_MAX)
      .describe('Largest model file in bytes that is added or submitted; one that is larger is refused.'),
    TOUCHSTONE_MODEL_CACHE_DIR: z
      .string()
      .regex(/^\//, 'expected an absolute path')
      .optional()
      .describe(
        'Folder of this gateway alone where files of added models lie to be loaded; they are found again after a restart. A new one in the folder of the system for temporary files when left out.',
      ),
    TOUCHSTONE_MODEL_CACHE_MAX_BYTES: integerKey(ADDED_MODEL_BYTES_MAX, MODEL_CACHE_BYTES_MAX)
      .default(MODEL_CACHE_BYTES_DEFAULT)
      .describe(
        'Bytes that this folder takes at most; what was not used for longest goes, and is read from the database when it is used again.',
      ),
  };
}

function marketKeys() {
  return {
    TOUCHSTONE_SUBMISSION_TERMS: z
      .string()
      .min(1)
      .max(SUBMISSION_TERMS_CHARACTERS_MAX)
      .optional()
      .describe(
        'Text that developers agree to when they submit a model; without it no submissions are taken.',
      ),
    TOUCHSTONE_SUBMISSIONS_PER_DAY: integerKey(1, 1_000)
      .default(SUBMISSIONS_PER_DAY_DEFAULT_MAX)
      .describe('Models that one developer may submit within 24 hours.'),
    TOUCHSTONE_REVENUE_SHARE_MAX_BPS: integerKey(0, BASIS_POINTS)
      .default(REVENUE_SHARE_DEFAULT_BPS)
      .describe('Basis points of what callers pay that a developer may ask for at most.'),
    TOUCHSTONE_UPLOADS_DIR: z
      .string()
      .regex(/^\//, 'expected an absolute path')
      .optional()
      .describe(
        'Folder where files of models lie while they are received; that of the system for temporary files when left out.',
      ),
  };
}

/** The configuration of the inference-gateway. It has no key: nothing here signs. */
export const configSchema = z.object({
  ...serviceKeys('inference-gateway'),
  ...grpcTlsKeys(),
  ...natsKeys('inference-gateway'),
  ...nodeKeys('inference-gateway'),
  ...databaseKeys(),
  ...corsKeys(),
  ...bodyKeys(),
  ...rateKeys(),
  TOUCHSTONE_MODELS_DIR: z
    .string()
    .min(1)
    .describe('Folder with one folder for each model, each with a model.json.'),
  TOUCHSTONE_PUBLIC_URL: baseUrl
    .default('http://127.0.0.1:8080')
    .describe('Address under which callers reach this service; it stands in links and payment requests.'),
  TOUCHSTONE_SERVICE_NAME: visibleText(128)
    .default('Touchstone inference')
    .describe('Name of the service in /.well-known/ai-service.json.'),
  TOUCHSTONE_SERVICE_DESCRIPTION: visibleText(1_000)
    .default('Inference whose answers can be proven later.')
    .describe('What the service is for, in /.well-known/ai-service.json.'),
  TOUCHSTONE_PROVIDER_NAME: visibleText(128)
    .optional()
    .describe('Who offers the service, in /.well-known/ai-service.json.'),
  TOUCHSTONE_PROVIDER_URL: baseUrl
    .optional()
    .describe('Address of who offers the service; shown beside TOUCHSTONE_PROVIDER_NAME.'),
  TOUCHSTONE_EVIDENCE_URL: baseUrl
    .default('http://127.0.0.1:8084')
    .describe('Address of the proof-service, for the evidence links of answers.'),
  TOUCHSTONE_INFERENCE_WORKERS: integerKey(1, 256)
    .optional()
    .describe('Worker threads that run models; one less than the cores when left out.'),
  TOUCHSTONE_INFERENCE_QUEUE_MAX: integerKey(1, 100_000)
    .default(INFERENCE_QUEUE_MAX)
    .describe('Runs that may wait for a worker thread; one more is refused.'),
  TOUCHSTONE_INFERENCE_TIMEOUT_MS: integerKey(100, 60_000)
    .default(INFERENCE_TIMEOUT_DEFAULT_MS)
    .describe('Milliseconds that one run may take before its worker thread is replaced.'),
  TOUCHSTONE_PROVER_PATH: z
    .string()
    .regex(/^\//, 'expected an absolute path')
    .optional()
    .describe(
      'Program of the Prover Adapter Protocol that proves answers of models with a proving key; without it none are proved here.',
    ),
  TOUCHSTONE_PROOF_TIMEOUT_MS: integerKey(1_000, 90_000)
    .default(PROOF_TIMEOUT_DEFAULT_MS)
    .describe('Milliseconds that a proof may take, its wait included; a payment is good for 120 seconds.'),
  TOUCHSTONE_PROOF_QUEUE_MAX: integerKey(1, 1_000)
    .default(PROOF_QUEUE_MAX)
    .describe('Proofs that may wait for their turn; one more is refused.'),
  TOUCHSTONE_PROOF_AGREEMENT_MIN_PERCENT: integerKey(0, 100)
    .default(PROOF_AGREEMENT_MIN_DEFAULT_PERCENT)
    .describe(
      'Percent of samples on which a model in whole numbers has to agree with the floats of its file for proofs of its answers to be made.',
    ),
  TOUCHSTONE_POWERS_DIR: z
    .string()
    .regex(/^\//, 'expected an absolute path')
    .optional()
    .describe(
      'Folder with powers of tau (.ptau) that keys are set up with over the API; needs a prover. Without it none are set up here.',
    ),
  TOUCHSTONE_SET_UP_TIMEOUT_MS: integerKey(1_000, 3_600_000)
    .default(SET_UP_TIMEOUT_DEFAULT_MS)
    .describe('Milliseconds that a step of a set-up of keys may take.'),
  ...jobKeys(),
  ...marketKeys(),
  ...fileKeys(),
  TOUCHSTONE_PAYMENT_MODE: z
    .enum(['off', 'x402'])
    .default('x402')
    .describe('Whether answers are paid for; off gives every answer away.'),
  TOUCHSTONE_TRANSFER_PAYMENTS: z
    .enum(transferModes)
    .default('claimed')
    .describe(
      'Transfers that payers made themselves: claimed takes those with the claim of their payer; bare takes a hash alone too, ' +
        'which whoever reads the chain can send before its payer does; off takes none.',
    ),
  TOUCHSTONE_PAYMENT_NETWORK: caip2
    .refine((network) => network.startsWith('eip155:'), {
      message: 'Expected an EVM chain, eip155:<chain id>.',
    })
    .default('eip155:8453')
    .describe('Chain that payments are made on.'),
  TOUCHSTONE_PAYMENT_ASSET: evmAddress
    .default('0x833589fcd6edb6e08f4c7c32d4f71b54bda02913')
    .describe('Token contract that payments are made in, in lower case.'),
  TOUCHSTONE_PAYMENT_ASSET_NAME: visibleText(64)
    .default('USD Coin')
    .describe("Name in the token's EIP-712 domain."),
  TOUCHSTONE_PAYMENT_ASSET_VERSION: visibleText(16)
    .default('2')
    .describe("Version in the token's EIP-712 domain."),
  TOUCHSTONE_OPERATOR_TOKEN_SHA256: hex32
    .optional()
    .describe(
      'SHA-256 of the bearer token with which an operator adds and retires models; without it nobody can. The token itself stays with the operator.',
    ),
  TOUCHSTONE_PAY_TO: evmAddress.optional().describe('Address that is paid, in lower case; needed for x402.'),
});

/** The parsed configuration. */
export type Config = z.output<typeof configSchema>;
