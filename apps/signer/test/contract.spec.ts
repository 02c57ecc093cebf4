import { afterAll, beforeAll } from '@jest/globals';
import { describeSigner } from '@touchstone/testing/signer-contract';
import { ANCHOR_CONTRACT, ASSET, CHAIN_ID, ORIGIN, SignerFixture } from './support/signer-fixture.js';

let fixture: SignerFixture;
beforeAll(async () => {
  fixture = await SignerFixture.create();
  await fixture.start();
}, 60_000);
afterAll(() => fixture.close());

describeSigner('the service, over the mesh and PostgreSQL,', async () => ({
  origin: ORIGIN,
  chainId: CHAIN_ID,
  contracts: { anchor: ANCHOR_CONTRACT, settlement: ASSET },
  client: (caller) => fixture.client(caller),
}));
