import { integerMember } from '@touchstone/platform/config';
import { z } from 'zod';

/** Where a target is reached. */
export const httpUrl = () =>
  z
    .string()
    .regex(/^https?:\/\//, { message: 'Expected an http or https URL.' })
    .meta({ type: 'url' });

/** The fewest milliseconds between two anchors, for kinds whose anchors cost something or take room. */
export const spacingMs = () => integerMember(0, 86_400_000).default(10_000);
