import { isIP } from 'node:net';
import { z } from 'zod';
import { integerKey } from '../config/values.js';
import type { ServiceContext } from '../service/service-context.js';
import { TrustedProxies } from './caller-address.js';
import { RateLimits } from './rate-limits.js';

/** The default of requests that cost, of one caller in a minute (R-INFER-5). */
export const RATE_PER_MINUTE_DEFAULT_MAX = 100;

/** Most entries of the list of proxies. */
export const TRUSTED_PROXIES_MAX = 64;

const proxies = z
  .string()
  .transform((text) => (text.trim() === '' ? [] : text.split(',').map((part) => part.trim())))
  .superRefine((parts, context) => {
    parts.forEach((part, index) => {
      if (!isNetwork(part))
        context.addIssue({
          code: 'custom',
          message: `Entry ${index + 1} is no address and no network such as 10.0.0.0/8.`,
          path: [index],
        });
    });
    if (parts.length > TRUSTED_PROXIES_MAX)
      context.addIssue({
        code: 'custom',
        message: `There are ${parts.length} proxies, at most ${TRUSTED_PROXIES_MAX} are taken.`,
      });
  });

function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  if (bits < 0 || more.length > 0) return false;
  return prefix === undefined || (/^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= bits);
}

/** The keys of a service that counts how often its callers ask. */
export function rateKeys() {
  return {
    TOUCHSTONE_RATE_LIMIT_PER_MINUTE: integerKey(0, 1_000_000)
      .default(RATE_PER_MINUTE_DEFAULT_MAX)
      .describe(
        'Requests that cost something (POST, PUT, PATCH, DELETE; answers and proofs over gRPC) of one address in a minute, and ten times as many ' +
          'others; one more is 429. Each replica counts for itself. 0 counts nothing.',
      ),
    TOUCHSTONE_TRUSTED_PROXIES: proxies
      .meta({ type: 'addresses and networks, separated by commas' })
      .default([])
      .describe(
        'Proxies in front, such as 10.0.0.0/8, whose X-Forwarded-For says who asks; without them every caller behind a proxy has the address of the proxy.',
      ),
  };
}

const made = new WeakMap<object, RateLimits | undefined>();

/** The limits of a running service, the same for all its transports; undefined where nothing is counted. */
export function rateLimitsOf(service: ServiceContext): RateLimits | undefined {
  if (!made.has(service)) made.set(service, limitsFor(service));
  return made.get(service);
}

function limitsFor({ config, metrics }: ServiceContext): RateLimits | undefined {
  const { TOUCHSTONE_RATE_LIMIT_PER_MINUTE: perMinute = 0, TOUCHSTONE_TRUSTED_PROXIES: trusted = [] } =
    config as Partial<{
      TOUCHSTONE_RATE_LIMIT_PER_MINUTE: number;
      TOUCHSTONE_TRUSTED_PROXIES: readonly string[];
    }>;
  return perMinute === 0 ? undefined : new RateLimits(perMinute, new TrustedProxies(trusted), metrics);
}
