import { describe, expect, it } from '@jest/globals';
import { AppError } from '@touchstone/contracts';
import { QueryRunnerAlreadyReleasedError } from 'typeorm';
import { toUnavailable, withDatabase } from './database-errors.js';

const coded = (code: unknown, message = 'failed'): Error => Object.assign(new Error(message), { code });

describe('errors of the database', () => {
  it.each([
    ['a refused connection', coded('ECONNREFUSED')],
    ['a name that does not resolve', coded('EAI_AGAIN')],
    ['a cut connection', new Error('Connection terminated unexpectedly')],
    ['a pool without a free connection', new Error('timeout exceeded when trying to connect')],
    ['a connection that the server gave up', coded('08006')],
    ['a full disk', coded('53100')],
    ['too many connections', coded('53300')],
    ['no memory', coded('53200')],
    ['a read-only server', coded('25006')],
    ['a transaction that an earlier error ended', coded('25P02')],
    ['a transaction that idled too long', coded('25P03')],
    ['a transaction that took too long', coded('25P04')],
    ['a server that shuts down', coded('57P01')],
    ['a server that crashed', coded('57P02')],
    ['a server that starts or recovers', coded('57P03')],
    ['an error of its disk', coded('58030')],
    ['a password that is refused', coded('28P01')],
    ['a role that may not log in', coded('28000')],
    ['a database that is not there', coded('3D000')],
    ['a host that cannot be reached', coded('EHOSTUNREACH')],
    ['a network that cannot be reached', coded('ENETUNREACH')],
    ['a certificate of another name', coded('ERR_TLS_CERT_ALTNAME_INVALID')],
    ['a certificate that is over', coded('CERT_HAS_EXPIRED')],
    ['a certificate of nobody', coded('DEPTH_ZERO_SELF_SIGNED_CERT')],
    ['a certificate of an unknown authority', coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE')],
    ['a server without TLS', new Error('The server does not support SSL connections')],
    ['a session that ended', new Error('Client was closed and is not queryable')],
    ['a session that broke', new Error('Client has encountered a connection error and is not queryable')],
    ['an answer that does not come', new Error('Query read timeout')],
    ['a runner whose connection broke', new QueryRunnerAlreadyReleasedError()],
    ['a cancelled statement', coded('57014')],
    ['a lost race of two transactions', coded('40001')],
    ['a deadlock', coded('40P01')],
    ['a lock that somebody else holds', coded('55P03')],
    ['an error of another realm', { code: 'ECONNRESET' }],
    ['a message of another realm', { message: 'Connection terminated' }],
  ])('are an unavailable dependency: %s', (_what, error) => {
    expect(toUnavailable(error)).toMatchObject({
      code: 'dependency-unavailable',
      retryable: true,
      retryAfterSeconds: 1,
      cause: error,
    });
  });

  it.each([
    ['a statement outside of a transaction', coded('25P01')],
    ['a state that begins like one that passes', coded('25001')],
    ['a schema that is not there', coded('3F000')],
    ['a broken index', coded('XX002')],
    ['a broken constraint', coded('23514')],
    ['a second row of one key', coded('23505')],
    ['a value out of range', coded('22003')],
    ['a wrong statement', coded('42601')],
    ['another object in use', coded('55006')],
    ['a socket code inside a longer one', coded('XECONNRESET')],
    ['a state that is no text', coded(57014)],
    ['a message that is no text', { message: ['Connection terminated'] }],
    ['a programmer error', new TypeError('x')],
    ['a known error', new AppError('conflict', 'Another leaf.')],
    ['a known error that speaks of a connection', new AppError('conflict', 'Connection terminated')],
    ['a text', 'Connection terminated'],
    ['null', null],
    ['nothing', undefined],
  ])('stay what they are: %s', (_what, error) => {
    expect(toUnavailable(error)).toBe(error);
  });
});

describe('work on the database', () => {
  it('answers what it answers', async () => {
    await expect(withDatabase(() => Promise.resolve(7))).resolves.toBe(7);
  });

  it('throws what the mapping makes of its error', async () => {
    const cause = coded('08006');
    await expect(withDatabase(() => Promise.reject(cause))).rejects.toMatchObject({
      code: 'dependency-unavailable',
      cause,
    });
    const own = new AppError('conflict', 'x');
    await expect(withDatabase(() => Promise.reject(own))).rejects.toBe(own);
  });

  it('maps an error that is thrown before there is a promise', async () => {
    const work = (): Promise<never> => {
      throw coded('57P03');
    };
    await expect(withDatabase(work)).rejects.toMatchObject({ code: 'dependency-unavailable' });
  });
});
