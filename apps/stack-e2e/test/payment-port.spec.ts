import { afterAll, beforeAll } from '@jest/globals';
import { RpcPayments } from '../../inference-gateway/src/adapters/payment-verifier/rpc-payments.js';
import type {
  PaymentPayload,
  PaymentRequirements,
} from '../../inference-gateway/src/domain/payment/payment.js';
import { describePaymentPort } from '../../inference-gateway/test/support/payment-port.contract.js';
import { LEASE_DEFAULT_SECONDS } from '../../payment-verifier/src/config.js';
import { PaymentFixture } from '../../payment-verifier/test/support/payment-fixture.js';
import { requirementsFor } from '../../payment-verifier/test/support/payer.js';

const START_TIMEOUT_MS = 60_000;

let fixture: PaymentFixture;

beforeAll(async () => {
  fixture = await PaymentFixture.create();
  await fixture.start({ TOUCHSTONE_EVM_RPC_TIMEOUT_MS: '10000' });
}, START_TIMEOUT_MS);

afterAll(() => fixture.close());

// The double of the gateway's specs passes the same contract: what they show holds for the real payment-verifier.
describePaymentPort('the payment-verifier itself, with a database, a mesh and a chain', async () => ({
  port: new RpcPayments(fixture.gateway),
  requirements: requirementsFor(fixture.payTo) as unknown as PaymentRequirements,
  payment: async () => {
    const { paymentPayload } = await (await fixture.payer()).pay(requirementsFor(fixture.payTo));
    return paymentPayload as unknown as PaymentPayload;
  },
  expireLeases: () => {
    fixture.clock.aheadMs += LEASE_DEFAULT_SECONDS * 1_000;
  },
  refuseSettlements: (refused) => {
    if (refused) fixture.signer.fail('refusing', 'sign-transaction');
    else fixture.signer.recover();
  },
}));
