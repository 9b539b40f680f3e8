import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useBrowser } from './browser.ts'
import { openLine } from './line.ts'
import { aCustomer, anOrder, SHOP, staffMove } from './shop.ts'

const visit = useBrowser()

const [, EXAMPLE] = /## Live order updates\n.*?```js\n(.*?)```/s.exec(readFileSync('README.md', 'utf8'))!

describe("the README's example of a client", () => {
  let line: Awaited<ReturnType<typeof openLine>>
  beforeAll(async () => (line = await openLine(8796, SHOP)))
  afterAll(() => line.close())

  it('hears of orders, misses none while the line is cut, and renews its token', async () => {
    const ann = await aCustomer()
    // A page without a policy, from where the line is another origin.
    const { page } = await visit(`${SHOP}/api/`)
    await page.clock.install()
    const renewals: string[] = []
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => renewals.push(JSON.parse(String(payload)).type)),
    )
    const content = `
      const shop = '${line.url}'
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
      ${EXAMPLE}
    `
    await page.addScriptTag({ content })
    await expect.poll(() => page.evaluate('String(since)')).toMatch(/^\d+$/)
    const heard = () => page.evaluate('heard')
    const order = await anOrder(ann)
    await expect.poll(heard).toEqual([`Pending ${order.id}`])
    line.cut()
    await staffMove(order, 'Shipped')
    await page.clock.fastForward('00:06')
    line.mend()
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
