import { createExecutionContext, createScheduledController, waitOnExecutionContext } from 'cloudflare:test'
import { env, exports } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { insertProducts, generateProduct, ensureCategories } from '../scripts/database/catalog.ts'
import { Db } from '../src/db/client.ts'
import { app } from '../src/app.ts'
import worker from '../src/index.ts'
import type { IntegrityResult } from '../src/integrity/openapi.ts'
import { cleanUp } from '../src/maintenance/clean-up.ts'
import { integrityViolations } from './integrity.ts'
import { type Answer, get, ORIGIN, post, usageOf } from './http.ts'
import {
  aCustomer,
  anOrder,
  aProduct,
  aRegisteredCustomer,
  PASSWORD,
  staffEdits,
  staffMoves,
  theOwner,
} from './shop.ts'

const HOUR = 3_600_000

/** Runs SQL that the shop itself never runs. */
const tamper = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run()

describe('GET /api/admin/products/{id}/movements/', () => {
  it('lists every change of the stock, newest first, even for a deleted product', async () => {
    const [ann, owner] = [await aCustomer(), await theOwner()]
    const product = await aProduct({ stock: 10 })
    const order = await anOrder(ann, product, 3)
    await staffEdits(product, { stock_delta: -1 })
    await staffEdits(product, { stock: 20 })
    await ann.cancels(order)
    await owner.call('DELETE', `/api/admin/products/${product.id}/`)

    const path = `/api/admin/products/${product.id}/movements/`
    const { body } = await owner.call('GET', `${path}?page_size=4`)

    expect(body.count).toBe(6)
    const { body: rest } = await owner.call('GET', body.next)
    const all = [...body.results, ...rest.results]
    const told = all.map(({ delta, stock_after, reason, order_id, actor }) => [
      delta,
      stock_after,
      reason,
      order_id,
      actor,
    ])
    expect(told).toEqual([
      [-23, 0, 'deletion', null, owner.email],
      [3, 23, 'cancellation', order.id, ann.email],
      [14, 20, 'stock-take', null, owner.email],
      [-1, 6, 'correction', null, owner.email],
      [-3, 7, 'order', order.id, ann.email],
      [10, 10, 'initial', null, owner.email],
    ])
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted((a, b) => b - a))
    expect(await owner.call('GET', '/api/admin/products/999999/movements/')).toBeProblem(404, 'not_found')
    expect(await ann.call('GET', path)).toBeProblem(403, 'not_staff')
  })
})

describe('GET /api/admin/orders/{id}/events/', () => {
  it('lists the events of an order with their actors', async () => {
    const [ann, owner] = [await aCustomer(), await theOwner()]
    const order = await anOrder(ann)
    await staffMoves(order, 'Shipped')
    await staffMoves(order, 'Shipped')
    const { body } = await owner.call('GET', `/api/admin/orders/${order.id}/events/`)
    expect(body.results).toMatchObject([
      { order_id: order.id, from: 'Pending', to: 'Shipped', actor: owner.email },
      { order_id: order.id, from: null, to: 'Pending', actor: ann.email, at: order.created_at },
    ])
    expect(await owner.call('GET', '/api/admin/orders/999999/events/')).toBeProblem(404, 'not_found')
    expect(await get(`/api/admin/orders/${order.id}/events/`)).toBeProblem(401, 'token_missing')
  })
})

