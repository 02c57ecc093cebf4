/** The header JetStream deduplicates by. */
export const MESSAGE_ID_HEADER = 'Nats-Msg-Id';
/**
 * The id of the first publication, set when a dead letter is replayed. The replay needs a new
 * {@link MESSAGE_ID_HEADER} or JetStream would drop it, while inboxes must still recognise the message.
 */
export const ORIGINAL_ID_HEADER = 'Touchstone-Message-Id';
/** The headers of a dead letter. */
export const DEAD_LETTER_SUBJECT_HEADER = 'Touchstone-Dead-Letter-Subject';
export const DEAD_LETTER_STREAM_HEADER = 'Touchstone-Dead-Letter-Stream';
export const DEAD_LETTER_SEQUENCE_HEADER = 'Touchstone-Dead-Letter-Sequence';
export const DEAD_LETTER_CODE_HEADER = 'Touchstone-Dead-Letter-Code';
export const DEAD_LETTER_DELIVERIES_HEADER = 'Touchstone-Dead-Letter-Deliveries';
/** What the consumer said, in one line. */
export const DEAD_LETTER_REASON_HEADER = 'Touchstone-Dead-Letter-Reason';
/** When a dead letter was taken after all, RFC 3339; it has no body any more. */
export const DEAD_LETTER_REPLAYED_HEADER = 'Touchstone-Dead-Letter-Replayed';
/** Where the server had a message from that it sent on instead of its publisher: `<stream> <subject>`. */
export const DEAD_LETTER_RELAYED_HEADER = 'Touchstone-Dead-Letter-Relayed';
/** `omitted` when the body had no room beside these headers; the original stream still has it. */
export const DEAD_LETTER_BODY_HEADER = 'Touchstone-Dead-Letter-Body';

/**
 * The headers that the server adds to what it sends on out of a stream: the answer to a direct get, and a message that
 * a stream republishes. No publisher sets them, and a publisher cannot keep the server from adding them.
 */
export const RELAYED_STREAM_HEADER = 'Nats-Stream';
export const RELAYED_SUBJECT_HEADER = 'Nats-Subject';

/** The headers that travel from a message into its dead letter and back; others belong to the transport. */
export const KEPT_HEADERS = ['traceparent', 'tracestate'] as const;
