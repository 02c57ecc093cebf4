// Secrets that secretlint's recommended rules do not know, as rules of secretlint: keys of chains, seeds, logins of NATS, web tokens.

/** What a password may have at most; longer texts behind such names are documents. */
const SECRET_CHARACTERS_MAX = 256;
/** Bits for each character; sentences and names of things have fewer. */
const ENTROPY_BITS_MIN = 4;

/** What pages and tests write for a password. */
const MADE_UP = /^(?:.{1,4}|change-?me|hunter\d|letmein|open-sesame|pass(?:word)?|secret|wrong)$/i;
/** Where a secret is mounted, and no secret. */
const PATH = /^\.{0,2}\/[a-z]+\//;

const SECRET_NAME = /priv|seed|secret|token|passw|mnemonic|credential|[^a-z]key|key(?:$|[^a-z])|Key/i;
const NO_SECRET_NAME = /pub|sha256|hash|digest|root|address|version|id$/i;
const isSecretName = (name) => SECRET_NAME.test(name) && !NO_SECRET_NAME.test(name);

/** Shannon's entropy of the characters, in bits for each. */
function entropyOf(text) {
  const counts = new Map();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => {
    const share = count / text.length;
    return sum - share * Math.log2(share);
  }, 0);
}

/** Looks like chance: hex alone, or upper case, lower case and digits with as much entropy as chance has. */
function isRandom(text) {
  if (text.length > SECRET_CHARACTERS_MAX) return false;
  if (/^[\da-f]{32,}$/i.test(text)) return /\d/.test(text) && /[a-f]/i.test(text);
  return [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(text)) && entropyOf(text) >= ENTROPY_BITS_MIN;
}

/** `name`, then `=` or `:`. A name begins where a word does and has an end, so that long texts cost no more than their length. */
const ASSIGNED = String.raw`(?<![\w.-])(?<name>[A-Za-z_][\w.-]{0,80})["'\x60\]]{0,2}\s*[:=]+\s*`;

const patterns = [
  {
    id: 'hex-key',
    says: 'a key or seed of 32 or 64 bytes in hex',
    pattern: new RegExp(
      String.raw`${ASSIGNED}[^\n;]{0,60}?(?<![\da-f])(?<secret>(?:0x)?(?:[\da-f]{64}){1,2})(?![\da-f])`,
      'gi',
    ),
    accepts: ({ name }) => isSecretName(name),
  },
  {
    id: 'random-value',
    says: 'a random value behind a name of secrets',
    pattern: new RegExp(String.raw`${ASSIGNED}["'\x60]?(?<secret>[A-Za-z0-9+/_=-]{24,})`, 'g'),
    accepts: ({ name, secret }) => isSecretName(name) && !PATH.test(secret) && isRandom(secret),
  },
  {
    id: 'json-web-token',
    says: 'a JSON Web Token (RFC 7519)',
    pattern: /\b(?<secret>eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,})/g,
  },
  {
    id: 'nats-seed',
    says: 'the seed of a NATS key (nkeys: S, the kind, base32)',
    pattern: /\b(?<secret>S[ACNOUX][A-Z2-7]{56})\b/g,
  },
  {
    id: 'age-key',
    says: 'a private key of age',
    pattern: /\b(?<secret>AGE-SECRET-KEY-1[0-9A-Z]{58})\b/g,
  },
  {
    id: 'mnemonic',
    says: 'the words of a wallet (BIP-39)',
    pattern: /(?:mnemonic|seed ?phrase)\b[^\n]{0,20}["'`](?<secret>(?:[a-z]{3,8} ){11,23}[a-z]{3,8})["'`]/gi,
  },
  {
    id: 'wallet-file',
    says: 'the file of a wallet (Web3 Secret Storage)',
    pattern: /"ciphertext"\s*:\s*"(?<secret>[\da-f]{64,})"/gi,
  },
  {
    id: 'url-password',
    says: 'a password in a URL',
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"'`]{0,80}:(?<secret>[^\s/@"'`${}<>]{1,256})@/gi,
    accepts: ({ secret }) => !MADE_UP.test(secret),
  },
  {
    // secretlint's own asks for a hundred characters; keys on small curves have fewer.
    id: 'pem-key',
    says: 'a private key in PEM (RFC 7468)',
    pattern: /(?<secret>-----BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY(?: BLOCK)?-----[\w\s\\+/=:,-]{0,200})/g,
  },
];

/** What secretlint asks of a rule: it reports where in a text the secret stands. */
const ruleOf = ({ id, says, pattern, accepts = () => true }) => ({
  messages: { FOUND: { en: () => says } },
  meta: { id, type: 'scanner', recommended: true, supportedContentTypes: ['text'] },
  create(context) {
    const message = context.createTranslator({ FOUND: { en: () => says } })('FOUND');
    return {
      file({ content }) {
        for (const found of content.matchAll(pattern)) {
          if (!accepts(found.groups)) continue;
          const start = found.index + found[0].lastIndexOf(found.groups.secret);
          context.report({ message, range: [start, start + found.groups.secret.length] });
        }
      },
    };
  },
});

export const ownRules = patterns.map((pattern) => ({ id: pattern.id, rule: ruleOf(pattern) }));