describe('the integrity check', () => {
  it('finds nothing wrong in a used shop, and runs every check', async () => {
    const ann = await aCustomer()
    const product = await aProduct({ stock: 10 })
    const [kept, cancelled] = [await anOrder(ann, product), await anOrder(ann, product)]
    await ann.cancels(cancelled)
    await staffMoves(kept, 'Shipped')
    await (await theOwner()).call('DELETE', `/api/admin/products/${product.id}/`)
    await ann.adds(await aProduct())
    expect(await integrityViolations()).toEqual({})
  })

  it('runs in pieces', async () => {
    const category_ids = await ensureCategories(env.DB, ['Much'])
    const products = Array.from({ length: 2500 }, (_, n) => generateProduct(n, category_ids, 0))
    for (let n = 0; n < products.length; n += 500) await insertProducts(env.DB, products.slice(n, n + 500))
    const { access: token } = await theOwner()
    const first = await get('/api/admin/integrity/', { token })
    expect(first.body).toMatchObject({ check: 'stock_is_sum_of_movements', checked: 1000, violations: 0 })
    const second = await get(first.body.next, { token })
    expect(second.body).toMatchObject({ check: 'stock_is_sum_of_movements', checked: 1000 })
    const last = await env.DB.prepare('SELECT max(id) AS id FROM products').first<number>('id')
    await tamper('UPDATE products SET stock = stock + 1 WHERE id = ?', last)
    expect(await integrityViolations()).toEqual({ stock_is_sum_of_movements: [last] })
    await tamper('UPDATE products SET stock = stock - 1 WHERE id = ?', last)
  })

  it.each([
    [
      'stock_is_sum_of_movements',
      'products',
      'UPDATE products SET stock = stock + 1 WHERE id = ?',
      'UPDATE products SET stock = stock - 1 WHERE id = ?',
    ],
    [
      'draft_is_in_no_public_list',
      'products',
      'UPDATE products SET in_stock = in_stock + 2 WHERE id = ?',
      'UPDATE products SET in_stock = in_stock - 2 WHERE id = ?',
    ],
    [
      'order_total_is_sum_of_lines',
      'orders',
      'UPDATE orders SET total_cents = total_cents + 1 WHERE id = ?',
      'UPDATE orders SET total_cents = total_cents - 1 WHERE id = ?',
    ],
    [
      'order_status_is_last_event',
      'orders',
      "UPDATE orders SET status = 'Delivered' WHERE id = ?",
      "UPDATE orders SET status = 'Shipped' WHERE id = ?",
    ],
    [
      'open_orders_are_those_pending',
      'users',
      'UPDATE users SET open_units = open_units + 1 WHERE id = ?',
      'UPDATE users SET open_units = open_units - 1 WHERE id = ?',
    ],
  ])('finds a violation of %s', async (check, table, break_it, mend_it) => {
    await staffMoves(await anOrder(), 'Shipped')
    await aCustomer()
    const id = await env.DB.prepare(`SELECT max(id) AS id FROM ${table}`).first<number>('id')
    await tamper(break_it, id)
    expect(await integrityViolations()).toEqual({ [check]: [id] })
    await tamper(mend_it, id)
    expect(await integrityViolations()).toEqual({})
  })

  it('counts what the hourly job should have deleted, and finds nothing wrong with it', async () => {
    const { id, session_id } = await aCustomer()
    const { access: token } = await theOwner()
    const backlogs = async () => {
      const found: Record<string, number> = {}
      for (let next: string | null = '/api/admin/integrity/?check=unpaid_order_ends'; next !== null;) {
        const answer: Answer & { body: IntegrityResult } = await get(next, { token })
        const { body } = answer
        expect([body.violations, body.first_ids]).toEqual([0, []])
        expect(usageOf(answer).rows_read).toBeLessThan(1010)
        found[body.check] = body.backlog
        next = body.next
      }
      return found
    }
    const none = {
      ended_session_is_removed: 0,
      ended_guest_is_removed: 0,
      expired_key_is_removed: 0,
      unpaid_order_ends: 0,
      unused_network_is_removed: 0,
      expired_token_is_removed: 0,
      lost_stream_is_removed: 0,
      applied_stripe_event_is_removed: 0,
      line_of_deleted_product_is_removed: 0,
      name_of_deleted_product_is_removed: 0,
      old_audit_entry_is_removed: 0,
      waiting_mail_is_sent: 0,
      parked_mail_is_removed: 0,
      unused_picture_is_removed: 0,
      old_webhook_delivery_is_removed: 0,
    }
    const longAgo = Date.now() - 181 * 24 * HOUR
    const now = Date.now()
    await tamper('UPDATE sessions SET ends_at = ? WHERE id = ?', now - 24.5 * HOUR, session_id)
    await tamper("INSERT INTO known_networks VALUES (?, 'n', ?)", id, now - 180 * 24 * HOUR)
    await insertOldKeys(1, now - 24.5 * HOUR)
    await tamper("INSERT INTO listening_streams VALUES ('customer-1', ?)", now - 23.5 * HOUR)
    expect(await backlogs()).toEqual(none)
    await tamper('UPDATE sessions SET ends_at = ? WHERE id = ?', now - 26 * HOUR, session_id)
    await tamper('UPDATE known_networks SET last_at = ?', longAgo)
    await tamper(
      "INSERT INTO one_time_tokens (hash, purpose, user_id, email, email_key, expires_at) VALUES ('h', 'reset_password', ?, 'a', 'a', ?)",
      id,
      now - 2 * HOUR,
    )
    await tamper(
      "INSERT INTO one_time_tokens VALUES ('w', 'restore_email', ?1, 'a', 'a', ?2, ?3), ('x', 'restore_email', ?1, 'a', 'a', ?2, ?4)",
      id,
      now + 24 * HOUR,
      now - 2 * HOUR,
      now - 0.5 * HOUR,
    )
    await tamper('UPDATE listening_streams SET at = ?', now - 26 * HOUR)
    await insertOldKeys(1500)
    await insertOldEntries(2)
    await tamper(
      "INSERT INTO deleted_products VALUES (?, 'Sencha', ?), (?, 'Kettle', ?)",
      900_001,
      longAgo,
      900_002,
      longAgo,
    )
    await tamper('INSERT INTO cart_items (user_id, product_id, quantity) VALUES (?, 900001, 1)', id)
    await tamper(
      `INSERT INTO mails (event_id, order_id, type, state, next_at, created_at)
       VALUES (900001, 1, 'placed', 'waiting', 0, ?), (900002, 1, 'placed', 'parked', 0, ?), (900003, 1, 'placed', 'parked', 0, ?)`,
      now - 2 * HOUR,
      now - 89 * 24 * HOUR,
      now - 91 * 24 * HOUR,
    )
    expect(await backlogs()).toEqual({
      ...none,
      ended_session_is_removed: 1,
      expired_key_is_removed: 1000,
      unused_network_is_removed: 1,
      expired_token_is_removed: 1,
      waiting_mail_is_sent: 2,
      parked_mail_is_removed: 1,
      lost_stream_is_removed: 1,
      line_of_deleted_product_is_removed: 1,
      name_of_deleted_product_is_removed: 1,
    })
    await tamper('DELETE FROM listening_streams')
    const headers = { Authorization: `Bearer ${token}` }
    const retaining = { ...env, RETAIN_AUDIT_DAYS: '30' }
    const audit = new Request(`${ORIGIN}/api/admin/integrity/?check=old_audit_entry_is_removed`, { headers })
    const answer = await app.fetch(audit, retaining, createExecutionContext())
    expect(await answer.json()).toMatchObject({ violations: 0, backlog: 2 })
    await cleanUp(new Db(env.DB), { now: Date.now(), retain_audit_days: 30 })
    await tamper("DELETE FROM mails WHERE state = 'waiting'") // only the mailer does
    await tamper("DELETE FROM one_time_tokens WHERE hash IN ('w', 'x')") // they have not expired
    expect(await backlogs()).toEqual(none)
  })

  it('finds stock that was deleted with its product, without a movement', async () => {
    const product = await aProduct({ stock: 5 })
    await tamper('DELETE FROM products WHERE id = ?', product.id)
    expect(await integrityViolations()).toEqual({ stock_is_sum_of_movements: [product.id] })
    await tamper(
      "INSERT INTO stock_movements (product_id, delta, stock_after, reason, at) VALUES (?, -5, 0, 'deletion', 0)",
      product.id,
    )
    expect(await integrityViolations()).toEqual({})
  })

  it('requires staff', async () => {
    expect(await get('/api/admin/integrity/')).toBeProblem(401, 'token_missing')
    expect(await (await aCustomer()).call('GET', '/api/admin/integrity/')).toBeProblem(403, 'not_staff')
    const { access: token } = await theOwner()
    expect(await get('/api/admin/integrity/?check=all', { token })).toBeProblem(400, 'invalid_request', {
      errors: { check: [expect.any(String)] },
    })
  })
})

