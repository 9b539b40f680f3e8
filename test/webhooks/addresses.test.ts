import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { isPublicAddress } from '../../src/webhooks/public-address.ts'
import { anOrder, theOwner } from '../shop.ts'
import { anEndpoint, deliver, deliveriesOf, receiveWebhooks } from './receiver.ts'

receiveWebhooks()

const REFUSED = [
  'http://hooks.example.com/',
  'ftp://hooks.example.com/',
  'data:text/plain,hello',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'hooks.example.com',
  '//hooks.example.com',
  'https://',
  'https://hooks.example.com:8443/',
  'https://hooks.example.com:80/',
  'https://user@hooks.example.com/',
  'https://user:password@hooks.example.com/',
  'https://@127.0.0.1/',
  'https://hooks.example.com@127.0.0.1/',
  'https://127.0.0.1/',
  'https://127.0.0.1./',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0x7f.0.0.1/',
  'https://0177.0.0.1/',
  'https://０１７７.０.０.１/',
  'https://①②⑦.0.0.1/',
  'https://0/',
  'https://10.0.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://192.168.1.1/',
  'https://8.8.8.8/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[fd00::1]/',
  'https://[fe80::1]/',
  'https://localhost/',
  'https://LOCALHOST/',
  'https://localhost./',
  'https://api.localhost/',
  'https://printer.local/',
  'https://printer.local./',
  'https://vault.internal/',
  'https://metadata.google.internal/',
  'https://nas.home.arpa/',
  'https://router.lan/',
  'https://intranet/',
  'https://com/',
  'https://hooks.example.com./',
  'https://hooks。internal/',
]

const ALLOWED = [
  'https://hooks.example.com/',
  'https://hooks.example.com:443/',
  'https://HOOKS.example.com/a/b?token=1',
  'https://bücher.example/',
  'https://local.example.com/',
  'https://internal-tools.example.com/',
  'https://127-0-0-1.example.com/',
  'https://1.example.com/',
]

describe('an address', () => {
  it.each(REFUSED)('is refused when it is saved: %s', async (url) => {
    const body = { url, types: ['order.paid'] }
    const answer = await (await theOwner()).call('POST', '/api/admin/webhooks/', { body })
    expect([answer.status, answer.body.error_codes]).toEqual([400, { url: [{ code: 'not_public_address' }] }])
  })

  it.each(REFUSED)('is refused when a message is sent: %s', (url) => {
    expect(isPublicAddress(url)).toBe(false)
  })

  it.each(ALLOWED)('is taken: %s', async (url) => {
    const body = { url, types: ['order.paid'], active: false }
    expect((await (await theOwner()).call('POST', '/api/admin/webhooks/', { body })).status).toBe(201)
  })

  it('of the shop itself is refused', async () => {
    Object.assign(env, { SHOP_URL: 'https://shop.example.com' })
    const owner = await theOwner()
    const body = { url: 'https://shop.example.com/api/', types: ['order.paid'] }
    expect((await owner.call('POST', '/api/admin/webhooks/', { body })).status).toBe(400)
    const endpoint = await anEndpoint()
    expect((await owner.call('PATCH', endpoint.path, { body: { url: body.url } })).status).toBe(400)
    Object.assign(env, { SHOP_URL: '' })
  })

  it('is public in a shop whose own address is empty, which is unset', () => {
    expect(isPublicAddress('https://books.example.com/', '')).toBe(true)
  })

  it('that was saved by another way is not called', async () => {
    const endpoint = await anEndpoint()
    await env.DB.prepare(`UPDATE webhooks SET url = 'https://169.254.169.254/' WHERE id = ?`)
      .bind(endpoint.id)
      .run()
    await anOrder()
    await deliver(endpoint)
    expect(endpoint.calls).toEqual([])
    expect((await deliveriesOf(endpoint))[0].attempts).toMatchObject([
      { status: null, error: 'The address is not public: edit it.' },
    ])
  })
})
