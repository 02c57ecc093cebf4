// What one service alone has.
import { alarm, graph, perSecond, quantile, quantiles, RATE, rates, row, stat } from './panels.mjs';

const own = {
  'inference-gateway': () => [
    row(
      'Answers',
      rates('Inferences', 'touchstone_gateway_inferences_total', 'model, result'),
      quantiles('Request to answer', 'touchstone_gateway_inference_seconds'),
      graph('Stages, p95', 's', [
        quantile(0.95, 'touchstone_gateway_stage_seconds', '', 'le, stage'),
        '{{stage}}',
      ]),
      graph('Runs that wait for a worker', 'short', ['touchstone_gateway_inference_queue', '{{instance}}']),
      rates('Payments to look at', 'touchstone_gateway_payment_warnings_total', 'kind'),
    ),
    row(
      'Proofs of executions',
      stat('Provers that pass their examination', 'short', 'sum(touchstone_gateway_prover_enabled)'),
      rates('Requests for proofs', 'touchstone_gateway_proofs_total', 'model, result'),
      quantiles('Request to proof', 'touchstone_gateway_proof_seconds'),
      graph('Proofs that wait or are made', 'short', ['touchstone_gateway_proof_queue', '{{instance}}']),
      rates('Examinations of the prover', 'touchstone_gateway_prover_examinations_total', 'result'),
    ),
    row(
      'Jobs',
      graph('Jobs that wait', 'short', ['max(touchstone_gateway_job_queue)', 'jobs']),
      graph('Oldest job that waits', 's', ['max(touchstone_gateway_job_oldest_waiting_seconds)', 'age']),
      rates('Attempts at jobs', 'touchstone_gateway_jobs_total', 'result'),
      rates('Attempts at webhooks', 'touchstone_gateway_webhooks_total', 'result'),
    ),
  ],
  'payment-verifier': () => [
    row(
      'Payments',
      stat('In doubt', 'short', 'max(touchstone_payment_unknown_open)'),
      alarm('Undone', 'sum(touchstone_payment_undone_total)'),
      stat('Balance for gas, in units of 10^18 wei', 'none', 'min(touchstone_payment_relayer_wei) / 1e18'),
      stat('Blocks of one question for logs', 'short', 'min(touchstone_payment_log_range_blocks)'),
      rates('Payments', 'touchstone_payment_payments_total', 'state, reason'),
      quantiles('Verification', 'touchstone_payment_verify_seconds'),
      quantiles('Settlement', 'touchstone_payment_settle_seconds'),
      rates('Transactions', 'touchstone_payment_transactions_total', 'event'),
      rates('Payments that were known', 'touchstone_payment_replays_blocked_total', 'kind'),
      graph(
        'Recovery and reorganisations',
        'reqps',
        [`sum(rate(touchstone_payment_recovery_failures_total[${RATE}]))`, 'could not be looked at'],
        [`sum(rate(touchstone_payment_reorganised_total[${RATE}]))`, 'dropped by the chain'],
      ),
    ),
  ],
  signer: () => [
    row(
      'Signatures',
      graph('Time by verb, p95', 's', [
        quantile(0.95, 'touchstone_mesh_rpc_served_seconds', '{service="signer"}', 'le, verb'),
        '{{verb}}',
      ]),
      rates(
        'Refused or failed',
        'touchstone_mesh_rpc_served_seconds_count{service="signer",result!="ok"}',
        'caller, verb, result',
      ),
      graph('Age of what is known of nodes', 's', [
        'touchstone_signer_node_news_age_seconds',
        '{{instance}}',
      ]),
    ),
  ],
  'anchor-worker': () => [
    row(
      'Log',
      alarm('Log closed', 'max(touchstone_anchor_log_closed)'),
      stat('Entries of the log', 'short', 'max(touchstone_anchor_log_size_entries)'),
      stat('Entries without a checkpoint', 'short', 'max(touchstone_anchor_checkpoint_lag_entries)'),
      stat('Leaves without a batch', 'short', 'max(touchstone_anchor_pending_leaves)'),
      stat('Oldest of them', 's', 'max(touchstone_anchor_oldest_pending_leaf_seconds)'),
      graph(
        'Taken in',
        'reqps',
        ...['leaves_accepted', 'log_objects', 'batches_sealed', 'event_batches', 'checkpoints_published'].map(
          (what) => [`sum(rate(touchstone_anchor_${what}_total[${RATE}]))`, what.replaceAll('_', ' ')],
        ),
      ),
      graph(
        'Stages of a leaf, p95',
        's',
        ...['accepted', 'sealed', 'checkpointed', 'anchored'].map((stage) => [
          quantile(0.95, `touchstone_anchor_leaf_${stage}_seconds`),
          stage,
        ]),
      ),
      rates('Stages that are tried again', 'touchstone_anchor_stage_retries_total', 'stage'),
    ),
    row(
      'Networks',
      graph('Nothing becomes final', 'short', [
        'max by (network) (touchstone_anchor_target_troubled)',
        '{{network}}',
      ]),
      graph('Age of the newest final anchor', 's', [
        'max by (network) (touchstone_anchor_newest_final_age_seconds)',
        '{{network}}',
      ]),
      graph('Anchors', 'short', [
        'max by (network, state) (touchstone_anchor_anchors)',
        '{{network}} {{state}}',
      ]),
      rates('What happened to anchors', 'touchstone_anchor_anchor_events_total', 'network, event'),
      rates('Proofs of anchors', 'touchstone_anchor_proofs_total', 'source'),
      graph('Gas', 'short', [perSecond('touchstone_anchor_gas_used_total', 'network'), '{{network}}']),
      graph('Cost of the last 24 hours', 'none', [
        'max by (network, unit) (touchstone_anchor_cost_per_day)',
        '{{network}} {{unit}}',
      ]),
      graph('Cost of a leaf', 'none', [
        'max by (network, unit) (touchstone_anchor_cost_per_leaf)',
        '{{network}} {{unit}}',
      ]),
      graph('Cost since the start, a second', 'none', [
        perSecond('touchstone_anchor_cost_total', 'network, unit'),
        '{{network}} {{unit}}',
      ]),
    ),
  ],
  'proof-service': () => [
    row(
      'Proofs',
      alarm('Failed self-checks', 'sum(touchstone_proof_self_check_failures_total)'),
      alarm('Contradictions', 'sum(touchstone_proof_alarms_total)'),
      alarm('Refused checkpoints', 'sum(touchstone_proof_checkpoints_refused_total)'),
      stat('Entries of the log', 'short', 'max(touchstone_proof_log_size_entries)'),
      alarm('Entries behind a gap', 'max(touchstone_proof_log_entries_waiting)'),
      stat('Checkpoints to judge', 'short', 'max(touchstone_proof_checkpoints_pending)'),
      quantiles('Request to proof', 'touchstone_proof_end_to_end_seconds'),
      quantiles('Recorded to proof', 'touchstone_proof_ready_seconds'),
      quantiles('Recorded to anchored proof', 'touchstone_proof_anchored_seconds'),
      quantiles('Time to make a bundle', 'touchstone_proof_bundle_seconds'),
      rates('Bundles served', 'touchstone_proof_evidence_served_total', 'anchored'),
      rates('Not complete yet', 'touchstone_proof_evidence_pending_total', 'stage'),
      graph('Served from memory', 'reqps', [
        `sum(rate(touchstone_proof_cache_hits_total[${RATE}]))`,
        'bundles',
      ]),
      rates('Events stored', 'touchstone_proof_messages_taken_total', 'durable'),
      graph('Age of events when they are stored', 's', [
        'max by (durable) (touchstone_proof_ingest_lag_seconds)',
        '{{durable}}',
      ]),
      graph(
        'Checkpoints and anchors',
        'short',
        [`sum(rate(touchstone_proof_checkpoints_verified_total[${RATE}]))`, 'verified a second'],
        ['max(touchstone_proof_anchors_unmatched)', 'anchors without their checkpoint'],
      ),
      rates('Objects put into places', 'touchstone_proof_object_publications_total', 'place, result'),
      graph('Objects that wait for a place', 'short', [
        'max by (place) (touchstone_proof_objects_waiting)',
        '{{place}}',
      ]),
      graph('Oldest object that waits for a place', 's', [
        'max by (place) (touchstone_proof_object_oldest_waiting_seconds)',
        '{{place}}',
      ]),
    ),
  ],
  'attestation-hub': () => [
    row(
      'Nodes',
      ...['ok', 'missing', 'drift', 'stale'].map((status) =>
        stat(status, 'short', `max(attestation_${status})`),
      ),
      alarm('spoof suspect', 'max(attestation_spoof_suspect)'),
      graph(
        'Found in the last minute',
        'short',
        ['max(attestation_drift_1m)', 'drift'],
        ['max(attestation_spoof_1m)', 'spoof'],
      ),
      rates('Heartbeats', 'touchstone_attestation_heartbeats_total', 'reporter, result'),
      quantiles('Heartbeat to commit', 'touchstone_attestation_store_seconds'),
      rates('Would be blocked', 'policy_would_block_total', 'zone, reason'),
      graph(
        'Oddities',
        'reqps',
        [`sum(rate(touchstone_attestation_reporter_changes_total[${RATE}]))`, 'another reporter'],
        [`sum(rate(touchstone_attestation_clock_skew_total[${RATE}]))`, 'clock is off'],
      ),
    ),
  ],
};

/** What one service alone has; a service without panels of its own has those of all. */
export function ownPanels(name) {
  return own[name]?.() ?? [];
}