describe('the hourly job', () => {
  const runs = async (scheduledTime: number) => {
    const context = createExecutionContext()
    await worker.scheduled(createScheduledController({ scheduledTime: new Date(scheduledTime) }), env)
    await waitOnExecutionContext(context)
  }
  const count = (table: string) => env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<number>('n')

  it('is what the Worker exports', () => {
    expect(exports.default).toHaveProperty('scheduled')
  })

  it('deletes idempotency keys after a day, and not before', async () => {
    const ann = await aCustomer()
    await ann.adds(await aProduct())
    await ann.orders(undefined, { 'Idempotency-Key': 'a' })
    await runs(Date.now() + 23 * HOUR)
    expect(await count('idempotency_keys')).toBe(1)
    await runs(Date.now() + 24 * HOUR + 1000)
    expect(await count('idempotency_keys')).toBe(0)
  })

  it('removes sessions a day after their end: revoked, idle or past their thirty days', async () => {
    const people = [await aCustomer(), await aCustomer(), await aCustomer(), await aCustomer()] as const
    const [revoked, idle, over, live] = people
    const now = Date.now()
    await tamper('DELETE FROM sessions WHERE id < ?', revoked.session_id)
    await tamper('UPDATE sessions SET revoked_at = ? WHERE id = ?', now - 24 * HOUR, revoked.session_id)
    await tamper('UPDATE sessions SET refreshed_at = ? WHERE id = ?', now - 48 * HOUR, idle.session_id)
    await tamper('UPDATE sessions SET ends_at = ? WHERE id = ?', now - 24 * HOUR, over.session_id)
    await runs(now - 1)
    expect(await count('sessions')).toBe(4)
    await runs(now)
    expect(await count('sessions')).toBe(1)
    expect((await live.call('GET', '/api/cart/')).status).toBe(200)
    expect(await post('/api/token/refresh/', { refresh: idle.refresh })).toBeProblem(401, 'token_revoked')
  })

  it('works until nothing is left, and says what it deleted', async () => {
    await insertOldKeys(60_000)
    const { deleted, backlog } = await cleanUp(new Db(env.DB), { now: Date.now() })
    expect(deleted.idempotency_keys).toBe(60_000)
    expect(backlog).toEqual({})
    expect(await count('idempotency_keys')).toBe(0)
  })

  it('deletes events of Stripe a month after they were applied', async () => {
    const daysAgo = (days: number) => Date.now() - days * 86_400_000
    const insert = env.DB.prepare('INSERT INTO stripe_events (id, type, at) VALUES (?, ?, ?)')
    await env.DB.batch([insert.bind('evt_old', 'x', daysAgo(31)), insert.bind('evt_new', 'x', daysAgo(29))])
    expect((await cleanUp(new Db(env.DB), { now: Date.now() })).deleted).toMatchObject({ stripe_events: 1 })
    const { results } = await env.DB.prepare('SELECT id FROM stripe_events').all()
    expect(results).toEqual([{ id: 'evt_new' }])
  })

  it('ends when its time is used up, says how much waits, and the next run goes on', async () => {
    await insertOldKeys(2500)
    await insertOldEntries(20)
    const now = Date.now()
    const cleaned = (days: number | undefined) =>
      cleanUp(new Db(env.DB), { now, retain_audit_days: days }, { budget_milliseconds: 0 })
    const keys = {
      idempotency_keys: 2500,
      sessions: 0,
      listening_streams: 0,
      users: 0,
      stripe_events: 0,
      known_networks: 0,
      mails: 0,
      webhook_deliveries: 0,
      one_time_tokens: 0,
      cart_items: 0,
      deleted_products: 0,
    }
    expect(await cleaned(undefined)).toEqual({ deleted: {}, backlog: { ...keys, audit_log: 0 } })
    expect(await cleaned(30)).toEqual({ deleted: {}, backlog: { ...keys, audit_log: 20 } })
    const info = vi.spyOn(console, 'info')
    await runs(Date.now())
    const line = JSON.parse(info.mock.lastCall![0] as string)
    expect(line).toMatchObject({ job: 'hourly', deleted: { idempotency_keys: 2500 }, backlog: {} })
  })
})

