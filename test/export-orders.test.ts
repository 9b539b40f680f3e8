import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { parseCsv } from '../src/spreadsheets/csv.ts'
import { aCustomer, anOrder, aProduct, staffMoves, theOwner, unique } from './shop.ts'

/** The orders of an export, each by the names of its columns. */
async function exportsOrders(query = ''): Promise<Record<string, string>[]> {
  const { access } = await theOwner()
  const owner = await theOwner()
  const answer = await owner.call('GET', `/api/admin/orders/export/${query}`, { token: access })
  expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'text/csv; charset=utf-8'])
  const [head, ...rows] = parseCsv(answer.text, { max_rows: 10_000, max_columns: 100 }).rows
  return rows.map((row) => Object.fromEntries(row.map((cell, index) => [head![index], cell])))
}

describe('the export of orders', () => {
  it('has a row for each order, oldest first, with what an accountant needs', async () => {
    const ann = await aCustomer()
    const [mug, tea] = [
      await aProduct({ name: `=Mug ${unique()}`, price: '12.50' }),
      await aProduct({ price: '0.10' }),
    ]
    await ann.adds(tea, 3)
    const first = await anOrder(ann, mug, 2)
    const second = await anOrder(ann, tea)
    await staffMoves(second, 'Cancelled')
    const rows = (await exportsOrders()).filter(({ email }) => email === ann.email)
    expect(rows).toHaveLength(2)
    expect(rows[0]).toMatchObject({
      order: String(first.id),
      date: first.created_at,
      status: 'Pending',
      name: ann.name,
      goods: '25.30',
      total: '25.30',
      currency: 'EUR',
      payment: '',
      paid: '',
      refunded: '',
    })
    expect(rows[0]!['items']!.split('; ').toSorted()).toEqual(
      [`2 × ${mug.name} (12.50)`, `3 × ${tea.name} (0.10)`].toSorted(),
    )
    expect(rows[1]).toMatchObject({ order: String(second.id), status: 'Cancelled', total: '0.10' })
  })

  it('has what was taxed and delivered, and nothing where nothing was', async () => {
    const owner = await theOwner()
    const ann = await aCustomer()
    const untaxed = await anOrder(ann, await aProduct())
    const option = { name: 'Parcel', price: '4.90', countries: [], active: true }
    const { body: made } = await owner.call('POST', '/api/admin/delivery-options/', { body: option })
    await ann.adds(await aProduct({ price: '11.90', tax_rate: '19' }))
    await ann.adds(await aProduct({ price: '1.07', tax_rate: '7.00' }))
    const { body: order } = await ann.orders({ delivery_option: made.id })
    await owner.call('DELETE', `/api/admin/delivery-options/${made.id}/`)
    const rows = await exportsOrders()
    const rowOf = ({ id }: { id: number }) => rows.find((row) => row['order'] === String(id))
    expect(rowOf(untaxed)).toMatchObject({ delivery: '', delivery_price: '', net: '', tax: '', taxes: '' })
    expect(rowOf(order)).toMatchObject({
      goods: '12.97',
      delivery: 'Parcel',
      delivery_price: '4.90',
      total: '17.87',
    })
    const cents = (text = '') => Math.round(Number(text) * 100)
    const { net, tax, taxes } = rowOf(order)!
    expect(cents(net) + cents(tax)).toBe(1787)
    expect(taxes).toMatch(/^19\.00 %: \d+\.\d\d \+ \d+\.\d\d; 7\.00 %: \d+\.\d\d \+ \d+\.\d\d$/)
  })

  it('runs no formula that a customer wrote', async () => {
    const ann = await aCustomer()
    await ann.adds(await aProduct())
    const ship_to = { name: '=HYPERLINK("http://evil.example")', phone: '1' }
    const { body: order } = await ann.orders({ ship_to })
    const row = (await exportsOrders()).find((each) => each['order'] === String(order.id))
    expect(row!['name']).toBe(`'${ship_to.name}`)
  })

  it('can be of a time', async () => {
    const orders = [await anOrder(), await anOrder(), await anOrder()]
    const [, second, third] = orders
    const query = `?created_after=${second.created_at}&created_before=${third.created_at}`
    const ids = (await exportsOrders(query)).map(({ order }) => Number(order))
    const between = orders.filter(
      ({ created_at }) => created_at >= second.created_at && created_at < third.created_at,
    )
    expect(ids).toEqual(between.map(({ id }) => id))
    const owner = await theOwner()
    expect(await owner.call('GET', '/api/admin/orders/export/?created_after=yesterday')).toBeProblem(
      400,
      'invalid_request',
      { errors: { created_after: [expect.any(String)] } },
    )
  })

  it('goes on past a page, each order once', async () => {
    const { id } = await aCustomer()
    await env.DB.prepare(
      `INSERT INTO orders (user_id, total_cents, ship_name, ship_phone, created_at, updated_at)
       SELECT ?, value, 'Many', '1', 1000 + value / 150, 0 FROM json_each(?)`,
    )
      .bind(id, JSON.stringify(Array.from({ length: 450 }, (_, n) => n)))
      .run()
    const rows = (await exportsOrders('?created_before=1971-01-01T00:00:00Z')).map(({ total }) => total)
    expect(rows).toHaveLength(450)
    expect(new Set(rows)).toHaveProperty('size', 450)
  })
})
