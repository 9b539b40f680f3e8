import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it } from 'vitest'
import { settingsOf } from '../src/settings.ts'
import { usageOf } from './http.ts'
import { integrityViolations } from './integrity.ts'
import { aCustomer, aDeliveryOption, aProduct, staffEdits, theOwner } from './shop.ts'

afterEach(async () => {
  Object.assign(env, { TAX_RATE: '' })
  await env.DB.prepare('DELETE FROM delivery_options').run()
})

describe('the rate of a product', () => {
  it('is null unless staff set one, and null again when they take it back', async () => {
    const product = await aProduct()
    expect(product.tax_rate).toBeNull()
    expect((await staffEdits(product, { tax_rate: 7 })).body.tax_rate).toBe('7.00')
    expect((await staffEdits(product, { name: 'Tea' })).body.tax_rate).toBe('7.00')
    expect((await staffEdits(product, { tax_rate: null })).body.tax_rate).toBeNull()
    expect((await aProduct({ tax_rate: '5.5' })).tax_rate).toBe('5.50')
  })

  it.each(['-1', '100.01', '19.001', 'nineteen', true])('is refused as %j', async (tax_rate) => {
    const product = await aProduct()
    expect(await staffEdits(product, { tax_rate })).toBeProblem(400, 'invalid_request', {
      errors: { tax_rate: ['Must be an amount from 0.00 to 100.00 with at most two decimal places.'] },
    })
  })
})

describe('TAX_RATE', () => {
  it.each(['-1', '100.01', '19 %', 'x'])('is refused as %j', (TAX_RATE) => {
    expect(() => settingsOf({ TAX_RATE })).toThrow('TAX_RATE must be a percentage')
  })

  it.each(['yes', '1'])('and so is %j as REQUIRE_ADDRESS', (REQUIRE_ADDRESS) => {
    expect(() => settingsOf({ REQUIRE_ADDRESS })).toThrow('REQUIRE_ADDRESS must be on or off')
  })

  it('is the rate of products without one, in the cart and in the order', async () => {
    Object.assign(env, { TAX_RATE: '19' })
    const ann = await aCustomer()
    await ann.adds(await aProduct({ price: '11.90' }), 1)
    await ann.adds(await aProduct({ price: '5.35', tax_rate: '7' }), 2)
    await ann.adds(await aProduct({ price: '1.00', tax_rate: '0' }), 1)
    const taxes = [
      { rate: '19.00', net: '10.00', tax: '1.90' },
      { rate: '7.00', net: '10.00', tax: '0.70' },
      { rate: '0.00', net: '1.00', tax: '0.00' },
    ]
    expect((await ann.cart()).taxes).toEqual(taxes)
    const placed = await ann.orders()
    expect(usageOf(placed).round_trips).toBe(1)
    expect(placed.body).toMatchObject({
      taxes,
      total_price: '23.60',
      items: [
        { tax_rate: '19.00', tax: '1.90' },
        { tax_rate: '7.00', tax: '0.70' },
        { tax_rate: '0.00', tax: '0.00' },
      ],
    })
    expect(await integrityViolations()).toEqual({})
  })

  it('that is unset leaves a product without a rate untaxed, beside others', async () => {
    const ann = await aCustomer()
    await ann.adds(await aProduct({ price: '11.90', tax_rate: '19' }))
    await ann.adds(await aProduct({ price: '11.90' }))
    const option = await aDeliveryOption({ price: '2.38', active: true })
    const { body } = await ann.orders({ delivery_option: option.id })
    // Half of the delivery has no rate either.
    expect(body).toMatchObject({
      total_price: '26.18',
      items: [
        { tax_rate: '19.00', tax: '1.90' },
        { tax_rate: null, tax: null },
      ],
      taxes: [{ rate: '19.00', net: '11.00', tax: '2.09' }],
    })
    expect(await integrityViolations()).toEqual({})
  })
})

describe('an order', () => {
  it('keeps its taxes when the rates change', async () => {
    Object.assign(env, { TAX_RATE: '19' })
    const ann = await aCustomer()
    const [own, default_] = [await aProduct({ tax_rate: '7' }), await aProduct()]
    await ann.adds(own)
    await ann.adds(default_)
    const { body: order } = await ann.orders()
    Object.assign(env, { TAX_RATE: '25' })
    await staffEdits(own, { tax_rate: '12' })
    expect(await ann.orderHistory()).toEqual([order])
    const { body } = await (await theOwner()).call('GET', `/api/admin/orders/${order.id}/`)
    expect(body).toEqual(order)
  })

  it('splits its delivery by the rates of the goods, and of free goods gives it the highest', async () => {
    const option = await aDeliveryOption({ price: '3.57', active: true })
    const ann = await aCustomer()
    await ann.adds(await aProduct({ price: '20.00', tax_rate: '19' }))
    await ann.adds(await aProduct({ price: '10.00', tax_rate: '7' }))
    expect((await ann.orders({ delivery_option: option.id })).body.taxes).toEqual([
      { rate: '19.00', net: '18.81', tax: '3.57' }, // of 20.00 + 2.38
      { rate: '7.00', net: '10.46', tax: '0.73' }, // of 10.00 + 1.19
    ])
    await ann.adds(await aProduct({ price: '0', tax_rate: '7' }))
    await ann.adds(await aProduct({ price: '0', tax_rate: '19' }))
    expect((await ann.orders({ delivery_option: option.id })).body.taxes).toEqual([
      { rate: '19.00', net: '3.00', tax: '0.57' },
      { rate: '7.00', net: '0.00', tax: '0.00' },
    ])
    expect(await integrityViolations()).toEqual({})
  })
})
