import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { app } from '../src/app.ts'
import { settingsOf } from '../src/settings.ts'
import { ORIGIN } from './http.ts'
import { aCustomer } from './shop.ts'

async function read(path: string, CURRENCY: string) {
  const { access } = await aCustomer()
  const request = new Request(ORIGIN + path, { headers: { Authorization: `Bearer ${access}` } })
  const answer = await app.fetch(request, { ...env, CURRENCY }, createExecutionContext())
  return { status: answer.status, body: await answer.json() }
}

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
