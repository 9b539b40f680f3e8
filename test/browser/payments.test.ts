import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSandbox } from '../../scripts/sandbox/sandbox.ts'
import { demoStaff, killShop, startShop } from '../../scripts/sandbox/shop-process.ts'
import { freePort } from '../../scripts/sandbox/free-port.ts'
import { accessibilityFindings, overflowOf, useBrowser } from './browser.ts'
import { loseResponses, RESPONSE_LOST } from './demo-shop.ts'

/** A shop that takes test payments, in pounds, whose pages expire after a minute. */

const visit = useBrowser()
let shop: { url: string; stripe: string; staff: { email: string; password: string } }
let running: ChildProcess | undefined

beforeAll(async () => {
  const sandbox = openSandbox()
  appendFileSync(join(sandbox, '.dev.vars'), 'CURRENCY="GBP"\n')
  const port = await twoFreePorts()
  running = await startShop(sandbox, port, ['--payment-minutes', '1'])
  shop = {
    url: `http://127.0.0.1:${port}`,
    stripe: `http://127.0.0.1:${port + 1}`,
    staff: demoStaff(sandbox),
  }
}, 240_000)
afterAll(() => running && killShop(running))

/** A free port whose next one is free too: the stand-in for Stripe listens there. */
async function twoFreePorts(): Promise<number> {
  for (;;) {
    const port = await freePort()
    const probe = createServer().listen(port + 1, '127.0.0.1')
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false, // an error: it is in use
    )
    probe.close()
    if (isFree) return port
  }
}

