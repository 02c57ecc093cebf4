import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { failureFields } from './failure-fields.js';

describe('what a log says of work that failed', () => {
  it('is the reason of an expected failure with its causes, without a stack', () => {
    const refused = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
    const cause = new Error('inner', { cause: refused });
    const details = [{ pointer: '/NAME', detail: 'is missing.' }];
    expect(failureFields(new AppError('config-invalid', 'Set NAME.', { cause, details }))).toEqual({
      ...{ code: 'config-invalid', reason: 'Set NAME.', details },
      cause: 'inner: ECONNREFUSED',
    });
    expect(failureFields(new AppError('timeout', 'Too slow.'))).toEqual({
      ...{ code: 'timeout', reason: 'Too slow.' },
    });
  });

  it('is the whole error when it is a fault of ours', () => {
    for (const error of [new TypeError('x'), new AppError('internal', 'x')])
      expect(failureFields(error)).toEqual({ err: error });
  });
});
