import { describe, expect, it } from 'vitest'

const files = import.meta.glob<string>('../src/**/*.ts', { query: '?raw', import: 'default', eager: true })

const leaves = 'errors|money|text'

/** What each room may import from within src/. Anything not listed is refused. */
const mayImport: Record<string, RegExp> = {
  'index.ts': /./,
  'app.ts': /./,
  'env.ts': /^(db|auth|live)\/|^http\/rate-limit/,
  'errors.ts': /^$/,
  'money.ts': /^$/,
  'text.ts': /^$/,
  'db/': new RegExp(`^(db/|${leaves})`),
  'http/': new RegExp(`^(http/|db/(keyset|idempotency|session)|env|${leaves})`),
  'auth/': new RegExp(`^(auth/|live/knock|db/|http/|env|${leaves})`),
  'accounts/': new RegExp(`^(accounts/|auth/|db/|http/|env|${leaves})`),
  'catalog/': new RegExp(`^(catalog/|auth/require|db/|http/|env|${leaves})`),
  'cart/': new RegExp(`^(cart/|catalog/product|auth/require|db/|http/|env|${leaves})`),
  'orders/': new RegExp(`^(orders/|accounts/schema|auth/require|live/knock|db/|http/|env|${leaves})`),
  // What is sent of an order is what is answered: the same query, the same JSON.
  'live/': new RegExp(`^(live/|orders/(order|queries)|auth/(require|tokens)|db/|http/|env|${leaves})`),
  'audit/': /^(audit\/|auth\/(require|logins)|db\/|http\/|env)/,
  'upkeep/': /^(db\/|auth\/logins)/,
  'service/': /^(db\/|http\/|env|errors)/,
  'openapi/': /./,
  // What the API says of itself, and only that: types are all it takes from elsewhere.
  'client/': /^client\//,
  // A front end: the client is all it knows of the shop.
  'demo/': /^(demo\/|client\/kiosk)/,
}

/** A feature's docs.ts describes it for the document, which the Worker does not carry: types only. */
const forTheDocument = /(^openapi\/|\/docs\.ts$)/

describe('rooms', () => {
  it.each(Object.keys(files))('%s imports only what its room allows', (path) => {
    const name = path.replace('../src/', '')
    const rule = mayImport[name] ?? mayImport[name.replace(/[^/]+$/, '')]
    expect(rule, `no rule for ${name}`).toBeDefined()
    for (const [, kind, target] of files[path]!.matchAll(
      /^(?:import|export)( type)?\b[^'"]*?from '(\.[^']+)'/gm,
    )) {
      const resolved = new URL(target!, `http://src/${name}`).pathname.slice(1)
      if (forTheDocument.test(name)) continue
      if (name.startsWith('client/') && kind) continue
      if (forTheDocument.test(resolved)) expect(kind, `${name} carries ${resolved}`).toBe(' type')
      else expect(resolved, name).toMatch(rule!)
    }
  })

  it.each(
    Object.keys(files).filter(
      (path) => !/((^|\/|-)routes|\/app|auth\/require|http\/.*|openapi\/.*)\.ts$/.test(path),
    ),
  )('%s knows nothing of HTTP', (path) =>
    expect(files[path]).not.toMatch(/^import (?!type).*from 'hono(?!\/jwt)/m),
  )

  it.each(Object.keys(files))('%s brings no locales of zod', (path) => {
    expect(files[path]).not.toMatch(/import \{.*\bz\b.*\} from 'zod'/)
  })
})
