import { describe, expect, it } from '@jest/globals';
import { asNotWritten } from './not-written.js';

const failure = (code: string) => Object.assign(new Error('of the system'), { code });

describe('a file that could not be written', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('had no room: %s', (code) => {
    expect(asNotWritten(failure(code))).toMatchObject({ code: 'dependency-unavailable', status: 507 });
  });

  it.each(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS'])('had no folder: %s', (code) => {
    expect(asNotWritten(failure(code))).toMatchObject({
      code: 'dependency-unavailable',
      message: expect.stringContaining('TOUCHSTONE_UPLOADS_DIR'),
    });
  });

  it('is told as it is otherwise', () => {
    for (const error of [failure('EIO'), new Error('other'), 'a text'])
      expect(asNotWritten(error)).toBe(error);
  });
});
