import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useBrowser } from './browser.ts'
import { openFlakyProxy } from './flaky-proxy.ts'
import { aCustomer, anOrder, call, type Order, SHOP, staffMove } from './shop.ts'

const visit = useBrowser()

const README = readFileSync('README.md', 'utf8')
const exampleOf = (section: string) => README.split(`## ${section}\n`)[1]!.split(/```(?:js\n)?/)[1]!

let proxy: Awaited<ReturnType<typeof openFlakyProxy>>
beforeAll(async () => (proxy = await openFlakyProxy(SHOP)))
afterAll(() => proxy.close())

describe("the README's example of the client", () => {
  it('places an order and shows when it is shipped, in a page of another origin', async () => {
    const ann = await aCustomer()
    const { page } = await visit(`${SHOP}/api/`)
    const listening = new Promise((resolve) =>
      page.on('websocket', (socket) => socket.on('framereceived', resolve)),
    )
    const content = `
      const url = '${proxy.url}'
      const { email, password } = ${JSON.stringify(ann)}
      globalThis.shown = []
      const show = (text) => shown.push(text)
      ${exampleOf('A client').replace('kiosk-client', `${proxy.url}/client.js`)}
    `
    await page.addScriptTag({ type: 'module', content })
    await listening
    const { results } = await call<{ results: Order[] }>('GET', '/api/orders/', { token: ann.access })
    const [order] = results
    await staffMove(order!, 'Shipped')
    await expect
      .poll(() => page.evaluate('shown'), { timeout: 20_000 })
      .toEqual([`${order!.id}: ${order!.total_price}`, `${order!.id}: Shipped`])
  })
})

describe("the README's example of listening without it", () => {
  it('gets every event although the connection breaks, and renews its token', async () => {
    const ann = await aCustomer()
    // A page without a content security policy, on another origin than the proxy.
    const { page } = await visit(`${SHOP}/api/`)
    await page.clock.install()
    const renewals: string[] = []
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => renewals.push(JSON.parse(String(payload)).type)),
    )
    const content = `
      const shop = '${proxy.url}'
      let refresh = '${ann.refresh}'
      const heard = []
      const show = ({ status, order }) => heard.push(status + ' ' + order.id)
      const access = async () => {
        const headers = { 'Content-Type': 'application/json' }
        const body = JSON.stringify({ refresh })
        const answer = await fetch(shop + '/api/token/refresh/', { method: 'POST', headers, body })
        const tokens = await answer.json()
        refresh = tokens.refresh
        return tokens.access
      }
      ${exampleOf('Live order updates')}
    `
    await page.addScriptTag({ content })
    await expect.poll(() => page.evaluate('String(since)')).toMatch(/^\d+$/)
    const heard = () => page.evaluate('heard')
    const order = await anOrder(ann)
    await expect.poll(heard).toEqual([`Pending ${order.id}`])
    proxy.cut()
    await staffMove(order, 'Shipped')
    await page.clock.fastForward('00:06')
    proxy.restore()
    await staffMove(order, 'Delivered')
    await page.clock.fastForward('00:06')
    const all = ['Pending', 'Shipped', 'Delivered'].map((status) => `${status} ${order.id}`)
    await expect.poll(heard, { timeout: 20_000 }).toEqual(all)
    await page.clock.fastForward('04:01')
    await expect.poll(() => renewals, { timeout: 20_000 }).toEqual(['auth'])
    const other = await anOrder(ann)
    await expect.poll(heard, { timeout: 20_000 }).toEqual([...all, `Pending ${other.id}`])
  })
})
