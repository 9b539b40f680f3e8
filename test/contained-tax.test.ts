import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { sql } from 'kysely'
import { beforeAll, describe, expect, it } from 'vitest'
import { toTaxes } from '../src/contained-tax.ts'
import { Db } from '../src/db/client.ts'
import { pieceSql } from '../src/integrity/checks.ts'
import { MAX_CENTS, toCents } from '../src/money.ts'
import { toOrder } from '../src/orders/order.ts'
import { newestOrder, selectOrders } from '../src/orders/queries.ts'
import { splitDelivery, taxDelivery, taxLines } from '../src/orders/tax-order.ts'
import { aCustomer } from './shop.ts'

interface Line {
  product_id: number
  rate: number | null
  quantity: number
  price_cents: number
}

let user_id: number

beforeAll(async () => {
  user_id = (await aCustomer()).id
})

/** Inserts an order with these lines, in this order, and taxes it as placing does. */
async function taxed(lines: readonly Line[], delivery_cents: number | null) {
  const hasDelivery = delivery_cents !== null
  const total = lines.reduce((sum, { quantity, price_cents }) => sum + quantity * price_cents, 0)
  const results = await new Db(env.DB).batch([
    sql`
      INSERT INTO orders (user_id, total_cents, ship_name, ship_phone, delivery_name, delivery_cents, created_at, updated_at)
      VALUES (${user_id}, ${total + (delivery_cents ?? 0)}, '', '', ${hasDelivery ? 'Parcel' : null}, ${delivery_cents ?? 0}, 1, 1)`,
    sql`
      INSERT INTO order_lines (order_id, product_id, product_name, quantity, price_cents, tax_rate)
      SELECT ${newestOrder}, value ->> 'product_id', '', value ->> 'quantity', value ->> 'price_cents', value ->> 'rate'
      FROM json_each(${JSON.stringify(lines)})`,
    ...(hasDelivery ? [splitDelivery()] : []),
    taxLines(hasDelivery),
    ...(hasDelivery ? [taxDelivery()] : []),
    selectOrders().where('orders.id', '=', newestOrder),
    sql`SELECT delivery_parts FROM orders WHERE id = ${newestOrder}`,
  ])
  const [[row], [{ delivery_parts }]] = results.slice(-2) as [
    [Parameters<typeof toOrder>[0]],
    [{ delivery_parts: string | null }],
  ]
  const parts: { rate: number | null; cents: number; tax_cents: number | null }[] = JSON.parse(
    delivery_parts ?? '[]',
  )
  return { order: toOrder(row), parts }
}

async function violations(check: 'order_taxes_are_those_of_its_sums' | 'order_delivery_is_sum_of_parts') {
  const last = (await env.DB.prepare('SELECT max(id) AS id FROM orders').first<number>('id'))! - 1
  const piece = await env.DB.prepare(pieceSql(check, last, { now: 1 })).first<{ violations: number }>()
  return piece!.violations
}

/** Half a cent up. */
function taxIn(gross: number, rate: number): number {
  const divisor = 10_000n + BigInt(rate)
  return Number((2n * BigInt(gross) * BigInt(rate) + divisor) / (2n * divisor))
}

/** What is left when the tax of one amount is rounded down. */
const remainderOf = (gross: number, rate: number) =>
  Number((BigInt(gross) * BigInt(rate)) % (10_000n + BigInt(rate)))

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0)

const rate = fc.oneof(fc.constantFrom(null, 0, 700, 1900, 10_000), fc.integer({ min: 0, max: 10_000 }))
const price_cents = fc.oneof(
  fc.integer({ min: 0, max: 200 }),
  fc.integer({ min: 0, max: 99_999 }),
  fc.constantFrom(0, 90_000_000),
)
const anyCart = fc.uniqueArray(
  fc.record({
    product_id: fc.integer({ min: 1, max: 1000 }),
    rate,
    quantity: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.constant(100)),
    price_cents,
  }),
  { minLength: 1, maxLength: 8, selector: ({ product_id }) => product_id },
)
const goodsOf = (each: readonly { quantity: number; price_cents: number }[]) =>
  sumOf(each.map(({ quantity, price_cents: price }) => quantity * price))
const cart = anyCart.filter((each) => goodsOf(each) <= MAX_CENTS - 9_999_999)
const delivery = fc.oneof(fc.constantFrom(null, 0, 1, 490, 9_999_999), fc.integer({ min: 0, max: 2000 }))

