import type { Report } from './report.ts'
import { outline, type Shop } from './shop.ts'

const HEADERS = {
  'X-Content-Type-Options': /^nosniff$/,
  'X-Frame-Options': /^DENY$/,
  'Referrer-Policy': /^no-referrer$/,
  'Strict-Transport-Security': /^max-age=\d{7,}/,
  'Cache-Control': /^no-store$/,
  'X-Request-Id': /^[\w-]{8,}$/,
}

/** The shop answers, with the right headers, and serves its static files. */
export async function checkMeta(shop: Shop, report: Report): Promise<void> {
  const health = await shop.send('GET', '/api/health/', { headers: { Origin: 'https://elsewhere.example' } })
  shop.require('GET /api/health/ reaches the database', health, 200)
  for (const [name, right] of Object.entries(HEADERS)) {
    const value = health.headers.get(name) ?? 'missing'
    report.expect(`An answer has ${name}`, right.test(value), value)
  }
  const allowed = health.headers.get('Access-Control-Allow-Origin')
  if (allowed === null) report.skip('Any origin may call', 'ALLOWED_ORIGINS excludes this one')
  else report.expect('Any origin may call', allowed === '*', `Access-Control-Allow-Origin: ${allowed}`)

  const preflight = await shop.send('OPTIONS', '/api/cart/', {
    headers: { Origin: 'https://elsewhere.example', 'Access-Control-Request-Method': 'POST' },
  })
  const age = preflight.headers.get('Access-Control-Max-Age')
  report.expect(
    'A preflight is answered, 204',
    preflight.status === 204 && age === '7200',
    `${outline(preflight)}, Access-Control-Max-Age: ${age}`,
  )

  const nothing = await shop.send('GET', '/api/nothing/')
  const type = nothing.headers.get('Content-Type')
  shop.expect('An unknown path is a problem', nothing, 404, 'not_found')
  report.expect('It is application/problem+json', type === 'application/problem+json', String(type))

  for (const path of ['/', '/docs', '/client.js', '/openapi.json']) {
    shop.expect(`GET ${path}`, await shop.send('GET', path), 200)
  }
  const page = (await shop.send('GET', '/')).headers.get('Content-Security-Policy')
  report.expect(
    'The shop page has a Content-Security-Policy',
    page !== null,
    page === null ? 'missing' : 'present',
  )
}
