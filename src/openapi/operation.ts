import * as z from 'zod'
import { CURRENCIES } from '../currency.ts'
import type { ErrorCode } from '../errors.ts'
import { NUMBERED_ROWS, PageQuery } from '../http/page-query.ts'
import { describeFields } from './describe-fields.ts'

/** The documentation of one route, beyond what the route itself declares (path, parameters, body). */
export interface Operation {
  /** The name of a generated method: verb and noun; `AsStaff` where customers have the same operation. */
  operationId: string
  summary: string
  /** What the summary does not say: effects, limits, what is left alone. */
  description: string
  access: 'public' | 'customer' | 'staff'
  /** An example of the request body. */
  request?: object
  /** The types of a body that is not JSON. */
  uploads?: readonly string[]
  /** Successful responses, by status. */
  responses: Record<number, ResponseDoc>
  /** Errors specific to the operation; those of its access, parameters and body follow from the route. */
  errors?: ErrorCode[]
  /** Accepts an Idempotency-Key. */
  idempotent?: boolean
  /** `read` accepts If-None-Match, `write` accepts If-Match. */
  conditional?: 'read' | 'write'
}

export interface ResponseDoc {
  description: string
  /** `application/json` by default. */
  type?: string
  schema?: z.ZodType
  example?: unknown
  headers?: ('Location' | 'ETag')[]
}

/** By `METHOD /path`, as the app declares it. */
export type Operations = Record<string, Operation>

export const Id = z.int().positive()

export const Money = z
  .string()
  .regex(/^\d+\.\d{2}$/)
  .meta({ id: 'Money', description: 'An exact amount with two decimal places.', examples: ['1299.99'] })

export const TaxRate = z
  .string()
  .regex(/^\d+\.\d{2}$/)
  .meta({ id: 'TaxRate', description: 'A percentage with two decimal places.', examples: ['19.00'] })

/** The tax contained in a cart or an order, by rate, the highest first. */
export const Taxes = z.array(z.object({ rate: TaxRate, net: Money, tax: Money }).meta({ id: 'Tax' })).meta({
  description:
    'The tax contained in the total, by rate: `net` and `tax` add up to what is sold at that rate. Empty if no rate applies.',
})

export const Currency = z
  .enum(CURRENCIES)
  .meta({ id: 'Currency', description: 'ISO 4217; one for the whole shop.', examples: ['EUR'] })

export const Timestamp = z.iso.datetime({ precision: 3 })

describeFields(PageQuery, {
  page_size: 'Results on a page, 10 by default.',
  cursor: 'Opaque; follow `next` and `previous`.',
  page: `Page number. Numbered pages end at row ${NUMBERED_ROWS}, or at row 1000 in a list whose count may be a lower bound. If the list goes on, \`next\` of the last page leads further.`,
})

/** The shape of every list. By the end of its name, the types of the client leave it out. */
export function listOf<Item extends z.ZodType>(item: Item, id: `${string}List`) {
  return z
    .object({
      count: z.int().min(0),
      count_is_lower_bound: z
        .literal(true)
        .optional()
        .meta({ description: 'There are more matches than `count`.' }),
      next: z.url().nullable(),
      previous: z.url().nullable(),
      results: z.array(item),
    })
    .meta({ id })
}

/** An example of a list with a single page. */
export function onePage(...results: unknown[]) {
  return { count: results.length, next: null, previous: null, results }
}
