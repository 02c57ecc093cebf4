// What looks like a secret and is none. `sha256` is that of the text that was found, as the scan prints it, so that an entry is for one
// value and no key stands here. An entry that nothing matches any more is refused.
export const KNOWN_SECRETS = [
  {
    sha256: 'bc1a50966c9e6486bc4ebf880b51611a2a97fcb8e7a6976e9b81a9e3e8ca0e3c',
    reason:
      'the published key of the first account of anvil and hardhat, in the example of libs/crypto/src/ecdsa.ts',
  },
  {
    sha256: 'd349831971026efe15bc2a71bf0435e6fee08d8390f4503eafd65ba01b326fa3',
    reason: 'a made-up password with an escaped character, in a spec of reading the URL of NATS',
  },
  {
    sha256: 'c73fbbcfed05604e755d62927e0b136064ec00f2a6fe843bcc61eaf6bb57f174',
    reason: 'a made-up password with an escaped character, in a spec of reading the URL of PostgreSQL',
  },
  {
    sha256: '96ad2ccd81462a766178ae09a71df55f548a3f66da11606f9cdf40b391e22dd0',
    reason:
      'the secret in the example of the Standard Webhooks specification, in a spec of signing as it does',
  },
];
