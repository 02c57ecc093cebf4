// Finds secrets in texts, by the rules of secretlint and our own, and tells those that are known to be none.
import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import { ownRules } from './secret-rules.mjs';

/** Files that hold keys whatever is in them; many are binary. */
const KEY_FILE =
  /^(?:id_(?:rsa|ecdsa|ed25519)|\.env(?:\..+)?|.+\.(?:p12|pfx|jks|kdbx|keystore|creds|nk|key))$/i;
/** The first would let a comment in a file switch the rules off; our `url-password` and `pem-key` find more than the others. */
const LEFT_OUT = ['filter-comments', 'basicauth', 'database-connection-string', 'privatekey'];
const SHOWN_CHARACTERS = 6;

const nameOf = (id) => id.replace(/^.*secretlint-rule-/, '');
const theirRules = rules
  .filter(({ meta }) => !LEFT_OUT.includes(nameOf(meta.id)))
  .map((rule) => ({ id: rule.meta.id, rule }));
const config = { rules: [...theirRules, ...ownRules] };

// It keeps every step of every rule and looks through all of them for each: minutes for thousands of files, after the last of them.
secretLintProfiler.perf = { mark() {}, measure() {} };

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/**
 * @param path where the text stands, with slashes
 * @param content its bytes; binary files are judged by their name alone
 * @returns for each secret `path`, `line`, `rule`, what it is, its first characters and its SHA-256, by which known-secrets.mjs lists it
 */
export async function findSecrets(path, content) {
  const finding = (rule, line, says, secret) => {
    const shown = `${secret.slice(0, SHOWN_CHARACTERS)}…`;
    return { path, line, rule, says, shown, sha256: sha256(secret) };
  };
  const files = KEY_FILE.test(basename(path)) ? [finding('key-file', 1, 'a file that holds keys', path)] : [];
  if (content.includes(0)) return files;
  const text = content.toString('utf8');
  const { messages } = await lintSource({
    source: { content: text, filePath: path, ext: extname(path), contentType: 'text' },
    options: { config, noPhysicFilePath: true },
  });
  const texts = messages.map(({ range, ruleId, message, loc }) =>
    finding(nameOf(ruleId), loc.start.line, message, text.slice(...range)),
  );
  return [...files, ...texts];
}

/**
 * Compares what was found with what is known to be no secret.
 *
 * @returns `unknown` findings, and the known `stale` entries that nothing matched
 */
export function compareWithKnown(findings, known) {
  const found = new Set(findings.map((finding) => finding.sha256));
  const listed = new Set(known.map((entry) => entry.sha256));
  return {
    unknown: findings.filter((finding) => !listed.has(finding.sha256)),
    stale: known.filter((entry) => !found.has(entry.sha256)),
  };
}
