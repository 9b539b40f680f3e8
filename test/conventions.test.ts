import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { app } from '../src/app.ts'
import type { Bindings } from '../src/env.ts'
import { d1Through } from './d1.ts'
import { call, get, ORIGIN, post } from './http.ts'
import { aCustomer, aProduct, someStaff, noAddressFields } from './shop.ts'

/** The app with other bindings than those of the tests' Worker. */
function withBindings(bindings: Partial<Bindings>, path: string, headers: Record<string, string> = {}) {
  return app.fetch(new Request(ORIGIN + path, { headers }), { ...env, ...bindings }, createExecutionContext())
}

describe('a path', () => {
  it.each(['/api', '/api/products', '/api/categories', '/api/health'])(
    '%s answers with and without its slash',
    async (path) => {
      const [without, withSlash] = [await get(path), await get(`${path}/`)]
      expect([without.status, withSlash.status]).toEqual([200, 200])
      expect(withSlash.body).toEqual(without.body)
    },
  )

  it('accepts a body without a trailing slash, without a redirect', async () => {
    const ann = await aCustomer()
    const product = await aProduct()
    expect((await ann.call('POST', '/api/cart', { body: { product_id: product.id } })).status).toBe(201)
  })

  it.each(['/api/nothing', '/api/products/1/more', '/api/admin', '/.env', '/api//products'])(
    '%s leads nowhere',
    async (path) => {
      expect(await get(path)).toBeProblem(404, 'not_found')
    },
  )

  it.each([
    ['DELETE', '/api/products/', 'GET, HEAD'],
    ['POST', '/api/products/1', 'GET, HEAD'],
    ['GET', '/api/users/register/', 'POST'],
    ['PUT', '/api/token', 'POST'],
    ['PATCH', '/api/health', 'GET, HEAD'],
  ])('%s %s gets 405 with the allowed methods', async (method, path, allow) => {
    const answer = await call(method, path)
    expect(answer).toBeProblem(405, 'method_not_allowed')
    expect(answer.headers.get('Allow')).toBe(allow)
  })

  it('lists the allowed methods to customers, too', async () => {
    const ann = await aCustomer()
    const answer = await ann.call('PUT', '/api/cart/')
    expect(answer).toBeProblem(405, 'method_not_allowed')
    expect(answer.headers.get('Allow')?.split(', ').toSorted()).toEqual(['DELETE', 'GET', 'HEAD', 'POST'])
    const create = await ann.call('GET', '/api/orders/create/')
    expect(create).toBeProblem(405, 'method_not_allowed')
    expect(create.headers.get('Allow')).toBe('POST')
  })

  it('answers HEAD like GET without the body', async () => {
    const product = await aProduct()
    const [head, whole] = [
      await call('HEAD', `/api/products/${product.id}/`),
      await get(`/api/products/${product.id}/`),
    ]
    expect([head.status, head.text]).toEqual([200, ''])
    expect(head.headers.get('ETag')).toBe(whole.headers.get('ETag'))
  })
})

