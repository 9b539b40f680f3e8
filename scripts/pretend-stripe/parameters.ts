import { type Schema, Validator } from '@cfworker/json-schema'
import type Stripe from 'stripe'
import { ApiError } from './api-error.ts'
import { decodeForm, typed } from './form.ts'
import refundSchema from './schemas/refund-create-params.json' with { type: 'json' }
import sessionSchema from './schemas/session-create-params.json' with { type: 'json' }

/** Seconds from creation to `expires_at`: Stripe takes 30 minutes to 24 hours. */
const LEAST_SECONDS = 30 * 60
const MOST_SECONDS = 24 * 60 * 60
/**
 * In minor units, of the currencies that tests pay in: Stripe refuses smaller totals, and those of more than eight
 * digits.
 */
const LEAST_AMOUNT: Record<string, number> = {
  gbp: 30,
  dkk: 250,
  nok: 300,
  sek: 300,
  pln: 200,
  czk: 1500,
  ron: 200,
}
const MOST_AMOUNT = 99_999_999

/** Parses the form of a POST by one of the schemas. */
function parserOf(schema: Schema): (form: string) => unknown {
  const validator = new Validator(schema, '7', true)
  return (form) => {
    const params = typed(decodeForm(form), schema, schema)
    const { valid, errors } = validator.validate(params)
    if (valid) return params
    const { keyword, instanceLocation, error } = errors.at(-1)!
    const param = paramOf(instanceLocation)
    if (/additionalProperties|false/.test(keyword))
      throw invalid(`Received unknown parameter: ${param}`, param, 'parameter_unknown')
    throw invalid(`Invalid ${param || 'request'}: ${error}`, param)
  }
}

/** Stripe's name for a place: `#/line_items/0/quantity` is `line_items[0][quantity]`. */
function paramOf(location: string): string {
  const [first, ...rest] = location.split('/').slice(1)
  return [first, ...rest.map((key) => `[${key}]`)].join('')
}

function invalid(message: string, param: string, code?: string): ApiError {
  return new ApiError(400, message, { param, ...(code === undefined ? {} : { code }) })
}

const parseSession = parserOf(sessionSchema)
const parseRefund = parserOf(refundSchema)

/**
 * Parses and checks the parameters of a session in payment mode, with prices of its own (`price_data`). Other ways
 * to sell exist at Stripe but not here.
 */
export function sessionParams(form: string, now: number): Stripe.Checkout.SessionCreateParams {
  const params = parseSession(form) as Stripe.Checkout.SessionCreateParams
  if (params.mode !== 'payment') throw invalid('Only mode payment is imitated.', 'mode')
  if (!params.success_url) throw invalid('Missing required param: success_url.', 'success_url', MISSING)
  for (const name of ['success_url', 'cancel_url'] as const)
    if (params[name] !== undefined && !/^https?:\/\/[^/]/.test(params[name]))
      throw invalid('Not a valid URL', name, 'url_invalid')
  requireLength(params.client_reference_id, 200, 'client_reference_id')
  requireMetadata(params.metadata)
  requireMetadata(params.payment_intent_data?.metadata)
  requireLines(params.line_items)
  const seconds = Math.floor(now / 1000)
  const life = (params.expires_at ?? seconds + MOST_SECONDS) - seconds
  if (life < LEAST_SECONDS || life > MOST_SECONDS)
    throw invalid(
      'The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation.',
      'expires_at',
    )
  return params
}

const MISSING = 'parameter_missing'

function requireLines(lines: Stripe.Checkout.SessionCreateParams['line_items']): void {
  if (!lines?.length) throw invalid('Missing required param: line_items.', 'line_items', MISSING)
  if (lines.length > 100) throw invalid('You may only specify up to 100 line items.', 'line_items')
  for (const [index, { price_data, quantity }] of lines.entries()) {
    const param = `line_items[${index}]`
    if (!price_data?.product_data?.name)
      throw invalid('Missing required param.', `${param}[price_data][product_data][name]`, MISSING)
    if (!Number.isInteger(price_data.unit_amount) || price_data.unit_amount! < 0)
      throw invalid(
        'Invalid non-negative integer',
        `${param}[price_data][unit_amount]`,
        'parameter_invalid_integer',
      )
    if (!Number.isInteger(quantity) || quantity! < 1)
      throw invalid('Invalid positive integer', `${param}[quantity]`, 'parameter_invalid_integer')
  }
  if (new Set(lines.map(({ price_data }) => price_data!.currency)).size > 1)
    throw invalid('All prices on a Checkout Session must have the same currency.', 'line_items')
  const total = totalOf(lines)
  const least = LEAST_AMOUNT[lines[0]!.price_data!.currency] ?? 50
  if (total < least)
    throw new ApiError(400, `The Checkout Session's total amount due must add up to at least ${least}.`, {
      code: 'amount_too_small',
    })
  if (total > MOST_AMOUNT)
    throw new ApiError(400, `The Checkout Session's total amount due must be no more than ${MOST_AMOUNT}.`, {
      code: 'amount_too_large',
    })
}

