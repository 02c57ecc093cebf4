import { problemOf } from '@touchstone/testing/service';
import { infer, type Gateway, type GatewayFixture } from './gateway-fixture.js';
import { headerOf, PayingClient } from './paying-client.js';
import { heldOutRow } from './sample-models.js';

/** The pixels of a handwritten digit. */
export const digitValues = heldOutRow('digits').values;

/** A request that the model `digits` takes. */
export const digitsBody = {
  inputs: [{ name: 'pixels', datatype: 'FP32', shape: [1, 64], data: digitValues }],
};

/** The code of a problem. */
export async function codeOf(response: Response): Promise<string> {
  return (await problemOf(response)).code;
}

/** Requests to one gateway, with what moved since a payment was signed. */
export class PaidRequests {
  constructor(
    private readonly fixture: GatewayFixture,
    private readonly gateway: Gateway,
  ) {}

  ask(headers: Record<string, string> = {}, body: unknown = digitsBody, model = 'digits'): Promise<Response> {
    return infer(this.gateway, model, body, headers);
  }

  /** A payment that fits a request, and how often model and money moved since. */
  async paid(body: unknown = digitsBody) {
    const client = new PayingClient();
    const payment = await client.pay(client.challengeOf(await this.ask({}, body)));
    const { signer, payments } = this.fixture;
    const before = { signed: signer.outputs.length, transfers: payments.transfers };
    const moved = () => ({
      runs: signer.outputs.length - before.signed,
      transfers: payments.transfers - before.transfers,
    });
    return { client, payment, header: headerOf(payment), moved };
  }
}
