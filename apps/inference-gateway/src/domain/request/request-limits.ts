/** Bytes that every request may have, whatever its model takes; a model that is not known gets no more. */
export const INFER_BODY_BYTES_MAX = 1_048_576;

/** Most bytes of a request, whatever its model declares. */
export const INFER_BODY_BYTES_CEILING = 67_108_864;

/** Characters, with the comma, in which every number of 32 bits can be written without loss. */
const SUFFICIENT_BYTES = 16;

/** Most elements of one input: more could not be written out in the largest body. */
export const INPUT_ELEMENTS_MAX = INFER_BODY_BYTES_CEILING / SUFFICIENT_BYTES;

/** Largest body of a request that is answered later, which waits in the database. */
export const JOB_BODY_BYTES_MAX = 4_194_304;
