import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { useBrowser, type Visit } from './browser.ts'
import { openLine } from './line.ts'
import { aCustomer, anOrder, call, type Customer, listening, SHOP, staffAccess, staffMove } from './shop.ts'

const visit = useBrowser()

const LIVE = `${SHOP}/live`
const soon = { timeout: 20_000 }

/** The page, connected with this token. */
async function watching(token: string, { since = '', url = SHOP } = {}): Promise<Visit> {
  const visited = await visit(`${url}/live`)
  await visited.page.getByLabel('Since event').fill(since)
  await connect(visited.page, token)
  await expectWords(visited.page, 'Connected.')
  return visited
}

/** As a keyboard does it: the token, then Enter. */
async function connect(page: Page, token: string): Promise<void> {
  await page.getByLabel('Access token').fill(token)
  await page.keyboard.press('Enter')
}

/** Waits for these words about the connection. */
const expectWords = (page: Page, words: string | RegExp) =>
  page.getByRole('status').filter({ hasText: words }).waitFor()

/** Status and order of each event, as shown: the newest first. */
async function shown(page: Page): Promise<string[]> {
  const rows = await page.getByRole('log').getByRole('listitem').all()
  return Promise.all(
    rows.map(async (row) => {
      const [what, order] = [row.locator('.status'), row.locator('.order')]
      return `${await what.innerText()}, ${await order.innerText()}`
    }),
  )
}

const endSession = ({ access: token, refresh }: Customer) =>
  call('POST', '/api/users/logout/', { token, body: { refresh } })

describe('the live page', () => {
  it('shows its customer an order that is placed, and that staff ship it', async () => {
    const ann = await aCustomer()
    const { page, complaints } = await watching(ann.access)
    await page.getByText('Waiting for events.').waitFor()
    const order = await anOrder(ann)
    await staffMove(order, 'Shipped')
    await expect
      .poll(() => shown(page), soon)
      .toEqual([`Shipped, Order ${order.id}`, `Pending, Order ${order.id}`])
    const rows = page.getByRole('log').getByRole('listitem')
    expect(await rows.locator('.type').allInnerTexts()).toEqual(['order.status_changed', 'order.created'])
    expect(await rows.first().locator('.total').innerText()).toBe(order.total_price)
    await rows.first().locator('summary').click()
    expect(JSON.parse(await rows.first().locator('.json').innerText())).toMatchObject({
      status: 'Shipped',
      order: { id: order.id, user: ann.email, status: 'Shipped' },
    })
    expect(await page.getByText('Waiting for events.').isVisible()).toBe(false)
    expect(complaints).toEqual([])
  })

  it('shows staff the orders of everybody', async () => {
    const { page } = await visit(LIVE)
    await page.getByLabel('All, for staff').check()
    await connect(page, await staffAccess())
    await expectWords(page, 'Connected.')
    const orders = [await anOrder(await aCustomer()), await anOrder(await aCustomer())]
    await expect
      .poll(() => shown(page), soon)
      .toEqual(orders.toReversed().map(({ id }) => `Pending, Order ${id}`))
  })

  it('shows what was missed since an event', async () => {
    const ann = await aCustomer()
    const order = await anOrder(ann)
    await staffMove(order, 'Shipped')
    const { page } = await watching(ann.access, { since: '0' })
    await expect
      .poll(() => shown(page), soon)
      .toEqual([`Shipped, Order ${order.id}`, `Pending, Order ${order.id}`])
  })

  it.each([
    ['is none', 'Own', () => Promise.resolve('garbage'), /4401 token_invalid.* is none, has run out/],
    [
      'is for refreshing',
      'Own',
      async () => (await aCustomer()).refresh,
      /4401 token_invalid.* does not take this access token/,
    ],
    [
      'is of a session that has ended',
      'Own',
      async () => {
        const ann = await aCustomer()
        await endSession(ann)
        return ann.access
      },
      /4401 token_revoked.* Log in again/,
    ],
    [
      'is not of staff',
      'All, for staff',
      async () => (await aCustomer()).access,
      /4403 not_staff.* This account is not staff/,
    ],
  ])('says in words why a token is refused that %s', async (_, orders, tokenOf, words) => {
    const { page } = await visit(LIVE)
    await page.getByLabel(orders).check()
    await connect(page, await tokenOf())
    await expectWords(page, words)
    expect(await page.getByRole('button', { name: 'Connect', exact: true }).isEnabled()).toBe(true)
  })

  it('says so when the session ends meanwhile', async () => {
    const ann = await aCustomer()
    const { page } = await watching(ann.access)
    await endSession(ann)
    await expectWords(page, /4401 token_revoked.* Log in again/)
  })

  it('says so when newer connections take its place', async () => {
    const ann = await aCustomer()
    const { page } = await watching(ann.access)
    const others = await Promise.all(Array.from({ length: 10 }, () => listening(ann)))
    await expectWords(page, /4409 replaced.* took its place/)
    for (const other of others) other.close()
  })

  it('keeps the token to itself', async () => {
    const ann = await aCustomer()
    const { page, requested } = await watching(ann.access)
    expect(requested.filter((url) => url.includes('/api/'))).toEqual([
      `${SHOP.replace('http', 'ws')}/api/orders/events/?since=now`,
    ])
    const kept = await page.context().storageState({ indexedDB: true })
    expect([page.url(), kept]).toEqual([LIVE, { cookies: [], origins: [] }])
    expect(await page.getByLabel('Access token').getAttribute('type')).toBe('password')
    await page.reload()
    expect(await page.getByLabel('Access token').inputValue()).toBe('')
  })

  it.each(['light', 'dark'] as const)('is readable in %s colours, on a phone too', async (colorScheme) => {
    const ann = await aCustomer()
    await staffMove(await anOrder(ann), 'Shipped')
    const { page } = await visit(LIVE, { colorScheme, viewport: { width: 375, height: 800 } })
    await page.getByLabel('Since event').fill('0')
    await connect(page, ann.access)
    await page.getByRole('log').getByText('Shipped', { exact: true }).click()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
    const ground = (await page.evaluate('getComputedStyle(document.body).backgroundColor')) as string
    expect(Number(/\d+/.exec(ground)) > 128).toBe(colorScheme === 'light')
  })
})

