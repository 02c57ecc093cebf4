/** Largest request body in bytes. */
export const INFER_BODY_BYTES_MAX = 1_048_576;

/** Most elements of one input: an element takes a digit and a comma in a body, so more could never be sent. */
export const INPUT_ELEMENTS_MAX = INFER_BODY_BYTES_MAX / 2;
