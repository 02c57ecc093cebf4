// What the overview shows, and what every service has.
import { events } from '../../libs/contracts/dist/index.js';
import { alarm, graph, mustBeOne, quantile, quantiles, RATE, rates, row, stat } from './panels.mjs';
import { BUDGET_WINDOW, errorRatio, EVIDENCE_SECONDS, slos } from './slos.mjs';

/** What an operator looks at first. */
export function overview() {
  return [
    row(
      'Now',
      stat('Services ready', 'short', 'count(max by (service) (touchstone_ready) == 1)'),
      alarm('Services not ready', 'count(max by (service) (touchstone_ready) == 0) or vector(0)'),
      alarm('Alerts', 'count(ALERTS{alertname=~"Touchstone.*",alertstate="firing"}) or vector(0)'),
      stat('Proofs a second', 'reqps', 'touchstone:proofs:rate5m'),
      stat('Request to proof, p95', 's', 'touchstone:proof_end_to_end_seconds:p95', {
        steps: [
          { color: 'green', value: null },
          { color: 'red', value: EVIDENCE_SECONDS },
        ],
      }),
      alarm('Failed self-checks', 'sum(touchstone_proof_self_check_failures_total)'),
    ),
    row('Objectives', ...slos.flatMap(objective)),
    row(
      'From the request to the proof',
      graph(
        'Request to proof available',
        's',
        ...['p50', 'p95', 'p99'].map((name) => [`touchstone:proof_end_to_end_seconds:${name}`, name]),
      ),
      graph('Proofs that became available', 'reqps', ['touchstone:proofs:rate5m', 'proofs']),
      graph(
        'Where the time goes, p95',
        's',
        ['touchstone:inference_seconds:p95', 'answered'],
        [quantile(0.95, 'touchstone_anchor_leaf_accepted_seconds'), 'recorded to accepted'],
        [quantile(0.95, 'touchstone_anchor_leaf_checkpointed_seconds'), 'accepted to checkpointed'],
        ['touchstone:proof_ready_seconds:p95', 'recorded to proof'],
        ['touchstone:proof_anchored_seconds:p95', 'recorded to anchored proof'],
      ),
      graph('Time to make a bundle, p95', 's', ['touchstone:bundle_seconds:p95', 'bundle']),
      graph('Queues', 'short', ['touchstone:queue_depth', '{{queue}}']),
      graph('Statements of the stores, p95', 's', ['touchstone:database_query_seconds:p95', '{{service}}']),
    ),
    row(
      'Services',
      graph('Ready replicas', 'short', ['sum by (service) (touchstone_ready)', '{{service}}']),
      rates('HTTP requests', 'touchstone_http_server_duration_seconds_count', 'service'),
      rates('HTTP server errors', 'touchstone_http_server_duration_seconds_count{status=~"5.."}', 'service'),
    ),
  ];
}

function objective({ name, says, objective: share }) {
  const steps = [
    { color: 'red', value: null },
    { color: 'orange', value: 0.0001 },
    { color: 'green', value: 0.25 },
  ];
  const used = `${errorRatio(BUDGET_WINDOW)}{slo="${name}"} / (1 - ${share})`;
  return [
    stat(`${name}: budget left`, 'percentunit', `1 - ${used}`, {
      steps,
      description: `What costs it: ${says}.`,
    }),
    {
      ...graph(
        `${name}: burn rate`,
        'short',
        ...['1h', '6h', '3d'].map((window) => [
          `${errorRatio(window)}{slo="${name}"} / (1 - ${share})`,
          window,
        ]),
      ),
      description: 'At 1 the budget of 30 days lasts 30 days.',
    },
  ];
}

/** What every service has. */
export function everyService(name) {
  const own = `{service="${name}"}`;
  const of = (series) => `${series}${own}`;
  const publishes = Object.values(events).some(({ publisher }) => publisher === name);
  return [
    row('Traffic', ...traffic(of, own)),
    row('Events', ...(publishes ? outbox(of, own) : []), ...deliveries(of)),
    row('Process', ...ofProcess(of, own)),
  ];
}

const traffic = (of, own) => [
  rates('HTTP requests', of('touchstone_http_server_duration_seconds_count'), 'route, status'),
  quantiles('HTTP', 'touchstone_http_server_duration_seconds', own),
  rates('RPCs answered', of('touchstone_mesh_rpc_served_seconds_count'), 'verb, result'),
  rates('RPCs asked', of('touchstone_mesh_rpc_called_seconds_count'), 'target, verb, result'),
];

const outbox = (of, own) => [
  graph('Outbox', 'short', [`max(${of('touchstone_outbox_pending')})`, 'not published']),
  graph('Oldest event in the outbox', 's', [`max(${of('touchstone_outbox_oldest_age_seconds')})`, 'age']),
  quantiles('Insert of an event to its acknowledgement', 'touchstone_outbox_delay_seconds', own),
];

const deliveries = (of) => [
  rates('Deliveries', of('touchstone_mesh_delivery_settled_total'), 'durable, result'),
  graph('Consumers that wait for a dependency', 'short', [
    `max by (durable) (${of('touchstone_mesh_consumer_holds')})`,
    '{{durable}}',
  ]),
  graph('Shares of streams in use', 'percentunit', [
    `max by (stream) (${of('touchstone_mesh_stream_used_ratio')})`,
    '{{stream}}',
  ]),
];

const ofProcess = (of, own) => [
  {
    ...graph('Checks of readiness', 'short', [
      `min by (check) (${of('touchstone_readiness_check_passed')})`,
      '{{check}}',
    ]),
    steps: mustBeOne,
    max: 1,
  },
  graph('Statements of the database', 's', [quantile(0.95, 'touchstone_database_query_seconds', own), 'p95']),
  graph(
    'Sessions of the database',
    'short',
    [`sum(${of('touchstone_database_pool_sessions')})`, 'open'],
    [`sum(${of('touchstone_database_pool_idle_sessions')})`, 'idle'],
    [`sum(${of('touchstone_database_pool_sessions_max')})`, 'most'],
    [`sum(${of('touchstone_database_pool_waiting')})`, 'waiting for one'],
  ),
  graph('CPU', 'percentunit', [`rate(${of('process_cpu_seconds_total')}[${RATE}])`, '{{instance}}']),
  graph('Memory', 'bytes', [of('process_resident_memory_bytes'), '{{instance}}']),
  graph('Lag of the event loop, p99', 's', [of('nodejs_eventloop_lag_p99_seconds'), '{{instance}}']),
];
