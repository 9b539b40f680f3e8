import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { useBrowser } from './browser.ts'
import { aProduct, expectHeading, expectText, isLoggedOut, loggedInWith } from './demo-shop.ts'
import { aCustomer, anOrder, call, SHOP } from './shop.ts'

const visit = useBrowser()
const visitAs = loggedInWith(visit)

/** What wrangler keeps of a mail. */
interface LocalMail {
  messageId: string
  subject: string
  to: string[]
}

const MAILS = '/cdn-cgi/local/explorer/api/local/email/sending'

/** The text of the mail with this subject. */
async function mailTo(email: string, subject: string): Promise<string> {
  for (;;) {
    const { result } = await call<{ result: LocalMail[] }>('GET', MAILS)
    const mail = result.find((each) => each.to.includes(email) && each.subject.includes(subject))
    if (mail) {
      const query = new URLSearchParams({ email_id: mail.messageId, worker: 'kiosk' })
      return (await call<{ result: { text: string } }>('GET', `${MAILS}?${query.toString()}`)).result.text
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

const linkIn = (text: string, page: string) => new RegExp(`${SHOP}/#/${page}\\?token=\\S+`).exec(text)![0]

/** On the page that the link of a mail opens. */
async function setPasswordAndLogIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('New password').fill('the horse is new')
  await page.getByRole('button', { name: 'Set password' }).click()
  await expectHeading(page, 'Log in')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill('the horse is new')
  await page.getByRole('button', { name: 'Log in' }).click()
}

it('a customer who forgot the password sets a new one by mail', async () => {
  const ann = await aCustomer()
  const { page, complaints } = await visit(`${SHOP}/#/login`)
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await expectHeading(page, 'Forgot password')
  await page.getByLabel('E-mail').fill(ann.email)
  await page.getByRole('button', { name: 'Send mail' }).click()
  await expectText(page, `If there is an account for ${ann.email}`)

  const link = linkIn(await mailTo(ann.email, 'Set a new password'), 'reset-password')
  await page.goto(link)
  await expectHeading(page, 'Set a new password')
  expect(page.url()).toBe(`${SHOP}/#/reset-password`)
  await setPasswordAndLogIn(page, ann.email)
  await page.getByRole('link', { name: 'Account' }).waitFor()
  expect(complaints).toEqual([])

  const { page: later } = await visit(link)
  await later.getByLabel('New password').fill('the horse is newer')
  await later.getByRole('button', { name: 'Set password' }).click()
  await expectText(later, 'has been used or has expired')
  await later.getByRole('link', { name: 'Ask for a new mail' }).waitFor()
})

it('a guest who sets a new password for their account keeps the cart', async () => {
  const [ann, product] = [await aCustomer(), await aProduct()]
  await call('POST', '/api/users/password/reset/', { body: { email: ann.email } })
  const { page } = await visit(`${SHOP}/#/product/${product.id}`)
  await page.getByRole('button', { name: 'Add to cart' }).click()
  await expectText(page, '1 in your cart')
  await page.goto(linkIn(await mailTo(ann.email, 'Set a new password'), 'reset-password'))
  await setPasswordAndLogIn(page, ann.email)
  await expectText(page, 'Your guest cart has been added to your cart.')
})

it('a customer changes the address, and takes the change back', async () => {
  const ann = await aCustomer()
  const email = `${crypto.randomUUID()}@new.example`
  const page = await visitAs(ann, '/account')
  await page.getByLabel('New e-mail').fill(email)
  await page.getByLabel('Your password').fill(ann.password)
  await page.getByRole('button', { name: 'Change e-mail' }).click()
  await expectText(page, `We have sent a mail to ${email}`)
  const link = linkIn(await mailTo(email, 'Confirm your e-mail'), 'confirm-email')
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByRole('link', { name: 'Log in' }).first().waitFor()
  await page.goto(link)
  await page.getByRole('main').getByRole('link', { name: 'Log in' }).click()
  await page.getByLabel('E-mail').fill(ann.email)
  await page.getByLabel('Password').fill(ann.password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('button', { name: 'Confirm your e-mail' }).click()
  await expectText(page, 'Your e-mail address is confirmed.')
  await page.goto(`${SHOP}/#/account`)
  await expectText(page, email)

  await page.goto(linkIn(await mailTo(ann.email, 'has been changed'), 'restore-email'))
  await page.getByRole('button', { name: 'Undo the e-mail change' }).click()
  await expectText(page, 'has its e-mail address again')
  await page.getByRole('link', { name: 'Set a new password' }).click()
  await expectHeading(page, 'Forgot password')
})

it.each(['this tab', 'another tab'])(
  'a customer who takes a change back can set a new password, though %s is logged out before the response',
  async (first) => {
    const ann = await aCustomer()
    const email = `${crypto.randomUUID()}@new.example`
    const send = (path: string, body: object) => call('POST', path, { token: ann.access, body })
    await send('/api/users/email/', { email, password: ann.password })
    const confirmation = linkIn(await mailTo(email, 'Confirm your e-mail'), 'confirm-email')
    await send('/api/users/email/confirm/', { token: confirmation.split('token=')[1] })
    const link = linkIn(await mailTo(ann.email, 'has been changed'), 'restore-email')

    const tab = await visitAs({ ...ann, email }, '/account')
    const page = first === 'this tab' ? tab : await tab.context().newPage()
    if (page !== tab) await page.routeWebSocket(/events/, () => {}) // hears nothing of the session
    await page.route('**/email/restore/', async (route) => {
      const response = await route.fetch()
      await isLoggedOut(page)
      await route.fulfill({ response })
    })
    await page.goto(link)
    await page.getByRole('button', { name: 'Undo the e-mail change' }).click()
    await expectText(page, 'has its e-mail address again')
    await page.getByRole('link', { name: 'Set a new password' }).click()
    await expectHeading(page, 'Forgot password')
  },
)

it('an order is told of by mail', async () => {
  const ann = await aCustomer()
  const order = await anOrder(ann)
  expect(await mailTo(ann.email, `order ${order.id}`)).toContain(`${SHOP}/#/order/${order.id}`)
})
