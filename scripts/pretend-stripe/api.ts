import { type Context, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Account } from './account.ts'
import { ApiError, internalError, notFound } from './api-error.ts'
import { API_VERSION, type Events } from './events.ts'
import type { ApiFault } from './faults.ts'
import { executeOnce } from './idempotency.ts'
import { newId } from './objects.ts'
import {
  eventListParams,
  type ListParams,
  listParams,
  noParams,
  refundParams,
  sessionParams,
} from './parameters.ts'
import type { State } from './state.ts'

export interface ApiOptions {
  secretKey: string
  /** In milliseconds. */
  now: () => number
  /** Awaited while each POST executes. */
  pause: () => (() => Promise<void>) | undefined
}

interface Env {
  /** Of this call. */
  Bindings: { fault: ApiFault | undefined }
}

type Call = Context<Env>

/** Stripe's API, as far as the shop calls it. */
export function api(
  account: Account,
  events: Events,
  state: State,
  { secretKey, now, pause }: ApiOptions,
): Hono<Env> {
  /** Answers a POST. `prepare` checks the parameters and returns the effect. */
  const post = (prepare: (form: string, c: Call, key: string | null) => () => unknown) => async (c: Call) => {
    const form = new TextDecoder().decode(await c.req.arrayBuffer()) // text() warns of forms in workerd
    const key = c.req.header('Idempotency-Key')
    const { status, body, replayed } = await executeOnce(state.requests, {
      key,
      fingerprint: `${c.req.path}?${form}`,
      now: now(),
      fault: c.env.fault,
      prepare: () => prepare(form, c, key ?? null),
      pause: pause(),
    })
    if (key !== undefined) c.header('idempotency-key', key)
    if (replayed) c.header('idempotent-replayed', 'true')
    return c.json(body, status as ContentfulStatusCode)
  }
  const get = (read: (c: Call) => unknown) => (c: Call) => {
    if (c.env.fault?.startsWith('500')) throw internalError()
    return c.json(read(c) as object)
  }

  return new Hono<Env>()
    .use('/v1/*', async (c, next) => {
      c.header('request-id', newId('req_')) // in lower case, as the SDK reads it
      if (c.env.fault === '429')
        throw new ApiError(429, 'Request rate limit exceeded.', { code: 'rate_limit' })
      if (c.req.header('Authorization') !== `Bearer ${secretKey}`)
        throw new ApiError(401, 'Invalid API Key provided.')
      if (c.req.header('Stripe-Version') !== API_VERSION)
        throw new ApiError(400, `Only the API version ${API_VERSION} is imitated.`)
      await next()
    })
    .post(
      '/v1/checkout/sessions',
      post((form) => {
        const params = sessionParams(form, now())
        return () => account.createSession(params)
      }),
    )
    .get(
      '/v1/checkout/sessions',
      get((c) => page(c, (params) => account.sessions(params))),
    )
    .get(
      '/v1/checkout/sessions/:id',
      get((c) => account.session(c.req.param('id')!)),
    )
    .post(
      '/v1/checkout/sessions/:id/expire',
      post((form, c, key) => {
        noParams(form)
        const { id } = account.session(c.req.param('id')!)
        return () => account.expireSession(id, key)
      }),
    )
    .get(
      '/v1/payment_intents/:id',
      get((c) => account.intent(c.req.param('id')!)),
    )
    .post(
      '/v1/refunds',
      post((form, _, key) => {
        const params = refundParams(form)
        return () => account.createRefund(params, key)
      }),
    )
    .get(
      '/v1/refunds',
      get((c) => page(c, ({ payment_intent }) => account.refunds(payment_intent))),
    )
    .get(
      '/v1/refunds/:id',
      get((c) => account.refund(c.req.param('id')!)),
    )
    .get(
      '/v1/disputes',
      get((c) => page(c, ({ payment_intent }) => account.disputes(payment_intent))),
    )
    .get(
      '/v1/disputes/:id',
      get((c) => account.dispute(c.req.param('id')!)),
    )
    .get(
      '/v1/events',
      get((c) => {
        const { search } = new URL(c.req.url)
        return page(c, () => events.list(eventListParams(search)))
      }),
    )
    .all('/v1/*', (c) => {
      throw new ApiError(404, `Unrecognized request URL (${c.req.method}: ${c.req.path}).`)
    })
    .onError((error, c) => {
      if (!(error instanceof ApiError)) throw error
      return c.json({ error: error.error }, error.status as ContentfulStatusCode)
    })
}

/** A page of a list, newest first. */
function page<Item extends { id: string }>(c: Call, list: (params: ListParams) => Item[]) {
  const params = listParams(c.req.query())
  const items = list(params)
  const before = items.findIndex(({ id }) => id === params.starting_after)
  if (params.starting_after !== undefined && before < 0) throw notFound('object', params.starting_after, 400)
  const data = items.slice(before + 1, before + 1 + params.limit)
  return { object: 'list', url: c.req.path, has_more: before + 1 + data.length < items.length, data }
}
