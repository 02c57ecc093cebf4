// What NetworkPolicies allow (Kubernetes API, networking.k8s.io/v1), for policies that select by labels.
const OPERATORS = {
  In: (value, values) => value !== undefined && values.includes(value),
  NotIn: (value, values) => value === undefined || !values.includes(value),
  Exists: (value) => value !== undefined,
  DoesNotExist: (value) => value === undefined,
};

export function selects({ matchLabels = {}, matchExpressions = [] }, labels) {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => OPERATORS[operator](labels[key], values))
  );
}

/** @param namespaceLabels of the one namespace that all Pods are in */
function peerMatches({ podSelector, namespaceSelector, ipBlock }, other, namespaceLabels) {
  if (ipBlock) throw new Error('Blocks of addresses are not known here.');
  if (other === undefined) return false;
  if (namespaceSelector && !selects(namespaceSelector, namespaceLabels)) return false;
  return podSelector === undefined || selects(podSelector, other.labels);
}

function sideAllows(policies, { type, rules, peers }, own, other, port, namespaceLabels) {
  const relevant = policies.filter(
    ({ spec }) => spec.policyTypes.includes(type) && selects(spec.podSelector, own.labels),
  );
  if (relevant.length === 0) return true;
  return relevant.some(({ spec }) =>
    (spec[rules] ?? []).some((rule) => {
      const ports =
        rule.ports === undefined ||
        rule.ports.some((one) => one.port === port && (one.protocol ?? 'TCP') === 'TCP');
      const list = rule[peers] ?? [];
      return ports && (list.length === 0 || list.some((peer) => peerMatches(peer, other, namespaceLabels)));
    }),
  );
}

const EGRESS = { type: 'Egress', rules: 'egress', peers: 'to' };
const INGRESS = { type: 'Ingress', rules: 'ingress', peers: 'from' };

/** Whether a connection from a Pod to another, or to what is outside where `to` is undefined, is let through by both sides. */
export function allowedBy(policies, namespaceLabels) {
  return (from, to, port) =>
    sideAllows(policies, EGRESS, from, to, port, namespaceLabels) &&
    (to === undefined || sideAllows(policies, INGRESS, to, from, port, namespaceLabels));
}
