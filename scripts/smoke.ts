import { fail, optionsOf, passwordFrom, requireWebAddress } from './cli/options.ts'
import { checkEdit, createProduct, checkCatalog } from './smoke/catalog.ts'
import { checkRateLimit, checkLogOut, checkAccount, checkRefresh } from './smoke/customer.ts'
import { Listener } from './smoke/live.ts'
import { checkMeta } from './smoke/meta.ts'
import { checkOrder } from './smoke/orders.ts'
import { Report } from './smoke/report.ts'
import { faultOf, Shop } from './smoke/shop.ts'

const HELP = `Checks a running shop from outside, within a minute: requests, refusals, live updates, and features that exist
only on Cloudflare. Prints each expectation with what was seen. Exits 1 if an expectation fails.

  npm run smoke -- --url https://shop.example [--staff-email E --password -] [--mailbox M]

  --url U          the address of the shop
  --staff-email E  a staff account, which creates a category and a product for an order that a new customer places
                   and cancels, and removes both again; without this option these checks are skipped
  --password P     the password of that account; - reads it from standard input, a line
  --mailbox M      for a shop that sends mail, your e-mail address, such as you@shop.example: the new customer is then
                   you+smoke-...@shop.example, whose mails you get; without this option the customer is
                   smoke-...@example.com, whose mails bounce

Some data remains: the account of the customer, with --staff-email its cancelled order,
and entries in the ledgers and in the audit log.`

const values = optionsOf(HELP, {
  url: { type: 'string' },
  'staff-email': { type: 'string' },
  password: { type: 'string' },
  mailbox: { type: 'string' },
})
if (values.url === undefined) fail(`Name the shop with --url.\n\n${HELP}`)
requireWebAddress(values.url)
const staffEmail = values['staff-email']
if ((staffEmail === undefined) !== (values.password === undefined))
  fail('--staff-email and --password require each other.')
const { mailbox } = values
if (mailbox !== undefined && !/^[^@]+@[^@]+$/.test(mailbox))
  fail('--mailbox takes an address such as you@shop.example.')
const password = await passwordFrom(values.password)

const NO_STAFF = 'needs --staff-email'
const SEE_ABOVE = 'an earlier check failed, see above'
const report = new Report()
const shop = new Shop(new URL(values.url).origin, report)
const run = Date.now().toString(36)
process.once('SIGINT', () => {
  console.log('\nInterrupted. Another Ctrl-C also skips the clean-up.')
  void report.cleanUp().finally(() => process.exit(1))
})

await report.group('Meta', () => checkMeta(shop, report))
await report.group('Catalog', () => checkCatalog(shop, report))

const customer = await report.group('Customer', () => checkAccount(shop, report, { run, mailbox }))
const staff =
  staffEmail === undefined
    ? undefined
    : await report.group('Staff', async () => {
        const person = await shop.logIn('Staff', staffEmail, password!)
        const { access, refresh } = person
        report.onCleanUp('Staff log out', async () =>
          faultOf(await shop.send('POST', '/api/users/logout/', { access, body: { refresh } })),
        )
        shop.require('The account is staff', await shop.send('GET', '/api/admin/products/', { access }), 200)
        return person
      })

const goods =
  staff &&
  (await report.group('Goods', async () => {
    const created = await createProduct(shop, report, staff, run)
    await checkEdit(shop, report, staff, created)
    return created
  }))
if (!goods)
  report.skip(
    'An edit is visible immediately, also at the edge',
    staffEmail === undefined ? NO_STAFF : SEE_ABOVE,
  )

const listener =
  customer && (await report.group('Live updates', () => Listener.connect(shop, report, customer)))
if (customer && staff && goods) {
  await report.group('Orders', () => checkOrder(shop, report, { customer, staff, goods, listener }))
} else {
  const why = staffEmail === undefined ? NO_STAFF : SEE_ABOVE
  report.skip('An order, a refusal for short stock, and live events', why)
}
if (customer) await report.group('Tokens', () => checkRefresh(shop, report, customer))
await report.group('Clean-up', () => report.cleanUp())
if (customer) {
  await report.group('Log-out', async () => {
    await checkLogOut(shop, customer)
    await listener?.expectClosed()
  })
} else report.skip('Live updates, tokens, log-out', SEE_ABOVE)
listener?.close()
await report.group('Rate limit', () => checkRateLimit(shop, report, run))

report.printSummary()
process.exitCode = report.hasFailed ? 1 : 0