/** In minor units. */
export function totalOf(lines: Stripe.Checkout.SessionCreateParams['line_items']): number {
  return lines!.reduce((sum, { price_data, quantity }) => sum + price_data!.unit_amount! * quantity!, 0)
}

export function refundParams(form: string): Stripe.RefundCreateParams {
  const params = parseRefund(form) as Stripe.RefundCreateParams
  if (!params.payment_intent)
    throw invalid('Missing required param: payment_intent.', 'payment_intent', MISSING)
  if (params.amount !== undefined && !(Number.isInteger(params.amount) && params.amount > 0))
    throw invalid('Invalid positive integer', 'amount', 'parameter_invalid_integer')
  requireMetadata(params.metadata)
  return params
}

export interface ListParams {
  payment_intent?: string
  status?: string
  limit: number
  starting_after?: string
}

/** Parameters that only the list of events reads (`eventListParams`). */
const ofEvents = /^(created|types)\[/

/** The query of a list. */
export function listParams(query: Record<string, string>): ListParams {
  const { payment_intent, status, limit, starting_after, ...rest } = query
  const unknown = Object.keys(rest).find((name) => !ofEvents.test(name))
  if (unknown !== undefined)
    throw invalid(`Received unknown parameter: ${unknown}`, unknown, 'parameter_unknown')
  const most = Number(limit ?? 10)
  if (!Number.isInteger(most) || most < 1 || most > 100) throw invalid('Invalid limit', 'limit')
  return {
    limit: most,
    ...(payment_intent === undefined ? {} : { payment_intent }),
    ...(status === undefined ? {} : { status }),
    ...(starting_after === undefined ? {} : { starting_after }),
  }
}

export interface EventListParams {
  /** In seconds. */
  from: number
  to: number
  types: string[] | undefined
}

/** The parameters that only the list of events has. */
export function eventListParams(query: string): EventListParams {
  const { created, types } = decodeForm(query) as { created?: Record<string, string>; types?: object }
  const { gte = 0, lte = Infinity, ...others } = created ?? {}
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw invalid('Not imitated.', `created[${unknown}]`)
  const listed = types && (Object.values(types) as string[])
  if (listed && listed.length > 20) throw invalid('You may only specify up to 20 types.', 'types')
  return { from: Number(gte), to: Number(lte), types: listed }
}

/** For endpoints whose only parameter is `expand`, which the shop does not use. */
export function noParams(form: string): void {
  const unknown = Object.keys(decodeForm(form))[0]
  if (unknown !== undefined)
    throw invalid(`Received unknown parameter: ${unknown}`, unknown, 'parameter_unknown')
}

/** Metadata as Stripe stores it: numbers become strings. */
export function metadataOf(params: Stripe.MetadataParam | '' | null | undefined): Stripe.Metadata {
  return Object.fromEntries(Object.entries(params || {}).map(([key, value]) => [key, String(value)]))
}

function requireMetadata(metadata: Stripe.MetadataParam | '' | null | undefined): void {
  const entries = Object.entries(metadata || {})
  if (entries.length > 50) throw invalid('Metadata can have up to 50 keys.', 'metadata')
  for (const [key, value] of entries) {
    requireLength(key, 40, `metadata[${key}]`)
    requireLength(String(value), 500, `metadata[${key}]`)
  }
}

function requireLength(text: string | undefined, most: number, param: string): void {
  if (text !== undefined && text.length > most)
    throw invalid(`Invalid string: must be at most ${most} characters`, param, 'parameter_invalid_string')
}
