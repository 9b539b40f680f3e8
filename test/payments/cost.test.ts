import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { Db } from '../../src/db/client.ts'
import { D1Session } from '../../src/db/d1-session.ts'
import worker from '../../src/index.ts'
import { BACKLOG_NAMES } from '../../src/integrity/check-names.ts'
import { pieceSql } from '../../src/integrity/checks.ts'
import { takeMails } from '../../src/mail/queries.ts'
import { readNext } from '../../src/webhooks/make-deliveries.ts'
import { usageOf } from '../http.ts'
import { aCustomer, aProduct, aRegisteredCustomer, aWebhook, PASSWORD, theOwner } from '../shop.ts'
import { aDueOrder, aPaidOrder, opensPage, takePayments } from './paying-shop.ts'

takePayments()

/** Of each kind: more than a job reads at once. */
const ROWS = 2000

/** What a statement may read beside the rows that a list counts: few things are due, but they run triggers. */
const MOST_ROWS = 100

const DAY = 86_400_000

/** ROWS orders each, every one of another customer. `refunded`: the money has gone back. */
const KINDS = [
  { status: 'Delivered', paid: true },
  { status: 'Delivered', paid: true, refunded: true },
  { status: 'Shipped', paid: true },
  { status: 'Pending', paid: true },
  { status: 'Pending', paid: false },
  { status: 'Cancelled', paid: true, refunded: true },
  { status: 'Cancelled', paid: false },
]

const EACH = `WITH RECURSIVE each(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM each WHERE n < ${ROWS})`

const run = (statement: string) => env.DB.prepare(statement).run()

async function insertCustomers(old: number): Promise<void> {
  const now = Date.now()
  await run(`${EACH}
    INSERT INTO users (email, email_key, name, phone, password_hash, created_at)
    SELECT 'many-' || n, 'many-' || n, 'Ann', '1', '', ${old} FROM each`)
  await run(`${EACH}
    INSERT INTO users (email, name, phone, created_at) SELECT '', '', '', ${old} FROM each`)
  await run(`
    INSERT INTO sessions (user_id, is_staff, user_agent, created_at, refreshed_at, ends_at)
    SELECT id, 0, '', ${now}, ${now}, ${now + DAY} FROM users WHERE email_key IS NOT NULL`)
  await run(`INSERT INTO known_networks (user_id, network, last_at) SELECT id, 'a', ${now} FROM users`)
  await run(`
    INSERT INTO idempotency_keys (user_id, route, key, body_hash, created_at)
    SELECT id, 'a', 'a', 'a', ${now} FROM users`)
  await run(`
    INSERT INTO one_time_tokens (hash, purpose, user_id, email, email_key, expires_at)
    SELECT 'a' || id, 'reset_password', id, email, email_key, ${now + DAY} FROM users WHERE email_key IS NOT NULL`)
}

/** Payments and refunds change their state as in the shop, so that the triggers keep the sums of the orders. */
async function insertOrders(old: number): Promise<void> {
  for (const { status, paid, refunded = false } of KINDS) {
    const isNew = `order_id > (SELECT max(id) - ${ROWS} FROM orders)`
    await run(`
      INSERT INTO orders (
        user_id, email, total_cents, status, ship_name, ship_phone, due_by, paid_at, created_at, updated_at)
      SELECT id, 'ann@example.com', 1000, '${status}', 'Ann', '1', ${Date.now() + DAY}, ${paid ? old : null},
        ${old} + id, ${old}
      FROM users WHERE email_key IS ${refunded ? '' : 'NOT'} NULL LIMIT ${ROWS}`)
    await run(`
      INSERT INTO payments (order_id, amount_cents, currency, key, parameters, session_id, payment_intent, expires_at,
        check_at, created_at, changed_at)
      SELECT order_id, 1000, 'EUR', order_id, '{}', order_id, order_id, ${old}, ${old}, ${old}, ${old}
      FROM (SELECT id AS order_id FROM orders) WHERE ${isNew}`)
    const ended = paid
      ? `state = 'paid', received_cents = 1000, received_currency = 'EUR', accepted = 1`
      : `state = 'expired'`
    await run(`UPDATE payments SET ${ended} WHERE ${isNew}`)
    if (!refunded) continue
    await run(`
      INSERT INTO refunds (payment_id, order_id, amount_cents, currency, check_at, created_at, changed_at)
      SELECT id, order_id, 1000, 'EUR', ${old}, ${old}, ${old} FROM payments WHERE ${isNew}`)
    await run(`UPDATE refunds SET state = 'succeeded' WHERE ${isNew}`)
  }
  await run(`${EACH} INSERT INTO stripe_events (id, type, at) SELECT n, 'a', ${old} FROM each`)
  await run(`
    INSERT INTO order_events (order_id, user_id, to_status, at) SELECT id, user_id, 'Pending', ${old} FROM orders`)
}

