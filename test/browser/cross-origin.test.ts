import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useBrowser } from './browser.ts'
import { aCustomer, anOrder, call, SHOP } from './shop.ts'

const visit = useBrowser()

let front: Server
let url: string
beforeAll(async () => {
  const page = '<!doctype html><title>A shop front on another origin</title><link rel="icon" href="data:," />'
  front = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(page))
  await once(front.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(front.address() as AddressInfo).port}/`
})
afterAll(() => front.close())

describe('a page of another origin', () => {
  it('places an order once with its key, and can read the exposed headers', async () => {
    const ann = await aCustomer()
    const { page } = await visit(url)
    const answers = await page.evaluate(
      async ({ shop, access }) => {
        const send = async (path: string, body: object, key: string) => {
          const response = await fetch(shop + path, {
            method: 'POST',
            headers: {
              Authorization: `Bearer ${access}`,
              'Content-Type': 'application/json',
              'Idempotency-Key': key,
            },
            body: JSON.stringify(body),
          })
          return {
            status: response.status,
            headers: Object.fromEntries(response.headers),
            body: await response.json<{ id: number }>(),
          }
        }
        await send('/api/cart/', { product_id: 1 }, 'add')
        return [
          await send('/api/orders/create/', {}, 'place'),
          await send('/api/orders/create/', {}, 'place'),
        ]
      },
      { shop: SHOP, access: ann.access },
    )
    const [first, again] = answers
    expect(first).toMatchObject({
      status: 201,
      headers: {
        location: expect.stringContaining(`/api/orders/${first!.body.id}`),
        'x-request-id': expect.stringMatching(/./),
        'x-d1-bookmark': expect.stringMatching(/./),
      },
    })
    expect(again).toMatchObject({
      status: 201,
      headers: { 'idempotent-replayed': 'true' },
      body: { id: first!.body.id },
    })
    expect(await call('GET', '/api/orders/', { token: ann.access })).toMatchObject({ count: 1 })
  })

  it('can read a problem', async () => {
    const { page } = await visit(url)
    const refusal = await page.evaluate(async (shop) => {
      const response = await fetch(`${shop}/api/cart/`, { headers: { Authorization: 'Bearer none' } })
      return {
        status: response.status,
        challenge: response.headers.get('WWW-Authenticate'),
        body: await response.json(),
      }
    }, SHOP)
    expect(refusal).toMatchObject({
      status: 401,
      challenge: expect.stringMatching(/^Bearer/),
      body: { code: 'token_invalid' },
    })
  })

  it('streams order events', async () => {
    const ann = await aCustomer()
    const { page } = await visit(url)
    const message = page.evaluate(
      ({ shop, access }) =>
        new Promise<unknown>((resolve) => {
          const socket = new WebSocket(`${shop}/api/orders/events/?since=0`, ['kiosk.v1', `bearer.${access}`])
          socket.addEventListener('message', ({ data }) => {
            const heard = JSON.parse(data as string)
            if (heard.order) resolve({ protocol: socket.protocol, heard })
          })
        }),
      { shop: SHOP, access: ann.access },
    )
    const { id } = await anOrder(ann)
    expect(await message).toMatchObject({ protocol: 'kiosk.v1', heard: { status: 'Pending', order: { id } } })
  })
})