describe('a past of many sessions', () => {
  it('makes a log-in read no more than any other', async () => {
    const ann = await aRegisteredCustomer()
    const logIn = () => post('/api/token/', { email: ann.email, password: PASSWORD })
    const before = usageOf(await logIn()).rows_read
    await env.DB.prepare(
      `INSERT INTO sessions (user_id, is_staff, user_agent, created_at, refreshed_at, ends_at, revoked_at)
       SELECT ?, 0, '', 1, 1, 1, 1 FROM json_each(?)`,
    )
      .bind(ann.id, JSON.stringify(Array.from({ length: 3000 }, () => 0)))
      .run()
    expect(usageOf(await logIn()).rows_read).toBeLessThan(before + 10)
    expect(usageOf(await ann.call('GET', '/api/users/sessions/')).rows_read).toBeLessThan(30)
  })
})

function insertOldKeys(count: number, created_at = 0) {
  return env.DB.prepare(
    `INSERT INTO idempotency_keys (user_id, route, key, body_hash, created_at)
     SELECT 0, ?, value, '', ? FROM json_each(?)`,
  )
    .bind(String(created_at), created_at, JSON.stringify(Array.from({ length: count }, (_, n) => `k${n}`)))
    .run()
}

/** Entries of the audit log older than any other. */
async function insertOldEntries(count: number): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO audit_log (id, method, path, at)
     SELECT (SELECT min(0, ifnull(min(id), 0)) FROM audit_log) - 1 - value, 'COMMAND', 'old', 0 FROM json_each(?)`,
  )
    .bind(JSON.stringify(Array.from({ length: count }, (_, n) => n)))
    .run()
}