async function visitAs(who: { email: string; password: string }, path: string): Promise<Page> {
  const { page } = await visit(`${shop.url}/#/login?to=${encodeURIComponent(path)}`)
  await page.getByLabel('E-mail').fill(who.email)
  await page.getByLabel('Password').fill(who.password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL(`${shop.url}/#${path}`)
  return page
}

const expectText = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()

/** The page is accessible and fits the screen, on a phone and on a desk. */
async function isAccessible(page: Page): Promise<void> {
  for (const width of [375, 1280]) {
    await page.setViewportSize({ width, height: 800 })
    expect(await accessibilityFindings(page), page.url()).toEqual([])
    expect(await overflowOf(page), page.url()).toBeLessThanOrEqual(0)
  }
}

/** A new customer with something in the cart, on the cart's page. */
async function atTheCart(): Promise<Page> {
  const who = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery' }
  const call = async (path: string, body: object, token = '') => {
    const headers = {
      'Content-Type': 'application/json',
      ...(token && { Authorization: `Bearer ${token}` }),
    }
    const answer = await fetch(shop.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(await answer.text())
    return (await answer.json()) as { access: string }
  }
  await call('/api/users/register/', { ...who, name: 'Ann', phone: '1', address: '1 High Street' })
  const { access } = await call('/api/token/', who)
  const list = (await (await fetch(`${shop.url}/api/products/?in_stock=true`)).json()) as {
    results: { id: number }[]
  }
  await call('/api/cart/', { product_id: list.results[0]!.id, quantity: 2 }, access)
  return visitAs(who, '/cart')
}

/** The same customer on the page of Stripe. */
async function atThePage(): Promise<Page> {
  const page = await atTheCart()
  await expectText(page, /^Total £/)
  await isAccessible(page)
  await page.getByRole('button', { name: 'Place order and pay' }).click()
  await page.waitForURL(`${shop.stripe}/c/pay/*`)
  return page
}

/** Collects the texts of the notices from now on. */
const RECORD_NOTICES = `
  globalThis.notices = []
  new MutationObserver(() => {
    const text = document.querySelector('.notice')?.innerText.replace('×', '').trim()
    if (text && text !== notices.at(-1)) notices.push(text)
  }).observe(document.body, { childList: true, subtree: true, characterData: true })
`

const orderOf = (page: Page) => Number(/order\/(\d+)/.exec(page.url())![1])

describe('a customer of a shop with test payments', () => {
  it('pays, sees it paid live, cancels and sees the refund', async () => {
    const page = await atThePage()
    await expectText(page, 'Test payments: no money moves')
    await isAccessible(page)
    await page.getByRole('button', { name: /^Pay/ }).first().click()
    await page.waitForURL(/payment=done/)
    await expectText(page, /Paid: £/)
    await isAccessible(page)
    await page.getByRole('button', { name: 'Cancel this order' }).click()
    await isAccessible(page)
    await page.getByRole('button', { name: 'Yes, cancel this order' }).click()
    await expectText(page, /Refunded: £/)
    await isAccessible(page)
    await page.goto(`${shop.url}/#/orders`)
    await page.locator('[data-payment=refunded]').first().waitFor()
    await isAccessible(page)
  })

  it('is back before the shop knows: the page says that it waits, and shows the payment when it comes', async () => {
    const page = await atThePage()
    const payPage = page.url()
    await page.getByRole('link', { name: 'Back to the shop' }).click()
    await expectText(page, 'You have not paid yet.')
    await isAccessible(page)
    await page.goto(page.url().replace('payment=left', 'payment=done'))
    await page.reload()
    await expectText(page, 'We are waiting for the confirmation of your payment.')
    await isAccessible(page)
    await fetch(payPage, { method: 'POST', body: new URLSearchParams({ act: 'pay' }), redirect: 'manual' })
    await expectText(page, /Paid: /)
    await expectText(page, `Order ${orderOf(page)} has been paid.`)
  })

  it('is declined, leaves, and pays later on the same page', async () => {
    const page = await atThePage()
    const payPage = page.url()
    await page.getByRole('button', { name: 'Try a card that is declined' }).click()
    await expectText(page, 'The card was declined.')
    await isAccessible(page)
    await page.getByRole('link', { name: 'Back to the shop' }).click()
    await expectText(page, 'You have not paid yet.')
    await page.getByRole('button', { name: /^Pay/ }).click()
    await page.waitForURL(payPage)
    await page.getByRole('button', { name: /^Pay/ }).first().click()
    await expectText(page, /Paid: /)
  })

  it('leaves, and the order ends after its time', async () => {
    const page = await atThePage()
    await page.getByRole('link', { name: 'Back to the shop' }).click()
    await expectText(page, 'You have not paid yet.')
    await page.getByText('Nothing was paid for this order.').waitFor({ timeout: 150_000 })
    await expectText(page, 'Cancelled')
    await isAccessible(page)
  }, 240_000)
})

describe('staff of a shop with test payments', () => {
  it('see what is paid, refund a part, take a unit back, and read the ledger', async () => {
    const page = await atThePage()
    await page.getByRole('button', { name: /^Pay/ }).first().click()
    await expectText(page, /Paid: /)
    const order = orderOf(page)
    await page.reload() // its notices are gone
    await expectText(page, /Paid: /)
    await page.evaluate(RECORD_NOTICES)

    const staff = await visitAs(shop.staff, '/staff/orders')
    await staff.getByLabel('Payment', { exact: true }).selectOption('paid')
    await staff.getByText(`Order ${order}`, { exact: true }).click()
    const item = staff.getByRole('listitem').filter({ hasText: `Order ${order}` })
    await item.getByRole('button', { name: `Refund order ${order}` }).click()
    await item.getByLabel('Amount').fill('1.50')
    await item.getByLabel('Reason').fill('A scratch')
    await item.getByRole('spinbutton').first().fill('1')
    await isAccessible(staff)
    await loseResponses(staff, '**/refunds/')
    await item.getByRole('button', { name: `Refund order ${order}` }).click()
    await expectText(staff, RESPONSE_LOST)
    await staff.unroute('**/refunds/')
    await item.getByRole('button', { name: `Refund order ${order}` }).click()
    await expectText(staff, `The refund of order ${order} has been requested.`)
    await expectText(staff, 'Refund requested: A scratch')
    await staff.getByRole('cell', { name: 'Refunded' }).first().waitFor()
    await isAccessible(staff)
    await expectText(page, 'Of that, £1.50 has been refunded.')
    expect(await staff.getByRole('cell', { name: /^Refund requested/ }).count()).toBe(1)
    expect(await page.evaluate('notices')).toEqual([
      `Order ${order} has been refunded in part: £1.50 so far.`,
    ])
  })
})

describe('the stand-in for Stripe', () => {
  it('survives a browser that leaves in the middle of a form', async () => {
    const { hostname, port } = new URL(shop.stripe)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write('POST / HTTP/1.1\r\nHost: stripe\r\nContent-Length: 100\r\n\r\nact=pay')
    await fetch(shop.stripe) // by its answer, the stand-in waits for the rest of the form
    socket.destroy()
    await once(socket, 'close')
    await fetch(shop.stripe).catch(() => undefined) // by its answer, the stand-in knows
    expect((await fetch(shop.stripe)).status).toBe(200)
  })
})
