import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { app } from '../src/app.ts'
import { Db } from '../src/db/client.ts'
import { runHourly } from '../src/maintenance/hourly.ts'
import { settingsOf } from '../src/settings.ts'
import { ORIGIN } from './http.ts'
import { aCustomer, aProduct } from './shop.ts'

async function read(path: string, CURRENCY: string) {
  const { access } = await aCustomer()
  const request = new Request(ORIGIN + path, { headers: { Authorization: `Bearer ${access}` } })
  const answer = await app.fetch(request, { ...env, CURRENCY }, createExecutionContext())
  return { status: answer.status, body: await answer.json() }
}

describe('the secrets of Stripe', () => {
  it.each([
    [{ STRIPE_SECRET_KEY: 'pk_test_1', STRIPE_WEBHOOK_SECRET: 'whsec_1' }, 'STRIPE_SECRET_KEY'],
    [{ STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: 'we_1' }, 'STRIPE_WEBHOOK_SECRET'],
    [{ PAY_WITHIN_MINUTES: '1381' }, 'PAY_WITHIN_MINUTES'],
    [{ PAYMENTS: 'no' }, 'PAYMENTS'],
    [
      {
        STRIPE_SECRET_KEY: 'sk_test_1',
        STRIPE_WEBHOOK_SECRET: 'whsec_1',
        STRIPE_API: 'https://evil.example',
      },
      'STRIPE_API',
    ],
  ])('are refused as %j, and so is the health of the shop', async (settings, named) => {
    expect(() => settingsOf(settings)).toThrow(named)
    const answer = await app.fetch(
      new Request(`${ORIGIN}/api/health/`),
      { ...env, ...settings },
      createExecutionContext(),
    )
    expect(answer.status).toBe(500)
  })
})

describe('one secret of Stripe without the other', () => {
  it.each([
    [{ STRIPE_SECRET_KEY: 'sk_live_1' }, 'STRIPE_WEBHOOK_SECRET'],
    [{ STRIPE_WEBHOOK_SECRET: 'whsec_1' }, 'STRIPE_SECRET_KEY'],
  ])('leaves a shop without payments, given %j, and the hourly job names the other', async (set, missing) => {
    const bindings = { ...env, ...set }
    const get = async (path: string) => {
      const answer = await app.fetch(new Request(ORIGIN + path), bindings, createExecutionContext())
      return { status: answer.status, body: await answer.json() }
    }
    expect(await get('/api/health/')).toMatchObject({ status: 200 })
    expect(await get('/api/')).toMatchObject({ status: 200, body: { payments: null } })
    const warn = vi.spyOn(console, 'warn')
    await runHourly(new Db(env.DB), bindings, Date.now())
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(`${missing} is not set`))
    warn.mockClear()
    await runHourly(new Db(env.DB), env, Date.now())
    expect(warn).not.toHaveBeenCalled()
  })
})

describe('the settings of mail', () => {
  const SHOP_URL = 'https://shop.example'

  it.each([
    ['orders@shop.example', { name: '', email: 'orders@shop.example' }],
    [' The Shop <orders@shop.example> ', { name: 'The Shop', email: 'orders@shop.example' }],
  ])('name the sender as %j', (MAIL_FROM, from) => {
    expect(settingsOf({ MAIL_FROM, SHOP_URL }).mail).toEqual({ from, shop: new URL(SHOP_URL) })
  })

  it.each([
    [{ MAIL_FROM: 'orders', SHOP_URL }, 'MAIL_FROM'],
    [{ MAIL_FROM: 'Shop <orders@shop.example', SHOP_URL }, 'MAIL_FROM'],
    [{ MAIL_FROM: 'Shop\r\nBcc: x <orders@shop.example>', SHOP_URL }, 'MAIL_FROM'],
    [{ MAIL_FROM: 'a@shop.example, b@shop.example', SHOP_URL }, 'MAIL_FROM'],
    [{ MAIL_FROM: 'orders@shop.example' }, 'SHOP_URL'],
  ])('are refused as %j', (settings, named) => {
    expect(() => settingsOf(settings)).toThrow(named)
  })

  it('are off without a sender', () => {
    expect(settingsOf({ SHOP_URL }).mail).toBeUndefined()
  })
})

it.each(['localhost:8787', 'shop.example:8443', 'shop.example', 'ftp://shop.example'])(
  'SHOP_URL is refused as %j',
  (SHOP_URL) => {
    expect(() => settingsOf({ SHOP_URL })).toThrow('SHOP_URL must be an address such as https://shop.example')
  },
)

describe('CURRENCY', () => {
  it.each(['/api/', '/api/cart/'])('is in %s, and the euro by default', async (path) => {
    expect((await read(path, 'SEK')).body).toMatchObject({ currency: 'SEK' })
    expect((await read(path, '')).body).toMatchObject({ currency: 'EUR' })
  })

  it.each(['JPY', 'KWD', 'eur', 'Euro'])('is refused as %j', async (CURRENCY) => {
    expect(() => settingsOf({ CURRENCY })).toThrow(`CURRENCY must be one of`)
    expect(await read('/api/health/', CURRENCY)).toMatchObject({ status: 500 })
  })
})

describe('LOG_READS', () => {
  it.each(['0', '-1', '1.5', 'all'])('is refused as %j, before anything is done', async (LOG_READS) => {
    expect(() => settingsOf({ LOG_READS })).toThrow('LOG_READS must be a whole number')
    const ann = await aCustomer()
    const request = new Request(`${ORIGIN}/api/cart/`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${ann.access}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ product_id: (await aProduct()).id }),
    })
    const answer = await app.fetch(request, { ...env, LOG_READS }, createExecutionContext())
    expect(answer.status).toBe(500)
    expect((await ann.cart()).items).toEqual([])
  })
})