describe('the tax of an order', () => {
  it('agrees to the cent, by rate, line and total, whatever is bought', async () => {
    await fc.assert(
      fc.asyncProperty(cart, delivery, async (lines, delivery_cents) => {
        const { order, parts } = await taxed(lines, delivery_cents)
        const goods = goodsOf(lines)
        expect(sumOf(parts.map(({ cents }) => cents))).toBe(delivery_cents ?? 0)
        for (const part of parts) {
          const weight = goodsOf(lines.filter((line) => line.rate === part.rate))
          const exact = goods === 0 ? part.cents : (delivery_cents! * weight) / goods
          expect(Math.abs(part.cents - exact)).toBeLessThan(1.001)
          expect(part.cents).toBeGreaterThanOrEqual(0)
        }

        const rates = [...new Set(lines.flatMap((line) => line.rate ?? []))].toSorted((a, b) => b - a)
        expect(order.taxes.map((tax) => toCents(tax.rate))).toEqual(rates)
        for (const [index, each] of rates.entries()) {
          const rows = [
            ...lines.flatMap((line, at) =>
              line.rate === each
                ? [{ gross: line.quantity * line.price_cents, tax: toCents(order.items[at]!.tax!)! }]
                : [],
            ),
            ...parts.flatMap((part) =>
              part.rate === each ? [{ gross: part.cents, tax: part.tax_cents! }] : [],
            ),
          ]
          const gross = sumOf(rows.map((row) => row.gross))
          const { net, tax } = order.taxes[index]!
          expect(toCents(tax)).toBe(taxIn(gross, each))
          expect(toCents(net)).toBe(gross - taxIn(gross, each))
          expect(sumOf(rows.map((row) => row.tax))).toBe(taxIn(gross, each))
          const floors = rows.map((row) => {
            const remainder = remainderOf(row.gross, each)
            const up = row.tax - (row.gross * each - remainder) / (10_000 + each)
            expect([0, 1]).toContain(up)
            expect(row.tax).toBeLessThanOrEqual(row.gross)
            return { remainder, up }
          })
          const [up, down] = [1, 0].map((n) =>
            floors.filter((row) => row.up === n).map((row) => row.remainder),
          )
          expect(Math.min(...up!)).toBeGreaterThanOrEqual(Math.max(...down!)) // the largest remainders go up
        }
        for (const [at, line] of lines.entries())
          if (line.rate === null) expect(order.items[at]).toMatchObject({ tax_rate: null, tax: null })
        expect(await violations('order_taxes_are_those_of_its_sums')).toBe(0)
        expect(await violations('order_delivery_is_sum_of_parts')).toBe(0)
      }),
      { numRuns: 150 },
    )
  }, 120_000)

  it('does not depend on the order of the lines', async () => {
    const shuffled = cart.chain((lines) =>
      fc.tuple(fc.constant(lines), fc.shuffledSubarray(lines, { minLength: lines.length })),
    )
    await fc.assert(
      fc.asyncProperty(shuffled, delivery, async ([lines, others], delivery_cents) => {
        const [one, other] = [await taxed(lines, delivery_cents), await taxed(others, delivery_cents)]
        const byProduct = ({ order }: typeof one) =>
          order.items.map(({ product_id, tax }) => [product_id, tax] as const).toSorted(([a], [b]) => a - b)
        expect(byProduct(other)).toEqual(byProduct(one))
        expect([other.order.taxes, other.parts]).toEqual([one.order.taxes, one.parts])
      }),
      { numRuns: 100 },
    )
  }, 120_000)

  it('is that of the cart, if nothing is paid for delivery', async () => {
    await fc.assert(
      fc.asyncProperty(cart, async (lines) => {
        const { order } = await taxed(lines, null)
        const amounts = lines.map((line) => ({ rate: line.rate, gross: line.quantity * line.price_cents }))
        expect(order.taxes).toEqual(toTaxes(amounts))
      }),
      { numRuns: 100 },
    )
  }, 60_000)

  it('is that of an invoice', async () => {
    const lines = [
      { product_id: 1, rate: 1900, quantity: 1, price_cents: 1000 },
      { product_id: 2, rate: 1900, quantity: 1, price_cents: 1000 },
      { product_id: 3, rate: 700, quantity: 2, price_cents: 500 },
    ]
    const { order, parts } = await taxed(lines, 490)
    expect(parts).toEqual([
      { rate: 1900, cents: 327, tax_cents: 52 },
      { rate: 700, cents: 163, tax_cents: 11 },
    ])
    expect(order.items.map(({ tax }) => tax)).toEqual(['1.60', '1.60', '0.65'])
    expect(order.taxes).toEqual([
      { rate: '19.00', net: '19.55', tax: '3.72' },
      { rate: '7.00', net: '10.87', tax: '0.76' },
    ])
  })

  it('of a cart is exact beyond 2⁵³', () => {
    const amounts = Array.from({ length: 100 }, () => ({ rate: 1900, gross: 999_999_999_900_000 }))
    expect(toTaxes(amounts)).toEqual([
      { rate: '19.00', net: '840336134369747.90', tax: '159663865530252.10' },
    ])
  })
})

describe('the integrity check of taxes', () => {
  it.each([
    ['order_taxes_are_those_of_its_sums', 'UPDATE order_lines SET tax_cents = tax_cents + 1'],
    ['order_taxes_are_those_of_its_sums', 'UPDATE order_lines SET tax_cents = NULL'],
    ['order_taxes_are_those_of_its_sums', 'UPDATE order_lines SET tax_rate = NULL'],
    [
      'order_taxes_are_those_of_its_sums',
      'UPDATE order_lines SET tax_cents = tax_cents + iif(product_id = 1, 2, -2)',
    ],
    ['order_delivery_is_sum_of_parts', "UPDATE orders SET delivery_parts = '[]'"],
    ['order_delivery_is_sum_of_parts', 'UPDATE orders SET delivery_name = NULL'],
  ] as const)('%s finds %s', async (check, damage) => {
    const lines = [1, 2].map((product_id) => ({ product_id, rate: 1900, quantity: 3, price_cents: 333 }))
    const { order } = await taxed(lines, 490)
    expect(await violations(check)).toBe(0)
    const column = damage.includes('order_lines') ? 'order_id' : 'id'
    await env.DB.prepare(`${damage} WHERE ${column} = ?`).bind(order.id).run()
    expect(await violations(check)).toBe(1)
  })
})
