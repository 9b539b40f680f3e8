import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { app } from '../../src/app.ts'

const STAND_IN = {
  STRIPE_SECRET_KEY: 'sk_test_pretend',
  STRIPE_WEBHOOK_SECRET: 'whsec_pretend',
  STRIPE_API: 'http://127.0.0.1:8788',
}

const ask = (url: string, settings: Partial<typeof STAND_IN>) =>
  app.fetch(new Request(url), { ...env, ...settings }, createExecutionContext())

describe('a shop with a stand-in for Stripe', () => {
  it('is healthy on this machine only', async () => {
    expect((await ask('http://127.0.0.1:8787/api/health/', STAND_IN)).status).toBe(200)
    expect((await ask('https://shop.example/api/health/', STAND_IN)).status).toBe(500)
    const { STRIPE_API: _, ...itself } = STAND_IN
    expect((await ask('https://shop.example/api/health/', itself)).status).toBe(200)
  })

  it('refuses the address of another machine', async () => {
    const elsewhere = { ...STAND_IN, STRIPE_API: 'http://stripe.example:8788' }
    expect((await ask('http://127.0.0.1:8787/api/health/', elsewhere)).status).toBe(500)
  })

  it('says whether money moves', async () => {
    const payments = async (settings: Partial<typeof STAND_IN>) =>
      ((await (await ask('http://127.0.0.1:8787/api/', settings)).json()) as { payments: unknown }).payments
    expect(await payments({})).toBeNull()
    expect(await payments(STAND_IN)).toBe('test')
    expect(await payments({ ...STAND_IN, STRIPE_SECRET_KEY: 'rk_live_1' })).toBe('live')
  })
})
