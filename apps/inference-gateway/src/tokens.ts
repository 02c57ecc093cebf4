import { token } from '@touchstone/platform/wiring';
import type { Signer } from './domain/inference/signer.js';
import type { VerificationStore } from './domain/inference/verification.js';
import type { AddedModelStore } from './domain/model/added-model.js';
import type { ModelStore } from './domain/model/register-models.js';
import type { JobCalls } from './domain/job/job-calls.js';
import type { NodeStatus } from './domain/node/node-status.js';
import type { PaymentPort } from './domain/payment/payment.js';
import type { Transfers } from './domain/payment/transfers.js';
import type { Preparers } from './domain/request/preparers.js';
import type { ExecutionProofStore } from './domain/proving/execution-proof.js';
import type { ModelFiles, UploadPlace } from './domain/model/model-files.js';
import type { MarketCalls } from './domain/market/market-calls.js';
import type { UsageReader } from './domain/market/usage.js';
import type { SetUpStore } from './domain/set-up/set-up.js';
import type { SetUpCalls } from './domain/set-up/set-up-calls.js';

/** What Nest finds the ports of the domain by. */
export const NODE_STATUS = token<NodeStatus>('NodeStatus');
export const MODEL_STORE = token<ModelStore>('ModelStore');
export const ADDED_MODELS = token<AddedModelStore>('AddedModelStore');
export const MODEL_FILES = token<ModelFiles>('ModelFiles');
export const UPLOADS = token<UploadPlace>('UploadPlace');
export const PREPARERS = token<Preparers>('Preparers');
export const VERIFICATIONS = token<VerificationStore>('VerificationStore');
export const SIGNER = token<Signer>('Signer');
export const TRANSFERS = token<Transfers>('Transfers');
export const PAYMENTS = token<PaymentPort>('PaymentPort');
export const EXECUTION_PROOFS = token<ExecutionProofStore>('ExecutionProofStore');
export const JOB_CALLS = token<JobCalls>('JobCalls');
export const MARKET = token<MarketCalls>('MarketCalls');
export const USAGE = token<UsageReader>('UsageReader');
export const SET_UPS = token<SetUpStore>('SetUpStore');
/** Undefined where no keys are set up. */
export const SET_UP_CALLS = token<SetUpCalls | undefined>('SetUpCalls');
