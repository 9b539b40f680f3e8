import { type Context, Hono } from 'hono'
import { requireStaff } from '../auth/require.ts'
import { Db } from '../db/client.ts'
import { InvalidRequest } from '../errors.ts'
import { wakeWebhooks } from '../events/wake.ts'
import { fieldError } from '../field-errors.ts'
import type { AppEnv } from '../http/app-env.ts'
import { IdParam } from '../http/fields.ts'
import { PageQuery } from '../http/page-query.ts'
import { Pager } from '../http/pagination.ts'
import { publicUrl } from '../http/public-url.ts'
import { validate } from '../http/validate.ts'
import {
  createWebhook,
  deleteWebhook,
  editWebhook,
  rotateSecret,
  sendAgain,
  sendTest,
} from './edit-webhook.ts'
import type { Webhook, WebhookDelivery, WebhookWithSecret } from './openapi.ts'
import { isPublicAddress } from './public-address.ts'
import {
  type DeliveryRow,
  getWebhook,
  listDeliveries,
  listWebhooks,
  type ShownWebhookRow,
} from './queries.ts'
import { CreateWebhookBody, ListDeliveriesQuery, UpdateWebhookBody } from './schema.ts'
import { announceWebhookChange } from './wake-webhooks.ts'

export const webhookRoutes = new Hono<AppEnv>()
  .use(requireStaff)
  .get('/', validate('query', PageQuery), async (c) => {
    const pager = new Pager(c, c.req.valid('query'))
    return c.json(pager.keyed(await listWebhooks(c.var.db, pager.request), ({ id }) => [id, id], toWebhook))
  })
  .post('/', validate('json', CreateWebhookBody), async (c) => {
    const body = c.req.valid('json')
    refuseOwnAddress(c, body.url)
    const webhook = await createWebhook(c.var.db, body, c.var.now)
    changed(c)
    return c.json(withSecret(webhook), 201, { Location: `/api/admin/webhooks/${webhook.id}/` })
  })
  .get('/:id', validate('param', IdParam), async (c) => {
    return c.json(toWebhook(await getWebhook(c.var.db, c.req.valid('param').id)))
  })
  .patch('/:id', validate('param', IdParam), validate('json', UpdateWebhookBody), async (c) => {
    const change = c.req.valid('json')
    if (change.url !== undefined) refuseOwnAddress(c, change.url)
    const webhook = await editWebhook(c.var.db, c.req.valid('param').id, change, c.var.now)
    changed(c)
    return c.json(toWebhook(webhook))
  })
  .delete('/:id', validate('param', IdParam), async (c) => {
    await deleteWebhook(c.var.db, c.req.valid('param').id)
    changed(c)
    return c.body(null, 204)
  })
  .post('/:id/secret', validate('param', IdParam), async (c) => {
    return c.json(withSecret(await rotateSecret(c.var.db, c.req.valid('param').id, c.var.now)))
  })
  .post('/:id/test', validate('param', IdParam), async (c) => {
    return asked(c, await sendTest(c.var.db, c.req.valid('param').id, c.var.now))
  })
  .get('/:id/deliveries', validate('param', IdParam), validate('query', ListDeliveriesQuery), async (c) => {
    const query = c.req.valid('query')
    const pager = new Pager(c, query, { isCountExact: false })
    const page = await listDeliveries(c.var.db, c.req.valid('param').id, query.state, pager.request)
    return c.json(pager.keyed(page, ({ id }) => [id, id], toDelivery))
  })
  .post('/deliveries/:id/send-again', validate('param', IdParam), async (c) =>
    asked(c, await sendAgain(c.var.db, c.req.valid('param').id)),
  )

/** An endpoint at the shop itself would receive its own events. */
function refuseOwnAddress(c: Context<AppEnv>, url: string): void {
  if (!isPublicAddress(url, publicUrl(c).href))
    throw new InvalidRequest({ url: [fieldError('not_public_address')] })
}

function changed(c: Context<AppEnv>): void {
  c.executionCtx.waitUntil(announceWebhookChange(new Db(c.env.DB), c.env))
}

function asked(c: Context<AppEnv>, delivery: DeliveryRow) {
  c.executionCtx.waitUntil(wakeWebhooks(c.env, [delivery.webhook_id]))
  return c.json(toDelivery(delivery), 202)
}

function toWebhook(row: ShownWebhookRow): Webhook {
  const isRetrying = row.failures > 0 && row.active === 1 && row.next_at > 0
  return {
    id: row.id,
    url: row.url,
    types: JSON.parse(row.types) as Webhook['types'],
    active: row.active === 1,
    gone: row.gone === 1,
    failures: row.failures,
    next_at: isRetrying ? new Date(row.next_at).toISOString() : null,
    waiting: row.waiting,
    parked: row.parked,
    created_at: new Date(row.created_at).toISOString(),
  }
}

/** The only two answers with the secret: of creation and of rotation. */
function withSecret(row: ShownWebhookRow): WebhookWithSecret {
  return { ...toWebhook(row), secret: row.secret }
}

function toDelivery({ attempts, created_at, ...row }: DeliveryRow): WebhookDelivery {
  const tried = JSON.parse(attempts) as (Omit<WebhookDelivery['attempts'][number], 'at'> & { at: number })[]
  return {
    ...row,
    type: row.type as WebhookDelivery['type'],
    created_at: new Date(created_at).toISOString(),
    attempts: tried.map(({ at, ...attempt }) => ({ at: new Date(at).toISOString(), ...attempt })),
  }
}
