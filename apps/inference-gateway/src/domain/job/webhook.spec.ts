import { describe, expect, it } from '@jest/globals';
import { webhookHeaders, webhookSecretOf } from './webhook.js';

describe('the signature of a webhook', () => {
  it('is that of the example of the Standard Webhooks specification', () => {
    const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' };
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    expect(webhookHeaders(message, secret, 1_614_265_330_999)).toEqual({
      'webhook-id': message.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is by a secret that is of one job and of one operator', () => {
    const secrets = [
      webhookSecretOf('a'.repeat(32), '1'),
      webhookSecretOf('a'.repeat(32), '2'),
      webhookSecretOf('b'.repeat(32), '1'),
    ];
    expect(new Set(secrets).size).toBe(3);
    for (const secret of secrets) expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(webhookSecretOf('a'.repeat(32), '1')).toBe(secrets[0]);
  });
});
