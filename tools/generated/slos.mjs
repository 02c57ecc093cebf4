// The service level objectives as data: docs/slo.md says what they mean, the rules and dashboards are made of them.

/** Routes that give proofs out. */
const proofRoutes = 'route=~"/v1/(evidence|proof|checkpoints|log).*|/checkpoint"';
const proofRequests = `touchstone_http_server_duration_seconds_count{service="proof-service",${proofRoutes}`;
const payments = 'touchstone_payment_payments_total';
/** Ends of a payment that its payer brought about. */
export const PAYERS_REASONS = [
  'authorization_canceled',
  'authorization_used_for_other_transfer',
  'invalid_exact_evm_insufficient_balance',
];
const notThePayers = `reason!~"${PAYERS_REASONS.join('|')}"`;

const rate = (series, window) => `sum(rate(${series}[${window}]))`;
/** A counter whose label value never occurred has no series: that is none, not unknown. */
const rateOrNone = (series, window) => `(${rate(series, window)} or vector(0))`;

/** Seconds from the arrival of a request until its output is provable; a bound of the histogram's buckets. */
export const EVIDENCE_SECONDS = 10;

/** `errors(window)` is the share of what failed, 0 to 1; without traffic it has no value. */
export const slos = [
  {
    name: 'proof-availability',
    alert: 'ProofAvailability',
    says: 'requests for proofs end in a server error',
    objective: 0.999,
    errors: (window) =>
      `${rateOrNone(`${proofRequests},status=~"5.."}`, window)} / (${rate(`${proofRequests}}`, window)} > 0)`,
  },
  {
    name: 'evidence-delay',
    alert: 'EvidenceDelay',
    says: `outputs become provable later than ${EVIDENCE_SECONDS} s after their request`,
    objective: 0.95,
    errors: (window) =>
      `1 - ${rate(`touchstone_proof_end_to_end_seconds_bucket{le="${EVIDENCE_SECONDS}"}`, window)} / ` +
      `(${rate('touchstone_proof_end_to_end_seconds_count', window)} > 0)`,
  },
  {
    name: 'payment-success',
    alert: 'PaymentSuccess',
    says: 'payments whose settlement was asked for fail, by no doing of the payer',
    objective: 0.995,
    errors: (window) => {
      const failed = rateOrNone(`${payments}{state="failed",${notThePayers}}`, window);
      return `${failed} / (${rateOrNone(`${payments}{state="settled"}`, window)} + ${failed} > 0)`;
    },
  },
];

/** Windows and burn rates of the SRE workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts", for a budget of 30 days. */
export const burns = [
  { severity: 'critical', rate: 14.4, long: '1h', short: '5m', for: '2m' },
  { severity: 'critical', rate: 6, long: '6h', short: '30m', for: '5m' },
  { severity: 'warning', rate: 3, long: '1d', short: '2h', for: '15m' },
  { severity: 'warning', rate: 1, long: '3d', short: '6h', for: '30m' },
];

/** Every window that is recorded; the last is that of the budget. */
export const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'];
export const BUDGET_WINDOW = '30d';

/** The recorded share of what failed. */
export const errorRatio = (window) => `touchstone:slo_errors:ratio_rate${window}`;
