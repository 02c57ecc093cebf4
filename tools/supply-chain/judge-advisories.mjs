// Judges what `npm audit --json` (npm 7 and later) found in the packages that ship.

const REFUSED = ['high', 'critical'];
/**
 * The registry was not reached, or has no such endpoint: mirrors and closed networks have none. npm tells the first in words alone,
 * `request to … failed, reason: connect ECONNREFUSED …`.
 */
const NOT_REACHED =
  /^request to \S+ failed, reason: .*\b(EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|ETIMEDOUT)\b|^(network timeout) at/;
const NO_ENDPOINT = new Set([404, 405, 501, 502, 503, 504]);

/**
 * Advisories that we live with until a day, each for one package and with the reason why it does no harm here. After that day, and
 * when nothing has the advisory any more, the entry is refused: `{ advisory: 'GHSA-…', package, reason, expires: 'YYYY-MM-DD' }`.
 */
export const ACCEPTED_ADVISORIES = [];

/** @returns why the registry did not answer, or undefined where the report is something else */
export function unanswered(report) {
  const [, code, timeout] = NOT_REACHED.exec(report.message ?? '') ?? [];
  if (code ?? timeout) return code ?? timeout;
  return NO_ENDPOINT.has(report.statusCode) ? `HTTP ${report.statusCode}` : undefined;
}

/** The advisories themselves: what a package has of another is a name in `via`, and stands there again. */
function advisoriesOf({ vulnerabilities }) {
  const found = Object.values(vulnerabilities).flatMap(({ via }) =>
    via.filter((one) => typeof one === 'object'),
  );
  return [...new Map(found.map((one) => [`${one.url} ${one.name}`, one])).values()].map(
    ({ url, name, severity, title, range }) => ({
      advisory: url.split('/').at(-1),
      name,
      severity,
      title,
      range,
    }),
  );
}

/**
 * @param report what npm printed
 * @param today as `YYYY-MM-DD`
 * @returns `refused`, a sentence each, and `noted`, advisories of lower severity
 * @throws where the report has not the form of npm's report
 */
export function judgeAdvisories(report, today, accepted = ACCEPTED_ADVISORIES) {
  if (typeof report.vulnerabilities !== 'object')
    throw new Error(
      `npm audit printed no report: ${report.error?.summary || report.message || 'no message'}`,
    );
  const advisories = advisoriesOf(report);
  const text = ({ advisory, name, range, severity, title }) =>
    `${name} ${range}: ${severity}, ${title} (${advisory})`;
  const matches = (entry) => (one) => one.advisory === entry.advisory && one.name === entry.package;
  const serious = advisories.filter(({ severity }) => REFUSED.includes(severity));
  const open = serious.filter((one) => !accepted.some((entry) => matches(entry)(one)));
  const expired = accepted.filter(({ expires }) => !(expires >= today));
  const stale = accepted.filter((entry) => !serious.some(matches(entry)));
  const named = (entry, why) => `accepted advisory ${entry.advisory} of ${entry.package} ${why}`;
  return {
    refused: [
      ...open.map(text),
      ...expired.map((entry) => named(entry, `was accepted until ${entry.expires}: judge it anew.`)),
      ...stale.map((entry) => named(entry, 'is not found any more: remove it.')),
    ],
    noted: advisories.filter((one) => !serious.includes(one)).map(text),
  };
}
