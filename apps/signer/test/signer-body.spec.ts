import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestService } from '@touchstone/testing/service';
import { SIGN_REQUEST_BYTES_MAX } from '../src/domain/verbs.js';
import { GATEWAY_TOKEN, SignerFixture } from './support/signer-fixture.js';

describe('a request to the signer', () => {
  let fixture: SignerFixture;
  let signer: TestService;
  beforeAll(async () => {
    fixture = await SignerFixture.create();
    signer = await fixture.start();
  }, 60_000);
  afterAll(() => fixture.close());

  it.each([
    [SIGN_REQUEST_BYTES_MAX, 'validation-failed'],
    [SIGN_REQUEST_BYTES_MAX + 1, 'body-too-large'],
  ])('of %d bytes is answered with %s', async (bytes, code) => {
    const body = `"${'x'.repeat(bytes - 2)}"`;
    const response = await signer.post('/v1/sign-output', body, { authorization: `Bearer ${GATEWAY_TOKEN}` });
    expect(await response.json()).toMatchObject({ code });
  });
});
