import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../scripts/cli/temporary-folder.ts'
import { servePretendStripe } from '../../scripts/pretend-stripe/serve.ts'
import { freePort } from '../../scripts/sandbox/free-port.ts'
import { useRehearsal } from './rehearsal.ts'

const STRIPE = { secretKey: 'sk_test_pretend', webhookSecret: 'whsec_pretend' }

describe('the integrity check with --stripe', () => {
  const rehearsal = useRehearsal()

  beforeAll(async () => {
    rehearsal.cloudflare.d1.create('kiosk')
    await rehearsal.shell('npx wrangler d1 migrations apply DB --remote --env=""')
  })

  it('compares with Stripe also if the data violates a rule, and reports both', async () => {
    const rows = (sql: string) => rehearsal.cloudflare.d1.rows('kiosk', sql)
    rows(
      `INSERT INTO stock_movements (product_id, delta, stock_after, reason, at) VALUES (7, 1, 1, 'stock-take', 1)`,
    )
    rows(
      `INSERT INTO payments (
         order_id, amount_cents, currency, state, key, parameters, session_id, expires_at, check_at, created_at,
         changed_at)
       VALUES (8, 5, 'EUR', 'expired', 'a', '', 'cs_unknown', 1, 1, 1, 1)`,
    )
    const port = await freePort()
    servePretendStripe({ ...STRIPE, port, file: join(temporaryFolder('stripe'), 'state.json') })
    const { status, output } = await rehearsal.npm('integrity', ['--stripe', '--remote'], {
      STRIPE_SECRET_KEY: STRIPE.secretKey,
      STRIPE_API: `http://127.0.0.1:${port}`,
    })
    expect(status).toBe(1)
    expect(output).toMatch(/stock_is_sum_of_movements: .* 1 violations, first: 7/)
    expect(output).toContain('Stripe does not know the payment')
    expect(output).toContain('The data violates its own rules')
    expect(output).toContain('Stripe and the shop disagree about money')
  })

  it('says why Stripe did not answer the comparison', async () => {
    const port = await freePort()
    const check = (STRIPE_SECRET_KEY: string) =>
      rehearsal.npm('integrity', ['--stripe', '--remote'], {
        STRIPE_SECRET_KEY,
        STRIPE_API: `http://127.0.0.1:${port}`,
      })
    const away = await check(STRIPE.secretKey)
    servePretendStripe({ ...STRIPE, port, file: join(temporaryFolder('stripe'), 'state.json') })
    const refused = await check('sk_test_another')
    const failure = 'The payments could not be compared with Stripe, '
    expect([away.status, away.output]).toEqual([1, expect.stringContaining(`${failure}no answer: `)])
    expect([refused.status, refused.output]).toEqual([
      1,
      expect.stringContaining(`${failure}status 401: Invalid API Key provided.\n`),
    ])
  })

  it('refuses a key that is not secret, and an invalid setting', async () => {
    const key = await rehearsal.npm('integrity', ['--stripe', '--remote'], { STRIPE_SECRET_KEY: 'pk_live_1' })
    expect([key.status, key.output]).toEqual([
      1,
      expect.stringMatching(/^To take payments, .*check again\.\n$/),
    ])
    rehearsal.change('wrangler.toml', (text) => text.replace('[vars]\n', '[vars]\nTAX_RATE = "19%"\n'))
    const setting = await rehearsal.npm('integrity', ['--remote'])
    expect([setting.status, setting.output]).toEqual([
      1,
      expect.stringMatching(/^TAX_RATE must .*check again\.\n$/),
    ])
  })
})
