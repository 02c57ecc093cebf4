import { AppError } from '@touchstone/contracts';

/** Insufficient storage (RFC 4918, section 11.5). */
const INSUFFICIENT_STORAGE = 507;

/** Codes of a system that has no room for a file. */
const NO_ROOM = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** Codes of a folder that is not there or not to be written. */
const NO_FOLDER = new Set<unknown>(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS']);

/** What to tell where a file could not be written: that there is no room or no folder in words, anything else as it is. */
export function asNotWritten(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (NO_ROOM.has(error.code))
    return new AppError(
      'dependency-unavailable',
      'The disk of this gateway has no room for the file; try again later.',
      { status: INSUFFICIENT_STORAGE, cause: error },
    );
  if (!NO_FOLDER.has(error.code)) return error;
  return new AppError(
    'dependency-unavailable',
    `This gateway cannot write files of models (${String(error.code)}); its operator sets TOUCHSTONE_UPLOADS_DIR and TOUCHSTONE_MODEL_CACHE_DIR.`,
    { cause: error },
  );
}
