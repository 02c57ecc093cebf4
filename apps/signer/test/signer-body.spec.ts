import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SIGN_REQUEST_BYTES_MAX } from '../src/transport/http/signer.controller.js';
import { GATEWAY_TOKEN, SignerFixture } from './support/signer-fixture.js';

describe('a request to the signer', () => {
  let fixture: SignerFixture;
  let url: string;
  beforeAll(async () => {
    fixture = await SignerFixture.create();
    url = `http://127.0.0.1:${(await fixture.start()).ports.http}/v1/sign-output`;
  }, 60_000);
  afterAll(() => fixture.close());

  it.each([
    [SIGN_REQUEST_BYTES_MAX, 'validation-failed'],
    [SIGN_REQUEST_BYTES_MAX + 1, 'body-too-large'],
  ])('of %d bytes is answered with %s', async (bytes, code) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${GATEWAY_TOKEN}`, 'content-type': 'application/json' },
      body: `"${'x'.repeat(bytes - 2)}"`,
    });
    expect(await response.json()).toMatchObject({ code });
  });
});