describe('on a bad line, the live page', () => {
  let line: Awaited<ReturnType<typeof openLine>>
  beforeEach(async () => (line = await openLine(SHOP)))
  afterEach(() => line.close())

  it('comes back without a gap when it was cut, also when nothing had come before', async () => {
    const ann = await aCustomer()
    const { page } = await watching(ann.access, { url: line.url })
    const expected: string[] = []
    for (const _ of ['nothing had come', 'something had']) {
      line.cut()
      await expectWords(page, /Trying again in \d+ s, from event \d+ on/)
      const order = await anOrder(ann)
      await staffMove(order, 'Shipped')
      line.mend()
      await expectWords(page, 'Connected.')
      expected.unshift(`Shipped, Order ${order.id}`, `Pending, Order ${order.id}`)
      await expect.poll(() => shown(page), soon).toEqual(expected)
    }
  })

  it('notices when nothing comes any longer', async () => {
    const ann = await aCustomer()
    const { page } = await visit(`${line.url}/live`)
    await page.clock.install()
    await connect(page, ann.access)
    await expectWords(page, 'Connected.')
    line.mute()
    await page.clock.fastForward('00:16') // asks
    await page.clock.fastForward('00:16') // has no answer
    await expectWords(page, /The shop answers no longer\./)
    const order = await anOrder(ann)
    await page.clock.fastForward('00:02')
    await expect.poll(() => shown(page), soon).toEqual([`Pending, Order ${order.id}`])
  })
})

describe('who logs in on the live page', () => {
  it('needs no token, and stays connected when it would run out', async () => {
    const ann = await aCustomer()
    const { page, complaints } = await visit(LIVE)
    await page.clock.install()
    await page.reload() // what it begins with is on that clock, too
    const sent: string[] = []
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => sent.push(String(payload))))
    await page.getByText('Log in for a token').click()
    await page.getByLabel('E-mail').fill(ann.email)
    await page.getByLabel('Password').fill(ann.password)
    await page.keyboard.press('Enter')
    const token = () => page.getByLabel('Access token').inputValue()
    await expect.poll(token, soon).not.toBe('')
    const first = await token()
    await page.getByRole('button', { name: 'Connect', exact: true }).press('Enter')
    await expectWords(page, 'Connected. The token is renewed in time.')
    await page.clock.fastForward('04:30')
    const renewal = () => sent.map((text) => JSON.parse(text)).find(({ type }) => type === 'auth')
    await expect.poll(renewal, soon).toEqual({ type: 'auth', access: expect.not.stringMatching(first) })
    const order = await anOrder(ann)
    await expect.poll(() => shown(page), soon).toEqual([`Pending, Order ${order.id}`])
    expect(complaints).toEqual([])
  })

  it('is told why not, when it fails', async () => {
    const { email } = await aCustomer()
    const { page } = await visit(LIVE)
    await page.getByText('Log in for a token').click()
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password').fill('a wrong one')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.getByRole('alert').innerText(), soon).toMatch(/\w/)
    expect(await page.getByLabel('Access token').inputValue()).toBe('')
  })
})