describe('a body', () => {
  const log_in = (body: string, headers: Record<string, string> = {}) =>
    call('POST', '/api/token/', { body, headers })
  const asWhole = { errors: { '': [expect.any(String)] } }

  it.each(['', '{', '{"email":', 'email=ann', '{"email":"\u0000"', "{'email':1}", 'undefined'])(
    '%j is not JSON',
    async (body) => {
      expect(await log_in(body)).toBeProblem(400, 'invalid_request', asWhole)
    },
  )

  it.each(['[]', '[{"email":"a"}]', 'null', '"text"', '7', '[[[[]]]]'])(
    '%s is not an object',
    async (body) => {
      expect(await log_in(body)).toBeProblem(400, 'invalid_request', asWhole)
    },
  )

  it('may be nested to any depth', async () => {
    expect(await log_in('['.repeat(30_000) + ']'.repeat(30_000))).toBeProblem(400, 'invalid_request', asWhole)
    expect((await log_in(`{"email":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`)).status).toBe(400)
  })

  it('that is not UTF-8 is refused', async () => {
    const request = new Request(`${ORIGIN}/api/token/`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]),
    })
    const answer = await app.fetch(request, env, createExecutionContext())
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { errors: { '': ['The body is not UTF-8.'] } },
    ])
  })

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=latin1',
    '',
  ])('of type %j is refused', async (type) => {
    expect(await log_in('{"email":"a","password":"b"}', { 'Content-Type': type })).toBeProblem(
      415,
      'unsupported_media_type',
    )
  })

  it.each([
    'application/json',
    'Application/JSON; charset=UTF-8',
    'application/json;charset="utf-8"',
    'application/json ; charset=utf-8',
    'application/json; charset=utf-8; v=1',
  ])('of type %s is accepted', async (type) => {
    expect((await log_in('{"email":"a","password":"b"}', { 'Content-Type': type })).status).toBe(401)
  })

  it('that is optional may be omitted, but not be of another type', async () => {
    const ann = await aCustomer()
    expect(await ann.call('POST', '/api/orders/')).toBeProblem(400, 'cart_empty')
    expect(await ann.call('POST', '/api/orders/', { body: '' })).toBeProblem(400, 'cart_empty')
    const form = { body: 'a=b', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }
    expect(await ann.call('POST', '/api/orders/', form)).toBeProblem(415, 'unsupported_media_type')
    expect(await ann.call('POST', '/api/orders/', { body: '[]' })).toBeProblem(
      400,
      'invalid_request',
      asWhole,
    )
  })

  it('has at most 64 KiB', async () => {
    const padded = (length: number) => `{"email":"a","password":"b","more":"${'x'.repeat(length - 38)}"}`
    expect(padded(65_536)).toHaveLength(65_536)
    expect((await log_in(padded(65_536))).status).toBe(401)
    expect(await log_in(padded(65_537))).toBeProblem(413, 'body_too_large')
  })

  it('may have unknown fields, which are ignored', async () => {
    const ann = await aCustomer()
    const { status, body } = await ann.call('PATCH', '/api/users/profile/', {
      body: { name: 'A', is_staff: true, __proto__: 1 },
    })
    expect([status, Object.keys(body)]).toEqual([
      200,
      ['id', 'email', 'name', 'address', 'phone', ...Object.keys(noAddressFields)],
    ])
  })
})