async function insertProducts(old: number): Promise<void> {
  await run(`${EACH}
    INSERT INTO products (
      name, name_key, description, price_cents, stock, category_id, words_version, created_at, updated_at)
    SELECT name, name_key, '', 100, 1, category_id, words_version, ${old}, ${old}
    FROM each, (SELECT * FROM products LIMIT 1)`)
  await run(`
    INSERT INTO stock_movements (product_id, delta, stock_after, reason, at)
    SELECT id, 1, 1, 'initial', ${old} FROM products`)
  await run(`${EACH}
    INSERT INTO deleted_products (id, name, deleted_at) SELECT 100000 + n, 'a', ${old} FROM each`)
  await run(`
    INSERT INTO cart_items (user_id, product_id, quantity)
    SELECT (SELECT max(id) FROM users), id, 1 FROM deleted_products`)
  await run(`${EACH} INSERT INTO picture_files (sha256, unused_since) SELECT 'unused' || n, ${old} FROM each`)
  await run(`${EACH} INSERT INTO picture_files (sha256) SELECT n FROM each`)
  await run(`
    INSERT INTO product_pictures (product_id, position, sha256, extension, width, height, widths, alt)
    SELECT (SELECT max(id) FROM products), 1, sha256, 'webp', 1, 1, '[]', ''
    FROM picture_files WHERE unused_since IS NULL`)
}

/** An endpoint with the messages it took or refused, which gets no more. It and the mailer have read all events. */
async function insertMessages(old: number): Promise<void> {
  await aWebhook()
  await run(`UPDATE webhooks SET active = 1, types = '[]'`)
  for (const state of ['delivered', 'parked'])
    await run(`${EACH}
      INSERT INTO webhook_deliveries (webhook_id, message_id, type, body, state, retry_until, created_at)
      SELECT id, n, 'order.paid', '{}', '${state}', 0, ${old} FROM each, webhooks`)
  await run(`
    INSERT INTO webhook_attempts (delivery_id, at, milliseconds, answer)
    SELECT id, ${old}, 1, '' FROM webhook_deliveries`)
  await run(`
    INSERT INTO event_readers (name, position)
    SELECT 'mail', max(id) FROM order_events
    UNION ALL SELECT 'webhook-' || webhooks.id, max(order_events.id) FROM webhooks, order_events
    UNION ALL SELECT 'webhook-' || webhooks.id || '-stock', max(stock_movements.id) FROM webhooks, stock_movements`)
}

/** The statements that read more than MOST_ROWS, of those that `act` runs. */
async function costlyStatements(act: () => Promise<unknown>): Promise<string[]> {
  const batches = vi.spyOn(D1Session.prototype, 'batch')
  await act()
  const { calls, results } = batches.mock
  const costly: string[] = []
  for (const [index, [statements]] of calls.entries()) {
    for (const [place, { meta }] of ((await results[index]!.value) as D1Result[]).entries())
      if (meta.rows_read > MOST_ROWS) costly.push(`${meta.rows_read} rows: ${statements[place]!.sql}`)
  }
  expect(calls.length).toBeGreaterThan(0)
  batches.mockRestore()
  return costly
}

