import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { app } from '../src/app.ts'
import { ORIGIN } from './http.ts'
import { aCustomer, loggedIn } from './shop.ts'

describe('the limit on listening', () => {
  it('is by session, so that one that has ended uses up nothing of the others', async () => {
    const ann = await aCustomer()
    const stolen = await loggedIn(ann.id, 0)
    await ann.call('DELETE', `/api/users/sessions/${stolen.session_id}/`)
    const counts: Record<string, number> = {}
    const LIMIT_LISTEN = {
      limit: async ({ key }: { key: string }) => ({ success: (counts[key] = (counts[key] ?? 0) + 1) <= 3 }),
    }
    const statusOf = async (token: string) => {
      const headers = { Accept: 'text/event-stream', Authorization: `Bearer ${token}` }
      const request = new Request(`${ORIGIN}/api/orders/events/`, { headers })
      const limited = { ...env, RATE_LIMITING: 'on', LIMIT_LISTEN }
      const { status, body } = await app.fetch(request, limited, createExecutionContext())
      await body?.cancel()
      return status
    }
    const ofStolen = []
    for (let n = 0; n < 4; n += 1) ofStolen.push(await statusOf(stolen.access))
    expect([ofStolen, await statusOf(ann.access)]).toEqual([[401, 401, 401, 429], 200])
  })
})