describe('a response', () => {
  it('carries a request id, security headers and no-store', async () => {
    for (const answer of [await get('/api/'), await get('/api/nothing'), await post('/api/token/', {})]) {
      expect(answer.headers.get('X-Request-Id')).toMatch(/^[\w-]{36}$/)
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
      expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(answer.headers.get('Strict-Transport-Security')).toMatch(/^max-age=\d+$/) // of this host alone
      expect(answer.headers.get('Referrer-Policy')).toBe('no-referrer')
    }
  })

  it('has a request id of ours, whatever the client sends', async () => {
    const id = '00000000-0000-4000-8000-000000000000'
    const { headers } = await get('/api/', { headers: { 'X-Request-Id': id } })
    expect(headers.get('X-Request-Id')).toMatch(/^[\da-f-]{36}$/)
    expect(headers.get('X-Request-Id')).not.toBe(id)
  })

  it('is problem+json when it is an error, with the fields of RFC 9457', async () => {
    const { body } = await get('/api/nothing')
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Not found',
      status: 404,
      detail: 'There is nothing here.',
      code: 'not_found',
    })
  })

  it.each(['application/xml', 'text/html', 'image/*', 'application/json;q=0'])(
    'cannot be %s',
    async (accept) => {
      expect(await get('/api/products/', { headers: { Accept: accept } })).toBeProblem(406, 'not_acceptable')
    },
  )

  it.each(['*/*', 'application/json', 'application/*', 'text/html, */*;q=0.1', 'application/problem+json'])(
    'can be %s',
    async (accept) => {
      expect((await get('/api/products/', { headers: { Accept: accept } })).status).toBe(200)
    },
  )

  it('is logged as one line of JSON, with its D1 usage', async () => {
    const staff = await someStaff()
    const info = vi.spyOn(console, 'info')
    const { headers } = await staff.call('GET', '/api/admin/products/?search=secret')
    expect(info).toHaveBeenCalledTimes(1)
    expect(JSON.parse(String(info.mock.lastCall))).toEqual({
      request_id: headers.get('X-Request-Id'),
      method: 'GET',
      route: '/api/admin/products',
      status: 200,
      weight: 1,
      milliseconds: expect.any(Number),
      rate_limiting: 'off',
      d1: {
        round_trips: 1,
        rows_read: expect.any(Number),
        rows_written: 0,
        milliseconds: expect.any(Number),
      },
    })
    info.mockRestore()
  })

  it('is logged, of plain reads, one in LOG_READS, whose weight stands for the others', async () => {
    const info = vi.spyOn(console, 'info')
    const random = vi.spyOn(Math, 'random')
    const reads = 40
    for (let n = 0; n < reads; n += 1) {
      random.mockReturnValue(n / reads)
      await withBindings({ LOG_READS: '4' }, '/api/products/')
    }
    const lines = info.mock.calls.map(([line]) => JSON.parse(String(line)) as { weight: number })
    expect(lines.map(({ weight }) => weight)).toEqual(Array.from({ length: reads / 4 }, () => 4))
    random.mockReturnValue(0.1)
    await withBindings({ LOG_READS: '' }, '/api/products/') // one in ten
    expect(info).toHaveBeenCalledTimes(reads / 4)
    vi.restoreAllMocks()
  })

  it('is always logged when it is an error, a write or slow', async () => {
    const info = vi.spyOn(console, 'info')
    vi.spyOn(Math, 'random').mockReturnValue(0.99)
    const logged = () => info.mock.calls.splice(0).map(([line]) => JSON.parse(String(line)) as object)
    await withBindings({ LOG_READS: '10' }, '/api/products/')
    expect(logged()).toEqual([])
    await withBindings({ LOG_READS: '10' }, '/api/products/0/')
    expect(logged()).toEqual([expect.objectContaining({ status: 404, weight: 1 })])
    await app.fetch(
      new Request(`${ORIGIN}/api/token/`, { method: 'POST' }),
      { ...env, LOG_READS: '10' },
      createExecutionContext(),
    )
    expect(logged()).toEqual([expect.objectContaining({ method: 'POST', weight: 1 })])
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 500))
    await withBindings({ LOG_READS: '10' }, '/api/products/')
    expect(logged()).toEqual([expect.objectContaining({ status: 200, weight: 1 })])
    vi.restoreAllMocks()
  })

  it('shows Server-Timing to staff, and to others only where it is on', async () => {
    const staff = await someStaff()
    const timing = async (headers: Record<string, string> = {}, SERVER_TIMING = 'off') =>
      (await withBindings({ SERVER_TIMING }, '/api/products/', headers)).headers.get('Server-Timing')
    const ann = await aCustomer()
    expect(await timing({}, 'on')).toContain('trips=1')
    expect(await timing()).toBeNull()
    expect(await timing({ Authorization: `Bearer ${ann.access}` })).toBeNull()
    const admin = await withBindings({ SERVER_TIMING: 'off' }, '/api/admin/orders/', {
      Authorization: `Bearer ${staff.access}`,
    })
    expect(admin.headers.get('Server-Timing')).toContain('trips=1')
    await env.DB.prepare('UPDATE users SET is_staff = 0 WHERE id = ?').bind(staff.id).run()
    const demoted = await withBindings({ SERVER_TIMING: 'off' }, '/api/admin/orders/', {
      Authorization: `Bearer ${staff.access}`,
    })
    expect([demoted.status, demoted.headers.get('Server-Timing')]).toEqual([403, null])
  })
})

describe('SHOP_URL', () => {
  const SHOP_URL = 'https://kiosk.example'

  it('begins every link, whatever host a request names', async () => {
    const staff = await someStaff()
    for (let n = 0; n < 2; n += 1) await aProduct()
    const linksOf = async (bindings: Partial<Bindings>, path: string) => {
      const answer = await withBindings(bindings, path, { Authorization: `Bearer ${staff.access}` })
      return Object.values(await answer.json<object>()).filter((value) => String(value).startsWith('https:'))
    }
    for (const path of [
      '/api/',
      '/api/products/?page_size=1',
      '/api/admin/products/?page_size=1',
      '/api/admin/integrity/',
    ]) {
      const links = await linksOf({ SHOP_URL }, path)
      expect(links.map((link) => new URL(link).origin)).toEqual(links.map(() => SHOP_URL))
      // Unset, links go where the request came from, and are the same but for that.
      const there = links.map((link) => link.replace(SHOP_URL, ORIGIN))
      expect(there.length).toBeGreaterThan(0)
      expect(await linksOf({}, path)).toEqual(there)
    }
  })

  it('spares the cache a copy for each host', async () => {
    for (const path of ['/api/products/', '/api/categories/']) {
      expect((await withBindings({}, path)).headers.get('Vary')).toContain('Host')
      expect((await withBindings({ SHOP_URL }, path)).headers.get('Vary') ?? '').not.toContain('Host')
    }
  })
})

