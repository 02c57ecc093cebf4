import { permits } from './licence-expression.mjs';
import { LICENCE_POLICY } from './licence-policy.mjs';

/** What a package is for: `product` ships, `prover` is used by that workspace alone, all else is `development`. */
export function useOf({ workspaces, users }, policy = LICENCE_POLICY) {
  const isProver = (workspace) => workspace === policy.PROVER_WORKSPACE;
  if (users.length > 0 && users.every(isProver)) return 'prover';
  return workspaces.some((workspace) => !isProver(workspace)) ? 'product' : 'development';
}

function allowedIn(use, policy) {
  if (use === 'product') return (id) => policy.PERMISSIVE.includes(id);
  return (id) =>
    policy.DEVELOPMENT.includes(id) ||
    (use === 'prover' && (/^LGPL-\d/.test(id) || policy.COPYLEFT.test(id)));
}

const findException = (item, use, { EXCEPTIONS }) =>
  EXCEPTIONS.find(
    (one) => one.package === item.name && one.use === use && one.licence === (item.licence ?? null),
  );

/** Whether copyleft binds whoever uses a package under this expression: no choice of it is free of that. */
const bindsAll = (licence, { COPYLEFT }) => permits(licence, (id) => !COPYLEFT.test(id)) === false;

function judgeOne(item, used, policy) {
  const use = useOf(item, policy);
  const what = `${item.name}@${item.version} (${use}, ${item.folder})`;
  const { licence } = item;
  if (item.installed && item.installed.licence !== licence)
    return `${what}: the lock file says ${licence ?? 'no licence'}, the installed package ${item.installed.licence ?? 'no licence'}. Run npm ci.`;
  const allowed = licence === undefined ? undefined : permits(licence, allowedIn(use, policy));
  if (allowed) return undefined;
  if (licence !== undefined && use !== 'prover' && bindsAll(licence, policy))
    return `${what}: ${licence} binds the whole program; only ${policy.PROVER_WORKSPACE} may use such packages, and no exception lifts that.`;
  const exception = findException(item, use, policy);
  if (exception) {
    used.add(exception);
    return undefined;
  }
  if (licence === undefined)
    return `${what} states no licence: read its files, and list it with the reason if it may be used.`;
  if (allowed === undefined) return `${what}: “${licence}” is no expression of SPDX ids.`;
  return `${what}: ${licence} is on no list for this use (tools/supply-chain/licence-policy.mjs).`;
}

/**
 * Judges the packages of `inventory` by the policy.
 *
 * @returns one sentence for each package that may not be used, and for each exception that nothing needs any more
 */
export function judgeLicences(items, policy = LICENCE_POLICY) {
  const used = new Set();
  const refused = items.map((item) => judgeOne(item, used, policy)).filter((text) => text !== undefined);
  const stale = policy.EXCEPTIONS.filter((exception) => !used.has(exception)).map(
    ({ package: name, licence, use }) =>
      `exception for ${name} (${licence ?? 'no licence'}, ${use}): nothing needs it any more; remove it.`,
  );
  return [...refused, ...stale];
}
