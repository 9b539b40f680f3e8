import { text } from 'node:stream/consumers'
import { fail, optionsOf } from './local.ts'
import { editProduct, makeProduct, readCatalogue } from './smoke/catalogue.ts'
import { exceedLimit, logOut, openAccount, refreshTokens } from './smoke/customer.ts'
import { Listener } from './smoke/live.ts'
import { order } from './smoke/orders.ts'
import { Report } from './smoke/report.ts'
import { lookAtService } from './smoke/service.ts'
import { faultOf, Shop } from './smoke/shop.ts'

const HELP = `Looks at a running shop from outside, in a minute: what it answers, refuses and tells, and what of it only
Cloudflare can show. Says of each expectation what was seen; exits 1 if one fails.

  npm run smoke -- --url https://shop.example [--staff-email E --password -]

  --url U          the address of the shop
  --staff-email E  of a staff account. With it a product and a category are made, an order is placed and
                   cancelled, and all of it is removed; without it this is skipped.
  --password P     of that account; - reads it from standard input, which keeps it out of the shell's history

What cannot be removed stays: an account smoke-...@example.com with a cancelled order, and lines in the
ledgers and in the trail of what staff did.`

const values = optionsOf(HELP, {
  url: { type: 'string' },
  'staff-email': { type: 'string' },
  password: { type: 'string' },
})
if (values.url === undefined || !URL.canParse(values.url)) fail(`Which shop? Give --url.\n\n${HELP}`)
const staffEmail = values['staff-email']
if ((staffEmail === undefined) !== (values.password === undefined))
  fail('--staff-email and --password go together.')
const password = values.password === '-' ? (await text(process.stdin)).replace(/\r?\n$/, '') : values.password

const NO_STAFF = 'needs staff: give --staff-email'
const SEE_ABOVE = 'something it needs failed, see above'
const report = new Report()
const shop = new Shop(new URL(values.url).origin, report)
const run = Date.now().toString(36)

await report.group('Service', () => lookAtService(shop, report))
await report.group('Catalogue', () => readCatalogue(shop, report))

const customer = await report.group('Customer', () => openAccount(shop, report, run))
const staff =
  staffEmail === undefined
    ? undefined
    : await report.group('Staff', async () => {
        const person = await shop.logIn('Staff', staffEmail, password!)
        const { access, refresh } = person
        report.undoLater('Staff log out', async () =>
          faultOf(await shop.send('POST', '/api/users/logout/', { access, body: { refresh } })),
        )
        shop.require('The account is staff', await shop.send('GET', '/api/admin/products/', { access }), 200)
        return person
      })

const goods =
  staff &&
  (await report.group('Goods', async () => {
    const made = await makeProduct(shop, report, staff, run)
    await editProduct(shop, report, staff, made)
    return made
  }))
if (!goods)
  report.skip('An edit shows at once, also at the edge', staffEmail === undefined ? NO_STAFF : SEE_ABOVE)

const listener = customer && (await report.group('Live', () => Listener.connect(shop, report, customer)))
if (customer && staff && goods) {
  await report.group('Orders', () => order(shop, report, { customer, staff, goods, listener }))
} else {
  const why = staffEmail === undefined ? NO_STAFF : SEE_ABOVE
  report.skip('An order, one refused for short stock, and their live events', why)
}
if (customer) await report.group('Tokens', () => refreshTokens(shop, report, customer))
await report.group('Clean-up', () => report.undo())
if (customer) {
  await report.group('Log-out', async () => {
    await logOut(shop, customer)
    await listener?.expectClosed()
  })
} else report.skip('Live, tokens, log-out', SEE_ABOVE)
listener?.leave()
await report.group('Rate limit', () => exceedLimit(shop, report, run))

report.tell()
process.exitCode = report.hasFailed ? 1 : 0