describe('a browser on another origin', () => {
  const exposed =
    'X-Request-Id,X-D1-Bookmark,ETag,Retry-After,Location,Idempotent-Replayed,Server-Timing,Allow,WWW-Authenticate'

  it('may call, errors included', async () => {
    for (const answer of [await get('/api/products/'), await get('/api/cart/'), await get('/api/nothing')]) {
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBe('*')
      expect(answer.headers.get('Access-Control-Expose-Headers')).toBe(exposed)
      expect(answer.headers.get('Vary') ?? '').not.toContain('Origin')
    }
  })

  it('may send a preflight', async () => {
    const { status, headers, text } = await call('OPTIONS', '/api/orders/create/', {
      headers: { Origin: 'https://front.example', 'Access-Control-Request-Method': 'POST' },
    })
    expect([status, text]).toEqual([204, ''])
    expect(headers.get('Access-Control-Allow-Methods')).toBe('GET,HEAD,POST,PUT,PATCH,DELETE')
    expect(headers.get('Access-Control-Allow-Headers')).toBe(
      'Authorization,Content-Type,If-Match,If-None-Match,Idempotency-Key,X-D1-Bookmark,Last-Event-ID',
    )
    expect(headers.get('Access-Control-Max-Age')).toBe('7200')
  })

  it('must be on the list if there is one', async () => {
    const ALLOWED_ORIGINS = 'https://one.example, https://two.example'
    const allowed = async (Origin: string) => {
      const { headers } = await withBindings({ ALLOWED_ORIGINS }, '/api/products/', { Origin })
      expect(headers.get('Vary')).toContain('Origin')
      return headers.get('Access-Control-Allow-Origin')
    }
    expect(await allowed('https://two.example')).toBe('https://two.example')
    expect(await allowed('https://three.example')).toBeNull()
  })
})

describe('the service', () => {
  it('lists its entry points', async () => {
    const { body } = await get('/api/')
    expect(body).toMatchObject({ products: `${ORIGIN}/api/products/`, docs: `${ORIGIN}/docs` })
  })

  it('is healthy when D1 responds', async () => {
    expect((await get('/api/health/')).body).toEqual({ status: 'ok' })
  })

  it.each([
    'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
    'D1_ERROR: Network connection lost.',
    'D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.',
    'D1_ERROR: database disk image is malformed: SQLITE_CORRUPT',
    'fetch failed',
  ])('is unhealthy when D1 fails with %j', async (message) => {
    const DB = d1Through(env.DB, () => Promise.reject(new Error(message)))
    const answer = await withBindings({ DB }, '/api/health/')
    expect(answer.status).toBe(503)
    expect(answer.headers.get('Retry-After')).toMatch(/^\d+$/)
    const text = await answer.text()
    expect(JSON.parse(text)).toMatchObject({ code: 'temporarily_unavailable' })
    expect(text).not.toContain('D1')
  })

  it.each(['', 'too short', 'x'.repeat(31)])(
    'refuses every request with the secret %j, and logs why',
    async (JWT_SECRET) => {
      const error = vi.spyOn(console, 'error').mockImplementation(() => {})
      for (const path of ['/api/', '/api/products/', '/api/health/', '/api/nothing', '/api/cart/']) {
        const answer = await withBindings({ JWT_SECRET }, path)
        expect([answer.status, await answer.json()]).toMatchObject([500, { code: 'internal_error' }])
        expect(String(error.mock.lastCall)).toContain('JWT_SECRET is missing or shorter than 32 bytes')
      }
      error.mockRestore()
    },
  )

  it('reveals nothing about internal errors', async () => {
    const DB = d1Through(env.DB, () =>
      Promise.reject(new Error('D1_ERROR: no such table: users: SQLITE_ERROR')),
    )
    const answer = await withBindings({ DB }, '/api/products/')
    expect([answer.status, await answer.json()]).toEqual([
      500,
      {
        type: 'about:blank',
        title: 'Internal error',
        status: 500,
        detail: 'Something went wrong on our side.',
        code: 'internal_error',
      },
    ])
  })

  it('serves /docs with everything the page needs, from its own origin', async () => {
    const page = await (await env.ASSETS.fetch('https://assets.local/docs')).text()
    const parts = [...page.matchAll(/(?:src|href)="([^"]+)"/g)]
      .map(([, part]) => part!)
      .filter((part) => !part.startsWith('data:'))
    expect(parts).toContain('/docs.js')
    for (const part of parts) {
      expect(part).toMatch(/^\//)
      expect((await env.ASSETS.fetch(`https://assets.local${part}`)).status).toBe(200)
    }
    expect(page).not.toMatch(/<script>|<style>| on\w+=/)
  })
})
