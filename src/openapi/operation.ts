import * as z from 'zod'
import type { ErrorCode } from '../errors.ts'

/** What the reference says of one route beyond what the route itself tells (path, parameters, body). */
export interface Operation {
  summary: string
  description?: string
  access: 'public' | 'customer' | 'staff'
  /** A body as a client might send it. */
  request?: object
  /** Success by status. */
  answers: Record<number, Answer>
  /** Refusals of its own; those of its access, parameters and body follow from the route. */
  refusals?: ErrorCode[]
  /** Takes an Idempotency-Key. */
  idempotent?: boolean
  /** `read` takes If-None-Match, `write` takes If-Match. */
  conditional?: 'read' | 'write'
}

export interface Answer {
  description: string
  /** `application/json` by default. */
  type?: string
  schema?: z.ZodType
  example?: unknown
  headers?: ('Location' | 'ETag')[]
}

/** Keyed by `METHOD /path`, as the app declares it. */
export type Operations = Record<string, Operation>

export const Id = z.int().positive()

export const Money = z
  .string()
  .regex(/^\d+\.\d{2}$/)
  .meta({ id: 'Money', description: 'An exact amount with two decimal places.', examples: ['1299.99'] })

export const Moment = z.iso.datetime({ precision: 3 })

/** The one shape of every list. */
export function listOf<Item extends z.ZodType>(item: Item, id: string) {
  return z
    .object({
      count: z.int().min(0),
      count_is_lower_bound: z
        .literal(true)
        .optional()
        .meta({ description: 'There are more matches than were counted.' }),
      next: z.url().nullable(),
      previous: z.url().nullable(),
      results: z.array(item),
    })
    .meta({ id })
}

/** A list of one page, as an example. */
export function onePage(...results: unknown[]) {
  return { count: results.length, next: null, previous: null, results }
}