const runJob = (cron: string) =>
  worker.scheduled(createScheduledController({ cron, scheduledTime: new Date() }), env)

beforeAll(async () => {
  const old = Date.now() - 20 * DAY
  await aProduct()
  await insertCustomers(old)
  await insertOrders(old)
  await insertProducts(old)
  await insertMessages(old)
}, 60_000)

describe(`in a shop with ${ROWS} rows of each kind, none of them due`, () => {
  it('the minute job reads only what there is to do', async () => {
    const unpaid = (await aDueOrder()).order
    await run(`UPDATE orders SET due_by = 1 WHERE id = ${unpaid.id}`)
    const paying = await aDueOrder()
    await opensPage(paying.ann, paying.order)
    await run(`UPDATE payments SET check_at = 1 WHERE state = 'open'`)
    const owed = (await aPaidOrder()).order
    await run(`UPDATE orders SET status = 'Cancelled' WHERE id = ${owed.id}`)
    expect(await costlyStatements(() => runJob('* * * * *'))).toEqual([])
    const { results } = await run(`
      SELECT status, refunded_cents FROM orders WHERE id IN (${unpaid.id}, ${owed.id}) ORDER BY id`)
    expect(results).toEqual([
      { status: 'Cancelled', refunded_cents: 0 },
      { status: 'Cancelled', refunded_cents: 1000 },
    ])
  })

  it('the hourly job reads only what is overdue', async () => {
    await run(`INSERT INTO users (email, name, phone, created_at) VALUES ('', '', '', 0)`)
    expect(await costlyStatements(() => runJob('0 * * * *'))).toEqual([])
    expect((await run('SELECT id FROM users WHERE created_at = 0')).results).toEqual([])
  })

  it('the mailer and an endpoint read only what is new', async () => {
    const webhook = await env.DB.prepare('SELECT id FROM webhooks').first<number>('id')
    const read = async () => {
      await takeMails(new Db(env.DB), Date.now(), [], [])
      await readNext(new Db(env.DB), webhook!, Date.now(), [])
    }
    expect(await costlyStatements(read)).toEqual([])
  })

  it('the checks of backlogs read only what is overdue', async () => {
    const costly: string[] = []
    for (const name of BACKLOG_NAMES) {
      const { meta } = await run(pieceSql(name, 0, { now: Date.now() }))
      if (meta.rows_read > MOST_ROWS) costly.push(`${meta.rows_read} rows: ${name}`)
    }
    expect(costly).toEqual([])
  })

  it('the check of waiting mails reads no parked ones', async () => {
    await run(`${EACH}
      INSERT INTO mails (event_id, order_id, type, state, next_at, created_at)
      SELECT n, n, 'paid', iif(n = ${ROWS}, 'waiting', 'parked'), 0, 0 FROM each`)
    const { results, meta } = await run(pieceSql('waiting_mail_is_sent', 0, { now: Date.now() }))
    expect(results).toMatchObject([{ backlog: 1 }])
    expect(meta.rows_read).toBeLessThan(MOST_ROWS)
  })

  it('the check of stock reads the movements of a product once', async () => {
    await run(`${EACH}
      INSERT INTO stock_movements (product_id, delta, stock_after, reason, at)
      SELECT (SELECT min(id) FROM products), 0, 1, 'correction', 0 FROM each, each AS other LIMIT 20000`)
    const { results, meta } = await run(pieceSql('stock_is_sum_of_movements', 0, { now: Date.now() }))
    expect(results).toMatchObject([{ checked: 1000 }])
    expect(meta.rows_read).toBeLessThan(20_000 + 15 * 1000)
  })

  const filters = ['', 'user={stranger}', 'email={stranger}'].flatMap((customer) =>
    ['', 'status=Delivered', 'status=Cancelled'].flatMap((status) =>
      ['', 'created_after=2000-01-01T00:00:00Z&created_before=2100-01-01T00:00:00Z'].map((period) =>
        ['payment=', customer, status, period].filter(Boolean).join('&'),
      ),
    ),
  )
  it.each(filters)('the list of orders reads only those that it counts and shows: %s', async (filter) => {
    const [stranger, owner] = [await aCustomer(), await theOwner()]
    const query = filter
      .replace('user={stranger}', `user=${stranger.id}`)
      .replace('email={stranger}', `email=${stranger.email}`)
    for (const payment of ['paid', 'refunding', 'refunded', 'cancelled']) {
      const path = `/api/admin/orders/?${query.replace('payment=', `payment=${payment}`)}`
      const answer = await owner.call('GET', path)
      expect(answer.status).toBe(200)
      expect(usageOf(answer).rows_read, path).toBeLessThan(MOST_ROWS + answer.body.count)
    }
  })

  it.each(['due', 'cancelled'])(
    'the %s orders of a customer are read without the others',
    async (payment) => {
      const { id } = await aCustomer()
      await run(`${EACH}
      INSERT INTO orders (user_id, email, total_cents, status, ship_name, ship_phone, due_by, paid_at, created_at, updated_at)
      SELECT ${id}, '', 1000, 'Delivered', 'Ann', '1', 1, 1, n, n FROM each`)
      await run(`
      INSERT INTO orders (user_id, email, total_cents, status, ship_name, ship_phone, due_by, created_at, updated_at)
      SELECT ${id}, '', 1000, value, 'Ann', '1', ${Date.now() + DAY}, 1, 1 FROM json_each('["Pending", "Cancelled"]')`)
      const answer = await (await theOwner()).call('GET', `/api/admin/orders/?user=${id}&payment=${payment}`)
      expect(answer.body.results).toMatchObject([{ payment: { status: payment } }])
      expect(usageOf(answer).rows_read).toBeLessThan(MOST_ROWS)
    },
  )

  it.each([
    ['', 2],
    ['&status=Delivered', 1],
  ])(
    'the orders of a guest and an e-mail are read without those of other guests: %s',
    async (status, count) => {
      await run(`
        UPDATE orders SET guest_email_key = 'gus@example.com'
        WHERE user_id IN (SELECT id FROM users WHERE email_key IS NULL)`)
      const guest = await env.DB.prepare(
        `SELECT user_id FROM orders WHERE guest_email_key IS NOT NULL AND status = 'Delivered'`,
      ).first<number>('user_id')
      const path = `/api/admin/orders/?user=${guest}&email=gus@example.com${status}`
      const answer = await (await theOwner()).call('GET', path)
      expect(answer.body.results).toHaveLength(count)
      expect(usageOf(answer).rows_read).toBeLessThan(MOST_ROWS)
    },
  )

  it('the deletion of an account reads only what is its own', async () => {
    await run(`${EACH}
      INSERT INTO mails (event_id, order_id, type, state, next_at, created_at)
      SELECT -n, -n, 'paid', 'parked', 0, 0 FROM each`)
    const ann = await aRegisteredCustomer()
    const act = () => ann.call('DELETE', '/api/users/profile/', { body: { password: PASSWORD } })
    expect(await costlyStatements(act)).toEqual([])
  })

  it('an edit of an endpoint reads of its waiting messages only those that it counts', async () => {
    const [owner, { path }] = [await theOwner(), await aWebhook()]
    await run(`${EACH}
      INSERT INTO webhook_deliveries (webhook_id, message_id, type, body, state, retry_until, created_at)
      SELECT id, n, 'order.paid', '{}', 'waiting', 0, 0 FROM each, webhooks`)
    const answer = await owner.call('PATCH', path, { body: { types: ['order.placed'] } })
    expect(answer.body.waiting).toBe(1000)
    expect(usageOf(answer).rows_read).toBeLessThan(MOST_ROWS + 1000)
  })
})
