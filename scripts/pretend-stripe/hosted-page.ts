import { type Context, Hono } from 'hono'
import { html, raw } from 'hono/html'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type Stripe from 'stripe'
import { type Account, PageClosed } from './account.ts'
import { ApiError } from './api-error.ts'
import type { Events } from './events.ts'

type Session = Stripe.Checkout.Session

/**
 * What a browser sees: the page of a session, on which a customer pays, is declined or leaves, and `/`, a list of all
 * payments with buttons for what banks do.
 */
export function hostedPages(account: Account, events: Events): Hono {
  return new Hono()
    .get('/', (c) => c.html(overview(account, events)))
    .post('/', async (c) => {
      const { act, id } = (await c.req.parseBody()) as { act: keyof typeof BANK; id: string }
      BANK[act]?.(account, id)
      return c.redirect('/', 303)
    })
    .get('/c/pay/:id', (c) => c.html(checkout(account.session(c.req.param('id')))))
    .post('/c/pay/:id', async (c) => {
      const session = account.session(c.req.param('id'))
      const { act } = await c.req.parseBody()
      if (act === 'decline') return c.html(checkout(account.decline(session.id), DECLINED), 402)
      if (act === 'pay') account.pay(session.id)
      else account.payLater(session.id)
      return c.redirect(session.success_url!.replaceAll('{CHECKOUT_SESSION_ID}', session.id), 303)
    })
    .onError(problem)
}

const DECLINED = 'The card was declined. No money has moved: try again, or go back to the shop.'

const BANK = {
  'refund arrives': (account, id) => account.settleRefund(id),
  'refund fails': (account, id) => account.failRefund(id),
  'bank pays': (account, id) => account.settle(id),
  'bank refuses': (account, id) => account.settle(id, false),
  'page expires': (account, id) => account.expireSession(id),
  dispute: (account, id) => account.openDispute(id),
  'dispute won': (account, id) => account.closeDispute(id, 'won'),
  'dispute lost': (account, id) => account.closeDispute(id, 'lost'),
} satisfies Record<string, (account: Account, id: string) => unknown>

function problem(error: Error, c: Context): Response | Promise<Response> {
  if (error instanceof PageClosed) return c.html(layout('Nothing to pay', html`<p>${error.message}</p>`), 409)
  if (error instanceof ApiError) {
    const title = error.status === 404 ? 'Not found' : 'Not possible'
    return c.html(layout(title, html`<p>${error.message}</p>`), error.status as ContentfulStatusCode)
  }
  throw error
}

function money(amount: number, currency: string): string {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).format(amount / 100)
}

function layout(title: string, content: unknown) {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title} · test payments</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        <header><p>Test payments: no money moves, and no card is needed.</p></header>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html>`
}

const STYLE = `
  body { font: 1.0625rem/1.5 system-ui, sans-serif; margin: 0; color: #1b1b1b; background: #fff }
  header { background: #4a3200; color: #fff; padding: 0 1rem } header p { margin: 0; padding: .5rem 0 }
  main { max-width: 60rem; margin: 0 auto; padding: 1rem }
  button { font: inherit; padding: .5rem 1rem; margin: 0 .5rem .5rem 0; border: 2px solid #1b1b1b; background: #fff; color: #1b1b1b; border-radius: .25rem; cursor: pointer }
  button.main { background: #1b1b1b; color: #fff }
  :focus-visible { outline: 3px solid #0b57d0; outline-offset: 2px }
  [role=alert] { border-left: .25rem solid #a40000; padding-left: .75rem }
  table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .25rem .75rem .25rem 0; vertical-align: top }
  td form { display: inline } .scroll { overflow-x: auto }
`

/** Shows no form once the session has ended. (Stripe shows that of an expired page, but takes no money.) */
function checkout(session: Session, alert?: string) {
  const amount = money(session.amount_total!, session.currency!)
  if (session.status !== 'open')
    return layout('Nothing to pay', html`<p>You have either completed the payment or a timeout occurred.</p>`)
  const ends = new Date(session.expires_at * 1000).toISOString()
  return layout(
    `Pay ${amount}`,
    html`${alert === undefined ? '' : html`<p role="alert">${alert}</p>`}
      <p>Until <time datetime="${ends}">${ends.slice(11, 16)} UTC</time>.</p>
      <form method="post">
        <p><button class="main" name="act" value="pay">Pay ${amount}</button></p>
        <p>
          <button name="act" value="decline">Try a card that is declined</button>
          <button name="act" value="pay later">Pay by a bank that takes days</button>
        </p>
      </form>
      ${session.cancel_url === null ? '' : html`<p><a href="${session.cancel_url}">Back to the shop</a></p>`}`,
  )
}

function overview(account: Account, events: Events) {
  const button = (act: keyof typeof BANK, id: string) =>
    html`<form method="post">
      <input type="hidden" name="id" value="${id}" /><button name="act" value="${act}">${act}</button>
    </form>`
  const rows = account.sessions().map((session) => {
    const intent = session.payment_intent as string | null
    return html`<tr>
      <td>${session.client_reference_id ?? session.id}</td>
      <td>${money(session.amount_total!, session.currency!)}</td>
      <td>${session.status}, ${session.payment_status}</td>
      <td>
        ${
          session.status === 'open'
            ? html`<a href="${session.url}">page</a> ${button('page expires', session.id)}`
            : ''
        }
        ${
          session.status === 'complete' && session.payment_status === 'unpaid'
            ? [button('bank pays', session.id), button('bank refuses', session.id)]
            : ''
        }
        ${session.payment_status === 'paid' ? button('dispute', intent!) : ''}
        ${(intent === null ? [] : account.refunds(intent)).map(
          ({ id, amount, currency, status }) =>
            html`<p>
              Refund of ${money(amount, currency)}: ${status}
              ${status === 'pending' ? button('refund arrives', id) : ''}
              ${status === 'failed' ? '' : button('refund fails', id)}
            </p>`,
        )}
        ${(intent === null ? [] : account.disputes(intent)).map(
          ({ id, status }) =>
            html`<p>
              Dispute: ${status}
              ${status === 'needs_response' ? [button('dispute won', id), button('dispute lost', id)] : ''}
            </p>`,
        )}
      </td>
    </tr>`
  })
  return layout(
    'Payments',
    html`<div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">Order</th>
              <th scope="col">Amount</th>
              <th scope="col">State</th>
              <th scope="col">What happens next</th>
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>
      </div>
      <p>${events.undelivered.length} events wait for the shop to accept them.</p>`,
  )
}
